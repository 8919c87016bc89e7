"""ExecuTorch files at work, and what is wrong with them told in one line."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.errors import (
    AudioError,
    CardError,
    InputError,
    ModelFileError,
    RuntimeFailureError,
)
from datar_edge.export.executorch.target import ExecuTorchTarget
from datar_edge.quantize.recipes import recipe_for
from datar_edge.runtime import open_session, read_model_card
from datar_edge.runtime.card_in_executorch import read_card
from datar_edge.runtime.executorch import ExecuTorchSession
from datar_edge.runtime.seal import sealed

SAMPLES = 400
CARD = ModelCard(
    preset="toy",
    heads={"level": ("loud", "low"), "sign": ("up", "down", "flat")},
    fbank=FbankConfig(num_mel_bins=8, window_s=0.025, num_frames=16),
)


class Toy(nn.Module):
    """Two heads of one linear layer each."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.level = nn.Linear(SAMPLES, 2)
        self.sign = nn.Linear(SAMPLES, 3)

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        return self.level(waveform).softmax(dim=-1), self.sign(waveform).softmax(dim=-1)


@pytest.fixture(scope="module")
def content() -> bytes:
    """The toy model without a card."""
    recipe = recipe_for("executorch", "none")
    toy = Toy().eval()
    return ExecuTorchTarget().lower(toy, SAMPLES, recipe=recipe, calibration=())  # type: ignore[arg-type]


@pytest.fixture
def model(content: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "toy.pte"
    path.write_bytes(sealed(ExecuTorchTarget().with_card, content, CARD))
    return path


def with_card(path: Path, content: bytes, card: ModelCard) -> Path:
    path.write_bytes(ExecuTorchTarget().with_card(content, card))
    return path


def waveform() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (1, SAMPLES)).astype(np.float32)


def test_gives_the_scores_of_every_head(model: Path) -> None:
    with torch.inference_mode():
        expected = Toy().eval()(torch.from_numpy(waveform()))
    with open_session(model) as session:
        assert session.card.heads == CARD.heads
        scores = session.run(waveform())
        again = session.run(waveform())
    for head, wanted in zip(CARD.heads, expected, strict=True):
        assert scores[head].dtype == np.float32
        np.testing.assert_allclose(scores[head], wanted[0], atol=1e-6)
        np.testing.assert_array_equal(scores[head], again[head])


def test_scores_stay_as_they_are_when_the_model_runs_again(model: Path) -> None:
    with ExecuTorchSession(model) as session:
        first = session.run(waveform())["level"]
        kept = first.copy()
        session.run(-waveform())
    np.testing.assert_array_equal(first, kept)


def test_threads_change_nothing_but_the_speed(model: Path) -> None:
    scores = []
    for threads in (1, 2):
        with ExecuTorchSession(model, threads=threads) as session:
            pool = sys.modules["executorch.extension.pybindings.portable_lib"]
            assert pool._threadpool_get_thread_count() == threads
            scores.append(session.run(waveform())["sign"])
    np.testing.assert_allclose(*scores, atol=1e-5)


def test_loading_prints_nothing(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ExecuTorchSession(model) as session:
        session.run(waveform())
    assert capfd.readouterr() == ("", "")


def test_what_is_not_one_window_is_refused(model: Path) -> None:
    with (
        ExecuTorchSession(model) as session,
        pytest.raises(AudioError, match=r"takes float32 \[1, 400\]"),
    ):
        session.run(np.zeros((1, SAMPLES + 1), np.float32))


def test_a_closed_session_says_so(model: Path) -> None:
    session = ExecuTorchSession(model)
    session.close()
    session.close()
    with pytest.raises(RuntimeFailureError, match="the session is closed"):
        session.run(waveform())


def test_the_card_is_read_without_loading(model: Path) -> None:
    assert dataclasses.replace(read_model_card(model), content_sha256="") == CARD


def test_a_model_without_a_card_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bare.pte"
    path.write_bytes(content.replace(b"datar_edge_card", b"some_other_name"))
    with pytest.raises(CardError, match="has no datar-edge card"):
        read_card(path)
    path.write_bytes(content)  # the place for the card is there, and empty
    with pytest.raises(CardError, match="has no datar-edge card"):
        read_card(path)


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        ({"level": ("a", "b")}, r"gives scores of shape .*, its card says \[\[1, 2\]\]"),
        ({"level": ("a",), "sign": ("b",)}, "gives scores of shape"),
    ],
)
def test_a_card_that_contradicts_the_model_is_refused(
    tmp_path: Path, content: bytes, heads: dict[str, tuple[str, ...]], message: str
) -> None:
    path = with_card(tmp_path / "x.pte", content, dataclasses.replace(CARD, heads=heads))
    with pytest.raises(CardError, match=message):
        ExecuTorchSession(path)


