"""Parity of exported files on real clips, and the layer where they depart."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from datar_edge.bundled import bundled_checkpoint, bundled_tflite
from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.config import AstConfig, FbankConfig, ModelConfig
from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.data.readers import open_dataset
from datar_edge.errors import CardError, ConfigError, DataError, ModelFileError
from datar_edge.export import export
from datar_edge.export.verify import BOUNDS, Bound
from datar_edge.models import WaveformModel, build, load_checkpoint
from datar_edge.models.session import TorchSession
from datar_edge.presets import preset
from datar_edge.report.evaluate import evaluate
from datar_edge.report.layers import loudest_windows, measure_layers
from datar_edge.report.parity import bound_of, compare_file, drift_of, measure_parity
from datar_edge.report.probed_model import ProbedModel, layer_paths
from datar_edge.report.reference import find_reference
from datar_edge.runtime import Session, open_session, read_model_card

NanoCheckpoint = Callable[..., Path]


@pytest.fixture(scope="module")
def clips(labelled_recordings: Path) -> ClipSet:
    return open_dataset(f"folder:{labelled_recordings}")


class Swapped(Closing):
    """The scores of a model, two labels swapped in the windows whose number is in a set."""

    def __init__(self, session: Session, *, windows: set[int]) -> None:
        self.card: ModelCard = session.card
        self._session = session
        self._windows = windows
        self._count = -1

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        self._count += 1
        scores = self._session.run(waveform)
        if self._count in self._windows:
            row = scores["class"]
            row[[0, row.argmax()]] = row[[row.argmax(), 0]]
        return scores

    def close(self) -> None:
        self._session.close()


def test_the_bundled_file_computes_what_its_checkpoint_computes(clips: ClipSet) -> None:
    report = compare_file(bundled_tflite(), bundled_checkpoint(), clips)
    assert len(report.clips) == 4
    assert report.windows.windows >= 4
    assert report.top1_agreement == 1.0
    assert 0.0 < report.windows.max_abs_logit_diff < 1e-4
    assert report.windows.sqnr_db > 80.0
    assert drift_of(report, BOUNDS["none"]) == []


def test_accuracies_are_those_of_evaluate(clips: ClipSet) -> None:
    report = compare_file(bundled_tflite(), bundled_checkpoint(), clips, hop_s=0.5)
    with open_session(bundled_tflite()) as session:
        top1 = evaluate(session, clips, hop_s=0.5).heads["class"].overall.top1
    assert report.artifact_top1 == report.reference_top1 == top1


def test_a_label_that_changes_is_counted_and_listed_first(clips: ClipSet) -> None:
    """The second clip alone gets another best label, in all of its windows."""
    with TorchSession(bundled_checkpoint()) as reference:
        counts = [
            compare_file(
                bundled_tflite(), bundled_checkpoint(), dataclasses.replace(clips, clips=(clip,))
            ).windows.windows
            for clip in clips.clips
        ]
        changed = set(range(counts[0], counts[0] + counts[1]))
        with Swapped(TorchSession(bundled_checkpoint()), windows=changed) as artifact:
            report = measure_parity(artifact, reference, clips)
    assert report.top1_agreement == 0.75
    worst = report.clips[0]
    assert worst.path == clips.clips[1].path
    assert not worst.agrees
    assert worst.artifact_best == "Dog bark" != worst.reference_best
    assert [each.agrees for each in report.clips] == [False, True, True, True]
    assert {each.max_abs_logit_diff for each in report.clips[1:]} == {0.0}
    assert report.windows.top1_agreement == pytest.approx(1 - counts[1] / sum(counts))
    assert len(drift_of(report, BOUNDS["int8"])) == 1  # int8 bounds the labels only
    assert len(drift_of(report, BOUNDS["none"])) == 2
    assert drift_of(report, Bound(max_abs_logit_diff=np.inf, top1_agreement=0.75)) == []


def test_labels_that_the_model_lacks_leave_accuracy_unmeasured(
    clips: ClipSet, write_sound: Callable[..., Path], noise: Callable[..., NDArray[np.float32]]
) -> None:
    clip = Clip(path=write_sound("a.wav", noise(1.0)), targets={"class": "Whistle"})
    foreign = ClipSet(name="own", heads={"class": ("Whistle",)}, clips=(clip,))
    report = compare_file(bundled_tflite(), bundled_checkpoint(), foreign)
    assert (report.reference_top1, report.artifact_top1) == (None, None)
    assert report.top1_agreement == 1.0


def test_clips_that_cannot_be_read_are_told_and_left_out(clips: ClipSet, tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_text("no sound")
    broken = Clip(path=tmp_path / "broken.wav", targets={"class": "Rain"})
    mixed = dataclasses.replace(clips, clips=(broken, *clips.clips[:1]))
    report = compare_file(bundled_tflite(), bundled_checkpoint(), mixed)
    assert len(report.clips) == 1
    assert "broken.wav" in report.skipped[0]
    with pytest.raises(DataError, match="no clip of"):
        compare_file(
            bundled_tflite(), bundled_checkpoint(), dataclasses.replace(clips, clips=(broken,))
        )


def test_the_reference_is_found_by_its_hash(
    nano_checkpoint: NanoCheckpoint, tmp_path: Path
) -> None:
    card = read_model_card(bundled_tflite())
    artifact = tmp_path / "model.tflite"
    assert find_reference(artifact, card) == bundled_checkpoint()
    other = nano_checkpoint(tmp_path / "a.safetensors")
    with pytest.raises(ModelFileError, match=r"neither the bundled one nor .* --reference"):
        find_reference(artifact, dataclasses.replace(card, provenance={"checkpoint_sha256": "ab"}))
    with pytest.raises(ModelFileError, match="does not tell which checkpoint"):
        find_reference(artifact, dataclasses.replace(card, provenance={}))
    nano_checkpoint(tmp_path / "b.safetensors", disturbed="heads")
    known = {"checkpoint_sha256": hashlib.sha256(other.read_bytes()).hexdigest()}
    assert find_reference(artifact, dataclasses.replace(card, provenance=known)) == other


def test_another_model_is_no_reference(
    clips: ClipSet, nano_checkpoint: NanoCheckpoint, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="other labels than the exported file: class: Dog bark"):
        compare_file(bundled_tflite(), nano_checkpoint(tmp_path / "a.safetensors"), clips)


def test_unknown_quantizations_have_no_bound() -> None:
    card = dataclasses.replace(read_model_card(bundled_tflite()), quantize="int2")
    with pytest.raises(CardError, match="'int2'"):
        bound_of(card)


SMALL_AST = dataclasses.replace(
    AstConfig(preset="ast", fbank=FbankConfig(window_s=1.0, num_frames=112)),
    embed_dim=48,
    num_heads=4,
    depth=3,
)


@pytest.mark.parametrize(("config", "blocks"), [(preset("datar-micro"), 10), (SMALL_AST, 3)])
def test_a_probed_model_gives_every_layer_once(config: ModelConfig, blocks: int) -> None:
    network = build(config, heads={"class": 3}).eval()
    layers = layer_paths(network)
    assert len(set(layers)) == len(layers)
    assert len([each for each in layers if each.endswith(".attention")]) == blocks
    assert layers[0] == "fbank"
    assert layers[-1] == "model.heads.0"
    waveform = torch.randn(1, network.config.fbank.window_samples)
    with torch.inference_mode():
        outputs = ProbedModel(network, layers).eval()(waveform)
        scores = WaveformModel(network).eval()(waveform)
    assert len(outputs) == 1 + len(layers)
    assert torch.equal(outputs[0], scores[0])
    assert torch.equal(outputs[-1].softmax(dim=-1), scores[0])
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize(
    "disturbed",
    [
        "stages.1.1.mlp",
        pytest.param("stages.1.2.attention", marks=pytest.mark.slow),
        pytest.param("stages.1.0", marks=pytest.mark.slow),
    ],
)
def test_the_disturbed_layer_is_found(
    disturbed: str, clips: ClipSet, nano_checkpoint: NanoCheckpoint, tmp_path: Path
) -> None:
    """A file made from weights that differ in one place, against the undisturbed model."""
    reference = nano_checkpoint(tmp_path / "reference.safetensors")
    source = nano_checkpoint(tmp_path / "other.safetensors", disturbed=disturbed)
    artifact = tmp_path / "other.tflite"
    export(load_checkpoint(source), output=artifact, source=source)
    windows = loudest_windows(clips, read_model_card(artifact), 2)
    report = measure_layers(artifact, reference, windows)
    assert report.first == f"model.{disturbed}"
    assert report.source == source
    assert report.probe_is_file
    before = [each for each in report.layers if each.sqnr_db >= report.bound_db]
    assert [each.layer for each in before] == [each.layer for each in report.layers[: len(before)]]


@pytest.mark.slow
@pytest.mark.parametrize("target", ["onnx", "executorch"])
def test_the_disturbed_layer_is_found_in_other_formats(
    target: str, clips: ClipSet, nano_checkpoint: NanoCheckpoint, tmp_path: Path
) -> None:
    reference = nano_checkpoint(tmp_path / "reference.safetensors")
    source = nano_checkpoint(tmp_path / "other.safetensors", disturbed="stages.1.1.mlp")
    artifact = tmp_path / "other.bin"
    artifact = artifact.with_suffix({"onnx": ".onnx", "executorch": ".pte"}[target])
    export(load_checkpoint(source), target=target, output=artifact, source=source)
    windows = loudest_windows(clips, read_model_card(artifact), 2)
    report = measure_layers(artifact, reference, windows)
    assert report.first == "model.stages.1.1.mlp"
    assert report.probe_is_file
    whole = measure_layers(artifact, source, windows)
    assert whole.first is None


@pytest.mark.slow
def test_a_wrong_operator_is_found_where_it_is(
    clips: ClipSet,
    nano_checkpoint: NanoCheckpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sampler's form made wrong by one pixel: the deformable block alone has it."""
    source = nano_checkpoint(tmp_path / "nano.safetensors")
    artifact = tmp_path / "nano.tflite"
    monkeypatch.setattr(
        "datar_edge.models.sampling.DenseSampler.features",
        lambda _, features, _points, _grid: features.flatten(1, 2).roll(1, dims=1),
    )
    made = export(
        load_checkpoint(source), sampler="dense", output=artifact, source=source, allow_drift=True
    )
    assert made.parity.max_abs_logit_diff > 1e-3
    report = measure_layers(artifact, source, loudest_windows(clips, read_model_card(artifact), 2))
    assert report.first == "model.stages.1.2.attention"
    assert report.probe_is_file
