"""Opens a model file by what is in it, whatever its name."""

from __future__ import annotations

import os
from pathlib import Path

from datar_edge.bundled import bundled_tflite
from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError, ModelFileError
from datar_edge.presets import PRESETS
from datar_edge.runtime.card_in_tflite import read_card
from datar_edge.runtime.session import Session

MAX_THREADS = 64

_HEAD_BYTES = 9
_TFLITE = "tflite"
_EXPORT_FIRST = "Export it first: datar-edge export {path}"


def open_session(path: str | os.PathLike[str] | None = None, *, threads: int = 1) -> Session:
    """Loads a model file.

    Args:
        path: the file; None for the bundled model.
        threads: that the runtime may use.

    Raises:
        ModelFileError: missing, broken, or not a file that a device runs.
        CardError: its card is missing, malformed or contradicts the model.
        ConfigError: `threads` is out of its range.
    """
    if not 1 <= threads <= MAX_THREADS:
        raise ConfigError(f"threads is {threads}", fix=f"Allowed: 1 to {MAX_THREADS}.")
    file = _runnable(path)
    from datar_edge.runtime.litert import LiteRtSession  # noqa: PLC0415 (150 ms; not for `info`)

    return LiteRtSession(file, threads=threads)


def read_model_card(path: str | os.PathLike[str] | None = None) -> ModelCard:
    """The card of a model file, without loading the model.

    Args:
        path: the file; None for the bundled model.

    Raises:
        ModelFileError: missing, broken, or not a file that a device runs.
        CardError: the card is missing or malformed.
    """
    return read_card(_runnable(path))


def kind_of(path: Path) -> str:
    """What a file is by its first bytes: "tflite", "checkpoint", "executorch", "onnx" or "".

    Raises:
        ModelFileError: it is missing, a folder or cannot be read.
    """
    head = _head(path)
    if head[4:8] == b"TFL3":
        return _TFLITE
    if head[4:8] == b"ET12":
        return "executorch"
    if head[8:9] == b"{":  # safetensors: the header's length in 8 bytes, then JSON
        return "checkpoint"
    if path.suffix.lower() == ".onnx":  # protocol buffers have no mark of their own
        return "onnx"
    return ""


def _runnable(path: str | os.PathLike[str] | None) -> Path:
    file = bundled_tflite() if path is None else Path(path)
    kind = kind_of(file)
    if kind == _TFLITE:
        return file
    if kind == "checkpoint":
        raise ModelFileError(
            f"{file} is a checkpoint, which only PyTorch runs",
            fix=_EXPORT_FIRST.format(path=file),
        )
    if kind:
        raise ModelFileError(
            f"{file} is a model for {'ExecuTorch' if kind == 'executorch' else 'ONNX Runtime'}, "
            "which this release does not run",
            fix="Give a .tflite file.",
        )
    raise ModelFileError(
        f"{file} is not a model file", fix="Give a .tflite file that datar-edge exported."
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        if str(path) in PRESETS:
            raise ModelFileError(
                f"{path} is a preset without trained weights",
                fix="Give a .tflite file, or no model for the bundled one.",
            ) from error
        raise ModelFileError(
            f"model file {path} does not exist", fix="Check the path, or leave the model out."
        ) from error
    except IsADirectoryError as error:
        raise ModelFileError(f"{path} is a folder", fix="Give a .tflite file.") from error
    except OSError as error:
        raise ModelFileError(
            f"model file {path} cannot be read: {error.strerror}", fix="Check its permissions."
        ) from error
