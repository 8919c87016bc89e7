"""Finds the runtime for a model file by its content."""

from __future__ import annotations

from pathlib import Path

from datar_edge.bundled import bundled_tflite
from datar_edge.errors import ModelFileError
from datar_edge.runtime.session import Session

_HEAD_BYTES = 16


def open_session(path: Path | None = None, *, threads: int = 1) -> Session:
    """Loads a model file in the runtime that its content asks for.

    Args:
        path: the file; None for the bundled model.
        threads: of the runtime.

    Raises:
        ModelFileError: missing, or not a model file that a runtime here takes.
        CardError: it has no card of ours.
        MissingExtraError: its runtime is not installed.
    """
    path = bundled_tflite() if path is None else path
    head = read_head(path)
    if head[4:8] == b"TFL3":
        from datar_edge.runtime.litert import LiteRtSession  # noqa: PLC0415 (loads the runtime)

        return LiteRtSession(path, threads=threads)
    raise _not_a_model(path, head)


def is_checkpoint(head: bytes) -> bool:
    """Whether a file that begins so is safetensors: a length, then a JSON object."""
    return head[8:9] == b"{" and head[:8] != b"\0" * 8


def read_head(path: Path) -> bytes:
    """The first bytes of a model file, which tell what it is.

    Raises:
        ModelFileError: there is no such file, or it cannot be read.
    """
    if not path.exists():
        raise ModelFileError(f"there is no model at {path}", fix="Check the path.")
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder", fix="Give a model file.")
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error


def _not_a_model(path: Path, head: bytes) -> ModelFileError:
    if is_checkpoint(head):
        return ModelFileError(
            f"{path} is a checkpoint, which no runtime takes",
            fix=f"Export it first: datar-edge export {path} --target tflite",
        )
    return ModelFileError(
        f"{path} is not a model file that this release runs", fix="It runs .tflite files."
    )
