"""Opens a model file by what is in it, whatever its name."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datar_edge.bundled import bundled_tflite
from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError, ModelFileError
from datar_edge.presets import PRESETS
from datar_edge.runtime.seal import seal_of
from datar_edge.runtime.session import Session

MAX_THREADS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """What opens one kind of model file; imported when such a file is met.

    Attributes:
        session: `module:class` of its session, made with (path, threads=…).
        read_card: `module:function` that reads its card without loading the model.
    """

    session: str
    read_card: str


RUNTIMES: Mapping[str, Runtime] = {
    "tflite": Runtime(
        session="datar_edge.runtime.litert:LiteRtSession",
        read_card="datar_edge.runtime.card_in_tflite:read_card",
    ),
    "executorch": Runtime(
        session="datar_edge.runtime.executorch:ExecuTorchSession",
        read_card="datar_edge.runtime.card_in_executorch:read_card",
    ),
    "onnx": Runtime(
        session="datar_edge.runtime.onnx:OnnxSession",
        read_card="datar_edge.runtime.card_in_onnx:read_card",
    ),
}
"""By the kind of file, as `kind_of` tells it."""

_ISOLATED = "datar_edge.runtime.isolated:IsolatedSession"
_HEAD_BYTES = 9
_EXPORT_FIRST = "Export it first: datar-edge export {path}"


def open_session(
    path: str | os.PathLike[str] | None = None, *, threads: int = 1, isolated: bool | None = None
) -> Session:
    """Loads a model file.

    A file whose seal is broken is refused. One without a seal, which another program or an earlier
    release made, is loaded by a process of its own, because a runtime may crash on it.

    Args:
        path: the file; None for the bundled model.
        threads: that the runtime may use.
        isolated: True for a process of its own, False for this one; None to let the seal decide.

    Raises:
        ModelFileError: missing, broken, or not a file that a device runs.
        CardError: its card is missing, malformed or contradicts the model.
        ConfigError: `threads` is out of its range.
    """
    if not 1 <= threads <= MAX_THREADS:
        raise ConfigError(f"threads is {threads}", fix=f"Allowed: 1 to {MAX_THREADS}.")
    file, runtime = _runnable(path)
    seal = seal_of(file)
    if seal == "broken":
        raise ModelFileError(
            f"{file} is damaged: its content is not what its card says",
            fix="Copy it again, or export it again.",
        )
    if isolated is None:
        isolated = seal == "none" and path is not None
    if isolated:  # what is wrong with a card needs no process to be found
        _load(runtime.read_card)(file)
    place = _ISOLATED if isolated else runtime.session
    session: Session = _load(place)(file, threads=threads)
    return session


def read_model_card(path: str | os.PathLike[str] | None = None) -> ModelCard:
    """The card of a model file, without loading the model.

    Args:
        path: the file; None for the bundled model.

    Raises:
        ModelFileError: missing, broken, or not a file that a device runs.
        CardError: the card is missing or malformed.
    """
    file, runtime = _runnable(path)
    card: ModelCard = _load(runtime.read_card)(file)
    return card


def check_runnable(path: Path) -> None:
    """Refuses what cannot be a model file for a device, without reading more than its start.

    Raises:
        ModelFileError: it is missing, or of another kind.
    """
    _runnable(path)


def kind_of(path: Path) -> str:
    """What a file is by its first bytes: "tflite", "checkpoint", "executorch", "onnx" or "".

    Raises:
        ModelFileError: it is missing, a folder or cannot be read.
    """
    head = _head(path)
    if head[4:8] == b"TFL3":
        return "tflite"
    if head[4:8] == b"ET12":
        return "executorch"
    if head[8:9] == b"{":  # safetensors: the header's length in 8 bytes, then JSON
        return "checkpoint"
    if path.suffix.lower() == ".onnx":  # protocol buffers have no mark of their own
        return "onnx"
    return ""


def _runnable(path: str | os.PathLike[str] | None) -> tuple[Path, Runtime]:
    file = bundled_tflite() if path is None else Path(path)
    kind = kind_of(file)
    if kind in RUNTIMES:
        return file, RUNTIMES[kind]
    if kind == "checkpoint":
        raise ModelFileError(
            f"{file} is a checkpoint, which only PyTorch runs",
            fix=_EXPORT_FIRST.format(path=file),
        )
    raise ModelFileError(
        f"{file} is not a model file", fix="Give a .tflite, .pte or .onnx that datar-edge exported."
    )


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _head(path: Path) -> bytes:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would block
            raise ModelFileError(f"{path} is no regular file", fix="Give a .tflite file.")
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except FileNotFoundError as error:
        if str(path) in PRESETS:
            raise ModelFileError(
                f"{path} is a preset without trained weights",
                fix="Export it first with datar-edge export, or leave the model out for the "
                "bundled one.",
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
