"""Model files of each kind, with a seal and without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.fuzz.model_files import write_pair

EXECUTORCH = pytest.param("executorch", marks=pytest.mark.slow)
"""Lowering for it, and each process that imports it, take long."""


@pytest.fixture(scope="session", params=["tflite", "onnx", EXECUTORCH])
def each_kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """A file with a seal, and the same without, for each runtime in turn."""
    return write_pair(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def tflite_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The bundled model with a seal, and without."""
    return write_pair("tflite", tmp_path_factory.mktemp("tflite"))


@pytest.fixture(scope="session")
def sealed_file(tflite_files: list[Path]) -> Path:
    """It tells its own hash."""
    return tflite_files[0]


@pytest.fixture(scope="session")
def bare_file(tflite_files: list[Path]) -> Path:
    """It does not."""
    return tflite_files[1]
