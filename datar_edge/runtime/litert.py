"""TFLite files, run by LiteRT."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.errors import CardError, ModelFileError, RuntimeFailureError
from datar_edge.native_log import native_log_held
from datar_edge.runtime.card_in_tflite import read_card
from datar_edge.runtime.session import check_waveform

_log = logging.getLogger(__name__)

RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite")
"""Modules that hold the interpreter, the one that is maintained first."""


class LiteRtSession(Closing):
    """A TFLite model with its card, checked against each other.

    Args:
        path: the file.
        threads: that the interpreter may use.

    Raises:
        CardError: the card is missing, malformed or contradicts the model.
        ModelFileError: the file is damaged, or takes features instead of a waveform.
        RuntimeFailureError: no TFLite runtime is installed.
    """

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        self.card: ModelCard = read_card(path)
        if self.card.input_kind != "waveform":
            raise ModelFileError(
                f"{path} takes {self.card.input_kind}", fix="Export it with the front-end inside."
            )
        self._interpreter = _load(path, threads)
        self._input = _check_input(path, self._interpreter, self.card)
        self._outputs = _check_outputs(path, self._interpreter, self.card)

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """See `Session.run`."""
        check_waveform(waveform, self.card)
        if self._interpreter is None:
            raise RuntimeFailureError("the session is closed", fix="Open the model again.")
        try:
            self._interpreter.set_tensor(self._input, waveform)
            self._interpreter.invoke()
            return {
                head: self._interpreter.get_tensor(index)[0]
                for head, index in self._outputs.items()
            }
        except (RuntimeError, ValueError) as error:
            raise RuntimeFailureError(f"LiteRT failed to run the model: {error}") from error

    def close(self) -> None:
        """See `Session.close`."""
        self._interpreter = None


def _load(path: Path, threads: int) -> Any:
    interpreter_class = _find_interpreter()
    try:
        with native_log_held():
            interpreter = interpreter_class(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ModelFileError(
            f"{path} cannot be loaded by LiteRT: {error}", fix="Export or copy it again."
        ) from error
    return interpreter


def _find_interpreter() -> Any:
    for name in RUNTIMES:
        with contextlib.suppress(ModuleNotFoundError):
            interpreter_class = importlib.import_module(name).Interpreter
            _log.info("TFLite runtime: %s", name)
            return interpreter_class
    raise RuntimeFailureError(
        "no TFLite runtime is installed", fix="Install one with: pip install ai-edge-litert"
    )


def _check_input(path: Path, interpreter: Any, card: ModelCard) -> int:
    """Index of the waveform's tensor."""
    inputs = interpreter.get_input_details()
    expected = [1, card.window_samples]
    if len(inputs) != 1 or inputs[0]["shape"].tolist() != expected:
        shapes = [tensor["shape"].tolist() for tensor in inputs]
        raise CardError(f"{path} takes inputs of shape {shapes}, its card says {expected}")
    _check_float(path, inputs[0])
    return int(inputs[0]["index"])


def _check_outputs(path: Path, interpreter: Any, card: ModelCard) -> dict[str, int]:
    """Index of each head's tensor of scores."""
    outputs = _outputs_in_order(interpreter)
    shapes = [tensor["shape"].tolist() for tensor in outputs]
    expected = [[1, len(labels)] for labels in card.heads.values()]
    if shapes != expected:
        raise CardError(f"{path} gives scores of shape {shapes}, its card says {expected}")
    for tensor in outputs:
        _check_float(path, tensor)
    return {head: int(out["index"]) for head, out in zip(card.heads, outputs, strict=True)}


def _outputs_in_order(interpreter: Any) -> list[Mapping[str, Any]]:
    """Outputs as the model returns them.

    The order in the subgraph is the converter's; the names `output_0`, `output_1`… in the
    signature are the model's.
    """
    if not interpreter.get_signature_list():
        return list(interpreter.get_output_details())
    by_name = interpreter.get_signature_runner().get_output_details()
    return [by_name[name] for name in sorted(by_name, key=_trailing_number)]


def _trailing_number(name: str) -> int:
    digits = name.rpartition("_")[2]
    return int(digits) if digits.isdecimal() else 0


def _check_float(path: Path, tensor: Mapping[str, Any]) -> None:
    if tensor["dtype"] is not np.float32:
        raise ModelFileError(
            f"{path} has the {np.dtype(tensor['dtype']).name} tensor {tensor['name']!r} at its "
            "edge; datar-edge speaks float32",
            fix="Export it again with datar-edge export.",
        )
