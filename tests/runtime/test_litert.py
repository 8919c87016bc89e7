from __future__ import annotations

import contextlib
import io
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from datar_edge.card import CARD_FILE_NAME, ModelCard
from datar_edge.errors import RuntimeFailureError
from datar_edge.runtime import litert, open_session

HEADS = 12
"""More than ten, so that `output_10` sorts before `output_2` by letters."""


@pytest.fixture
def many_heads(tmp_path: Path, toy_session) -> Path:
    """A file by litert-torch whose head h gives [h / 100, the mean of the waveform]."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litert_torch = pytest.importorskip("litert_torch")

        class ManyHeads(torch.nn.Module):  # type: ignore[misc, name-defined]
            def forward(self, waveform):
                mean = waveform.mean(dim=1, keepdim=True)
                return tuple(
                    torch.cat([0 * mean + head / 100, mean], dim=1) for head in range(HEADS)
                )

        size = toy_session.card.window_samples
        with contextlib.redirect_stdout(io.StringIO()):
            converted = litert_torch.convert(ManyHeads().eval(), (torch.zeros(1, size),))
            path = tmp_path / "heads.tflite"
            converted.export(str(path))
    card = ModelCard(
        preset="toy",
        heads={f"head{head}": ("constant", "mean") for head in range(HEADS)},
        fbank=toy_session.card.fbank,
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(CARD_FILE_NAME, card.to_json())
    return path


def test_heads_are_those_of_the_model_in_its_order(many_heads: Path) -> None:
    with open_session(many_heads) as session:
        waveform = np.full((1, session.card.window_samples), 0.25, np.float32)
        scores = session.run(waveform)
    assert list(scores) == [f"head{head}" for head in range(HEADS)]
    for head in range(HEADS):
        np.testing.assert_allclose(scores[f"head{head}"], [head / 100, 0.25], atol=1e-6)


def test_a_missing_runtime_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litert, "RUNTIMES", ("no_such_runtime.interpreter",))
    with pytest.raises(RuntimeFailureError, match="pip install ai-edge-litert"):
        open_session()


def test_scores_belong_to_the_caller() -> None:
    with open_session() as session:
        noise = np.random.default_rng(0).uniform(-1, 1, (1, session.card.window_samples))
        first = session.run(noise.astype(np.float32))["class"]
        kept = first.copy()
        session.run(np.zeros_like(noise, dtype=np.float32))
    np.testing.assert_array_equal(first, kept)
