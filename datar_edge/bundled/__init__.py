"""The model that ships with datar-edge, and the recordings that an export is checked on."""

from __future__ import annotations

from pathlib import Path

from datar_edge.errors import ModelFileError

_FOLDER = Path(__file__).parent


def _existing(name: str) -> Path:
    path = _FOLDER / name
    if not path.is_file():
        raise ModelFileError(
            f"the bundled model is missing: {path}",
            fix="Install datar-edge again, or give a model.",
        )
    return path


def bundled_tflite() -> Path:
    """The bundled model as a TFLite file.

    Raises:
        ModelFileError: the installation lacks it.
    """
    return _existing("datar-micro.tflite")


def bundled_checkpoint() -> Path:
    """The bundled model as a checkpoint.

    Raises:
        ModelFileError: the installation lacks it.
    """
    return _existing("datar-micro.safetensors")


def verification_sounds() -> tuple[Path, ...]:
    """Short real recordings; `sounds/NOTICE.md` tells whose."""
    return tuple(sorted((_FOLDER / "sounds").glob("*.oga")))
