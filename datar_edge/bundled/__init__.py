"""The model that ships with the package, and the recordings that exports are made with."""

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

    None of them is among `calibration_sounds`.

    Raises:
        ModelFileError: the installation lacks them.
    """
    return [*_recordings("sounds", ".oga"), *_recordings("verification", ".ogg")]


def calibration_sounds() -> list[Path]:
    """Short recordings that ranges of activations are measured on.

    Raises:
        ModelFileError: the installation lacks them.
    """
    return _recordings("calibration", ".ogg")


def _recordings(folder: str, suffix: str) -> list[Path]:
    sounds = sorted((_FOLDER / folder).glob(f"*{suffix}"))
    if not sounds:
        raise ModelFileError(
            f"the bundled recordings are missing in {_FOLDER / folder}",
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
