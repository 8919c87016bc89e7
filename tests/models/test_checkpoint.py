"""Checkpoints come back as they were, and anything else is refused with its reason."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from datar_edge.errors import ModelFileError
from datar_edge.models import Checkpoint, build, load_checkpoint, save_checkpoint
from datar_edge.models.session import TorchSession


@pytest.fixture
def checkpoint() -> Checkpoint:
    torch.manual_seed(1)
    model = build("datar-micro", heads={"class": 3}).eval()
    model.set_normalisation(-5.5, 3.25)
    return Checkpoint(model=model, heads={"class": ("a", "b", "c")}, provenance={"data": "made"})


@pytest.fixture
def path(tmp_path: Path, checkpoint: Checkpoint) -> Path:
    save_checkpoint(tmp_path / "model.safetensors", checkpoint)
    return tmp_path / "model.safetensors"


def rewrite(path: Path, *, header: dict[str, str] | None = None, **tensors: torch.Tensor) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = dict(file.metadata())
    save_file({**load_file(path), **tensors}, path, metadata={**metadata, **(header or {})})


def test_comes_back_as_it_was(path: Path, checkpoint: Checkpoint) -> None:
    loaded = load_checkpoint(path)
    assert loaded.config == checkpoint.config
    assert loaded.heads == checkpoint.heads
    assert loaded.provenance == checkpoint.provenance
    log_mel = torch.randn(2, 254, 64)
    with torch.no_grad():
        assert torch.equal(loaded.model(log_mel)["class"], checkpoint.model(log_mel)["class"])
    assert loaded.model.feature_mean.item() == -5.5
    assert not list(path.parent.glob("*.part"))


def test_session_gives_scores_and_card(path: Path) -> None:
    with TorchSession(path) as session:
        scores = session.run(np.zeros((1, session.card.window_samples), np.float32))
        assert session.card.labels == ("a", "b", "c")
        assert 2.5e6 < session.card.parameters < 3.5e6
        assert 100e6 < session.card.macs < 200e6
    assert scores["class"].sum() == pytest.approx(1.0, abs=1e-5)


def test_another_version_is_refused(path: Path) -> None:
    rewrite(path, header={"version": "99"})
    with pytest.raises(ModelFileError, match=r"version '99', this release reads version 1"):
        load_checkpoint(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(ModelFileError, match="not a checkpoint of datar-edge"):
        load_checkpoint(tmp_path / "foreign.safetensors")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no checkpoint at"):
        load_checkpoint(tmp_path / "none.safetensors")


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff" * 100, b"PK\x03\x04" + b"\0" * 50])
def test_what_is_not_safetensors_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "junk.safetensors").write_bytes(content)
    with pytest.raises(ModelFileError, match="not a readable safetensors file"):
        load_checkpoint(tmp_path / "junk.safetensors")


def test_a_truncated_file_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelFileError, match="not a readable safetensors file"):
        load_checkpoint(path)


def test_tensors_have_to_fit(path: Path) -> None:
    rewrite(path, extra=torch.zeros(2))
    with pytest.raises(ModelFileError, match=r"tensor 'extra' is \[2\], expected missing"):
        load_checkpoint(path)


def test_tensors_have_to_be_finite(path: Path) -> None:
    rewrite(path, **{"norm.weight": torch.full((256,), float("nan"))})
    with pytest.raises(ModelFileError, match=r"not finite, in tensor 'norm\.weight'"):
        load_checkpoint(path)


def test_a_garbled_header_is_refused(path: Path) -> None:
    rewrite(path, header={"heads": json.dumps([1, 2])})
    with pytest.raises(ModelFileError, match=r"header of .* is garbled"):
        load_checkpoint(path)


def test_half_precision_rounds_matrices_alone(tmp_path: Path, checkpoint: Checkpoint) -> None:
    save_checkpoint(tmp_path / "half.safetensors", checkpoint, half=True)
    again = load_checkpoint(tmp_path / "half.safetensors").model.state_dict()
    for name, tensor in checkpoint.model.state_dict().items():
        expected = tensor.half().float() if tensor.ndim >= 2 else tensor
        torch.testing.assert_close(again[name], expected, rtol=0, atol=0)
        assert again[name].dtype == tensor.dtype


def test_what_cannot_be_written_is_told(tmp_path: Path, checkpoint: Checkpoint) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelFileError, match=r"file/a\.safetensors cannot be written: "):
        save_checkpoint(tmp_path / "file" / "a.safetensors", checkpoint)


def test_the_threshold_comes_back_and_reaches_the_card(
    tmp_path: Path, checkpoint: Checkpoint
) -> None:
    path = tmp_path / "a.safetensors"
    save_checkpoint(path, dataclasses.replace(checkpoint, threshold=0.7))
    assert load_checkpoint(path).threshold == 0.7
    with TorchSession(path) as session:
        assert session.card.threshold == 0.7


def test_a_checkpoint_of_before_there_was_a_threshold_has_the_default(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        header = {name: told for name, told in file.metadata().items() if name != "threshold"}
    save_file(load_file(path), path, metadata=header)
    assert load_checkpoint(path).threshold == 0.5


@pytest.mark.parametrize("told", ["0", "nan", "2", "half"])
def test_a_threshold_that_is_none_is_refused(path: Path, told: str) -> None:
    rewrite(path, header={"threshold": told})
    with pytest.raises(ModelFileError, match="garbled"):
        load_checkpoint(path)
