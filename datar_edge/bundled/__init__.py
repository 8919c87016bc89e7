"""The model that ships with the package, and the recordings that exports are checked on."""

from __future__ import annotations

from pathlib import Path

from datar_edge.errors import ModelFileError

_FOLDER = Path(__file__).parent


def bundled_tflite() -> Path:
    """The model for LiteRT.

    Raises:
        ModelFileError: the installation lacks it.
    """
    return _existing("datar-micro.tflite")


def bundled_checkpoint() -> Path:
    """The same model for PyTorch.

    Raises:
        ModelFileError: the installation lacks it.
    """
    return _existing("datar-micro.safetensors")


def verification_sounds() -> list[Path]:
    """Short recordings that an exported file and its model are compared on.

    Raises:
        ModelFileError: the installation lacks them.
    """
    sounds = sorted((_FOLDER / "sounds").glob("*.oga"))
    if not sounds:
        raise ModelFileError(
            f"the bundled recordings are missing in {_FOLDER / 'sounds'}",
            fix="Install datar-edge again, or give recordings of your own.",
        )
    return sounds


def _existing(name: str) -> Path:
    path = _FOLDER / name
    if not path.is_file():
        raise ModelFileError(
            f"the bundled model {name} is missing in {_FOLDER}",
            fix="Install datar-edge again, or give a model file of your own.",
        )
    return path
