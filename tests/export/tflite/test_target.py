"""A TFLite file from a model: what it computes, what it carries, who takes it."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from datar_edge.bundled import verification_sounds
from datar_edge.card import CARD_FILE_NAME
from datar_edge.errors import ConfigError, VerificationError
from datar_edge.export import Exported, export
from datar_edge.export.verify import BOUNDS, compare, edge_windows, recording_windows
from datar_edge.models import Checkpoint, build
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.models.session import TorchSession
from datar_edge.runtime import open_session

LABELS = tuple("abcdefgh")


def random_checkpoint() -> Checkpoint:
    """Random weights, with offsets, bias tables and statistics as lively as trained ones."""
    torch.manual_seed(17)
    model = build("datar-micro", heads={"class": len(LABELS)}).eval()
    model.set_normalisation(-8.0, 4.0)
    for module in model.modules():
        if isinstance(module, DeformableAttention):
            torch.nn.init.normal_(module.bias_table)
            torch.nn.init.normal_(module.offsets.to_offset.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
            torch.nn.init.normal_(module.running_mean)
    return Checkpoint(model=model, heads={"class": LABELS}, provenance={"data": "none"})


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    output = tmp_path_factory.mktemp("export") / "model.tflite"
    return export(random_checkpoint(), target="tflite", output=output)


def test_is_kept_only_with_its_name(exported: Exported) -> None:
    assert [path.name for path in exported.artifact.parent.iterdir()] == ["model.tflite"]
    assert exported.size_bytes == exported.artifact.stat().st_size


def test_computes_what_the_model_computes(exported: Exported) -> None:
    """On recordings, silence, a click, full scale and noise far above it."""
    checkpoint = random_checkpoint()
    noise = np.random.default_rng(3).normal(0.0, 2.0, (1, 40_960)).astype(np.float32)
    with open_session(exported.artifact) as ours, TorchSession(checkpoint) as reference:
        sounds = recording_windows(verification_sounds(), ours.card)
        parity = compare(ours, reference, [*sounds, *edge_windows(ours.card), noise])
    assert parity.windows >= 7
    assert parity.max_abs_logit_diff <= BOUNDS["none"].max_abs_logit_diff
    assert parity.top1_agreement == 1.0


def test_the_delegate_takes_all_of_it_in_one_part(exported: Exported) -> None:
    delegation = exported.delegation
    assert delegation.not_delegated == ()
    assert delegation.delegated_ops == delegation.ops > 100
    assert delegation.delegate_calls == 1


def test_carries_card_and_labels(exported: Exported) -> None:
    with open_session(exported.artifact) as session:
        card = session.card
    assert card.labels == LABELS
    assert (card.sample_rate_hz, card.window_samples) == (16_000, 40_960)
    assert card.parity == dataclasses.asdict(exported.parity)
    assert card.sampler == exported.sampler
    assert (card.quantize, card.input_kind) == ("none", "waveform")
    with zipfile.ZipFile(exported.artifact) as files:
        assert set(files.namelist()) == {CARD_FILE_NAME, "labels_class.txt"}
        assert tuple(files.read("labels_class.txt").decode().split("\n")) == LABELS


def test_a_file_that_computes_something_else_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dense form made wrong by one pixel: the comparison has to find it."""
    monkeypatch.setattr(
        "datar_edge.models.sampling.DenseSampler.features",
        lambda _, features, _points, _grid: features.flatten(1, 2).roll(1, dims=1),
    )
    with pytest.raises(VerificationError, match="it was not kept"):
        export(random_checkpoint(), sampler="dense", output=tmp_path / "wrong.tflite")
    assert list(tmp_path.iterdir()) == []


def test_unknown_targets_and_forms_are_refused(tmp_path: Path) -> None:
    checkpoint = dataclasses.replace(random_checkpoint(), heads={"class": LABELS})
    with pytest.raises(ConfigError, match="unknown target 'coreml'"):
        export(checkpoint, target="coreml", output=tmp_path / "x")
    with pytest.raises(ConfigError, match="unknown sampler form 'fast'"):
        export(checkpoint, sampler="fast", output=tmp_path / "x.tflite")