def test_a_card_with_another_window_or_input_is_refused(tmp_path: Path, content: bytes) -> None:
    fbank = dataclasses.replace(CARD.fbank, window_s=0.05)
    path = with_card(tmp_path / "x.pte", content, dataclasses.replace(CARD, fbank=fbank))
    with pytest.raises(CardError, match=r"takes inputs of shape .*, its card says \[1, 800\]"):
        ExecuTorchSession(path)
    path = with_card(path, content, dataclasses.replace(CARD, input_kind="features"))
    with pytest.raises(ModelFileError, match="takes features"):
        ExecuTorchSession(path)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.99])
def test_a_model_that_was_cut_off_is_refused(model: Path, share: float) -> None:
    whole = model.read_bytes()
    model.write_bytes(whole[: max(9, int(share * len(whole)))])
    with pytest.raises(InputError) as raised:
        open_session(model)
    assert str(model) in raised.value.problem
    assert raised.value.fix


def test_a_damaged_model_is_refused(model: Path) -> None:
    whole = bytearray(model.read_bytes())
    whole[-100] ^= 1  # a weight
    model.write_bytes(whole)
    with pytest.raises(ModelFileError, match="is damaged"):
        open_session(model)


def test_a_program_that_executorch_refuses_is_told(tmp_path: Path, content: bytes) -> None:
    path = with_card(tmp_path / "x.pte", content, CARD)
    changed = path.read_bytes().replace(b"forward", b"onwards")
    path.write_bytes(changed)
    with pytest.raises(ModelFileError, match="has no method 'forward'"):
        ExecuTorchSession(path)
    path.write_bytes(path.read_bytes().replace(b"XnnpackBackend", b"OtherBackend!!"))
    with pytest.raises(InputError):
        ExecuTorchSession(path)


def test_no_mutation_escapes_the_reader(tmp_path: Path, content: bytes) -> None:
    """The card's reader on 500 damaged files: a card, or one of our errors."""
    path = with_card(tmp_path / "x.pte", content, CARD)
    whole = path.read_bytes()
    rng = np.random.default_rng(11)
    refused = 0
    for _ in range(500):
        damaged = bytearray(whole)
        for _ in range(int(rng.integers(1, 9))):
            damaged[int(rng.integers(8, len(damaged)))] = int(rng.integers(0, 256))
        path.write_bytes(damaged[: int(rng.integers(9, len(damaged) + 1))])
        try:
            read_card(path)
        except InputError:
            refused += 1
    assert 100 < refused < 500


def test_what_only_begins_like_executorch_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pte"
    path.write_bytes(b"\x38\x00\x00\x00ET12" + bytes(64))
    for opening in (open_session, read_model_card):
        with pytest.raises(ModelFileError, match="is damaged or cut off") as raised:
            opening(path)
        assert str(path) in raised.value.problem
        assert "Copy it again" in raised.value.fix


def test_the_exporter_is_not_imported_to_run_a_file(model: Path) -> None:
    code = f"""
import sys
import numpy as np
from datar_edge.runtime import open_session
with open_session({str(model)!r}) as session:
    session.run(np.zeros((1, {SAMPLES}), np.float32))
assert not [name for name in sys.modules if name.startswith("executorch.exir")]
from executorch.exir import to_edge
assert to_edge.__module__ == "executorch.exir.program._program", to_edge.__module__
"""
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
