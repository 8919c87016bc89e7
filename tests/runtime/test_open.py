"""What is a model file and what is not, told by its content."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.card import CARD_FILE_NAME
from datar_edge.errors import AudioError, CardError, ConfigError, InputError, ModelFileError
from datar_edge.runtime import open_session, read_model_card


def with_card(tmp_path: Path, **changes: object) -> Path:
    """The bundled model with another card."""
    content = bundled_tflite().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        card = json.loads(files.read(CARD_FILE_NAME))
        begin = min(info.header_offset for info in files.infolist())
    path = tmp_path / "changed.tflite"
    path.write_bytes(content[:begin])
    with zipfile.ZipFile(path, "a") as files:
        files.writestr(CARD_FILE_NAME, json.dumps({**card, **changes}))
    return path


def test_the_bundled_model_runs() -> None:
    with open_session() as session:
        card = session.card
        scores = session.run(np.zeros((1, card.window_samples), np.float32))["class"]
    assert (card.preset, card.sample_rate_hz, card.window_samples) == (
        "datar-micro",
        16_000,
        40_960,
    )
    assert len(card.labels) == 10
    assert "Rooster" in card.labels
    assert scores.sum() == pytest.approx(1.0, abs=1e-5)


def test_scores_belong_to_the_caller() -> None:
    with open_session() as session:
        window = np.zeros((1, session.card.window_samples), np.float32)
        first = session.run(window)["class"]
        before = first.copy()
        window[0, ::50] = 1.0
        session.run(window)
    assert np.array_equal(first, before)


def test_threads_do_not_change_the_scores() -> None:
    window = np.random.default_rng(1).normal(0.0, 0.1, (1, 40_960)).astype(np.float32)
    with open_session(threads=1) as one, open_session(threads=2) as two:
        assert one.run(window)["class"] == pytest.approx(two.run(window)["class"], abs=1e-5)
    with pytest.raises(ConfigError, match="threads is 0"):
        open_session(threads=0)


@pytest.mark.parametrize(
    ("shape", "kind"), [((40_960,), np.float32), ((1, 100), np.float32), ((1, 40_960), np.float64)]
)
def test_what_is_no_window_is_refused(shape: tuple[int, ...], kind: type) -> None:
    with open_session() as session, pytest.raises(AudioError, match="the model takes float32"):
        session.run(np.zeros(shape, kind))


def test_a_checkpoint_is_told() -> None:
    with pytest.raises(ModelFileError, match=r"is a checkpoint.*datar-edge export"):
        open_session(bundled_checkpoint())


@pytest.mark.parametrize(
    "content", [b"", b"x", b"junk" * 100, b"\0\0\0\0ET12" + b"\0" * 64, b"PK\x03\x04" + b"\0" * 64]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.bin").write_bytes(content)
    with pytest.raises(ModelFileError):
        open_session(tmp_path / "model.bin")


def test_missing_files_and_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        open_session(tmp_path / "none.tflite")
    with pytest.raises(ModelFileError, match="is a folder"):
        open_session(tmp_path)


def test_a_file_without_a_card_is_refused(tmp_path: Path) -> None:
    content = bundled_tflite().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        begin = min(info.header_offset for info in files.infolist())
    (tmp_path / "bare.tflite").write_bytes(content[:begin])
    with pytest.raises(CardError, match="has no datar-edge card"):
        open_session(tmp_path / "bare.tflite")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"card_version": 99}, "has version 99, this release reads 1"),
        ({"heads": {"class": ["a", "b"]}}, "its card says"),
        ({"heads": {}}, "no heads"),
        ({"fbank": {"window_s": 1.0, "num_frames": 256}}, "its card says"),
        ({"threshold": 7}, "threshold is 7"),
        ({"surprise": 1}, "unknown field 'surprise'"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    with pytest.raises(CardError, match=told):
        open_session(with_card(tmp_path, **changes))


def test_info_does_not_load_the_model() -> None:
    program = (
        "import sys; from datar_edge.runtime import read_model_card;"
        "print(read_model_card().preset);"
        "assert 'ai_edge_litert' not in sys.modules and 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "datar-micro\n"


@pytest.mark.parametrize("seed", range(12))
def test_a_mutated_card_is_an_input_error_or_reads(tmp_path: Path, seed: int) -> None:
    """Bytes changed in the archive at the end, where the card is."""
    rng = random.Random(seed)
    content = bytearray(bundled_tflite().read_bytes())
    for _ in range(20):
        content[-rng.randrange(1, 4_000)] = rng.randrange(256)
    (tmp_path / "mutated.tflite").write_bytes(content)
    try:
        read_model_card(tmp_path / "mutated.tflite")
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 (reading is right, too)
