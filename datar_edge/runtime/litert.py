"""TFLite files in LiteRT, or in whichever of its elders is installed."""

from __future__ import annotations

import importlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from datar_edge.card import CARD_FILE_NAME, ModelCard
from datar_edge.errors import CardError, MissingExtraError, ModelFileError, RuntimeFailureError

_INTERPRETERS = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite")


class LiteRtSession:
    """Runs a TFLite file that carries a card.

    Args:
        path: the file.
        threads: of the interpreter.

    Raises:
        CardError: the file has no card, or one that does not fit its tensors.
        ModelFileError: the interpreter does not take the file.
        MissingExtraError: there is no interpreter.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self.card = read_card(path)
        self._path = path
        try:
            # From memory: a file that is replaced while it is mapped would crash the process.
            self._content = path.read_bytes()
            self._interpreter = _interpreter_class()(
                model_content=self._content, num_threads=threads
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(
                f"{path} is damaged or needs another runtime: {_first_line(error)}",
                fix="Export it again.",
            ) from error
        self._input, self._outputs = self._check_tensors()

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """See `Session.run`."""
        self._interpreter.set_tensor(self._input, waveform)
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise RuntimeFailureError(f"{self._path} failed: {_first_line(error)}") from error
        return {
            head: self._interpreter.get_tensor(index)[0] for head, index in self._outputs.items()
        }

    def close(self) -> None:
        """See `Session.close`."""
        self._interpreter = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_tensors(self) -> tuple[int, dict[str, int]]:
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        wanted = [("input", (1, self.card.window_samples), tensor) for tensor in inputs]
        wanted += [
            (f"output {head!r}", (1, len(labels)), tensor)
            for (head, labels), tensor in zip(self.card.heads.items(), outputs, strict=False)
        ]
        if len(inputs) != 1 or len(outputs) != len(self.card.heads):
            raise CardError(
                f"{self._path} has {len(inputs)} inputs and {len(outputs)} outputs, its card says "
                f"1 and {len(self.card.heads)}"
            )
        for what, shape, tensor in wanted:
            found = tuple(int(size) for size in tensor["shape"])
            if found != shape or tensor["dtype"] is not np.float32:
                raise CardError(
                    f"the {what} of {self._path} is {np.dtype(tensor['dtype']).name} "
                    f"{list(found)}, its card says float32 {list(shape)}"
                )
        indices = [int(tensor["index"]) for tensor in outputs]
        return int(inputs[0]["index"]), dict(zip(self.card.heads, indices, strict=True))


def read_card(path: Path) -> ModelCard:
    """The card in a TFLite file.

    Raises:
        CardError: there is none, or it is malformed.
    """
    try:
        with zipfile.ZipFile(path) as files:
            return ModelCard.from_json(files.read(CARD_FILE_NAME))
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError) as error:
        raise CardError(
            f"{path} has no datar-edge card inside, so its labels, rate and window are unknown",
            fix="Use a file that `datar-edge export` wrote.",
        ) from error


def _interpreter_class() -> Any:
    for name in _INTERPRETERS:
        try:
            return importlib.import_module(name).Interpreter
        except ImportError:
            continue
    raise MissingExtraError("ai-edge-litert", extra="all", purpose="running TFLite files")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
