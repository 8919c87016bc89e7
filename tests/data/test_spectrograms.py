"""Examples drawn from clips: reproducible, finite, and silence stays silence."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile

from datar_edge.data.augment import AugmentConfig
from datar_edge.data.examples import ClipWindows, ExampleKey, TrainingExamples
from datar_edge.data.readers import open_dataset
from datar_edge.data.spectrograms import NO_LABEL, SpectrogramSet, load_spectrograms
from datar_edge.errors import DataError
from datar_edge.features.fbank import LOG_FLOOR
from datar_edge.presets import preset

FBANK = preset("datar-micro").fbank


@pytest.fixture
def clips(tmp_path: Path) -> SpectrogramSet:
    """A tone of one second in three of silence, noise, and a file that is no sound."""
    rng = np.random.default_rng(2)
    tone = np.zeros(48_000)
    tone[8_000:24_000] = 0.1 * np.sin(np.arange(16_000) * 0.3)
    for label, sound in {"tone": tone, "noise": rng.normal(0.0, 0.05, 48_000)}.items():
        (tmp_path / label).mkdir()
        soundfile.write(tmp_path / label / "a.wav", sound, 16_000)
    (tmp_path / "tone" / "b.wav").write_bytes(b"this is not sound")
    return load_spectrograms(open_dataset(f"folder:{tmp_path}"), FBANK)


def examples(clips: SpectrogramSet, **changes: float) -> TrainingExamples:
    return TrainingExamples(clips, frames=254, config=AugmentConfig(**changes), mean=-7.0, seed=4)


def test_unreadable_clips_are_told_and_left_out(clips: SpectrogramSet) -> None:
    assert [clip.path.parent.name for clip in clips.clips] == ["noise", "tone"]
    assert len(clips.unreadable) == 1
    assert "b.wav" in clips.unreadable[0]


def test_no_readable_clip_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.wav").write_bytes(b"junk")
    with pytest.raises(DataError, match="no clip of"):
        load_spectrograms(open_dataset(f"folder:{tmp_path}"), FBANK)


def test_an_example_follows_from_its_key(clips: SpectrogramSet) -> None:
    first, second = examples(clips), examples(clips)
    for key in (ExampleKey(0, 0), ExampleKey(0, 1), ExampleKey(7, 1)):
        example, targets = first[key]
        again, same_targets = second[key]
        assert example.equal(again)
        assert targets["class"].equal(same_targets["class"])
        assert targets["class"].sum().item() == pytest.approx(1.0)
        assert example.isfinite().all()
        assert example.shape == (254, 64)
        assert example.min() >= LOG_FLOOR - 1e-5
    assert not first[ExampleKey(0, 0)][0].equal(first[ExampleKey(1, 0)][0])


def test_gain_does_not_lift_digital_silence(clips: SpectrogramSet) -> None:
    """What has no power has none at any gain; mixing and noise would put some there."""
    drawn = examples(clips, mix_p=0.0, noise_p=0.0, masks=0, gain_nats=5.0)
    for epoch in range(20):
        example, _ = drawn[ExampleKey(epoch, 1)]
        silent = (example <= LOG_FLOOR + 1e-5).all(dim=1)
        assert 100 <= int(silent.sum()) <= 253  # two thirds of the clip are silence


def test_a_negative_asks_for_the_same_score_of_every_label(clips: SpectrogramSet) -> None:
    negative = dataclasses.replace(clips, targets={"class": np.array([NO_LABEL, 1])})
    _, targets = examples(negative, mix_p=0.0)[ExampleKey(0, 0)]
    assert targets["class"].tolist() == [0.5, 0.5]
    drawn = examples(negative, mix_p=1.0)
    mixed = [drawn[ExampleKey(epoch, 0)][1]["class"] for epoch in range(20)]
    assert all(target.sum().item() == pytest.approx(1.0) for target in mixed)
    assert all(0.0 <= target[0] <= 0.5 <= target[1] <= 1.0 for target in mixed)
    assert any(0.5 < target[1] < 1.0 for target in mixed)  # a label and a negative


def test_silence_is_not_mixed(tmp_path: Path) -> None:
    """Made as loud as the other, it would be a sound, or leave silence with a label."""
    for label, peak in {"noise": 0.1, "nothing": 0.0}.items():
        (tmp_path / label).mkdir()
        sound = np.random.default_rng(1).uniform(-peak, peak, 48_000)
        soundfile.write(tmp_path / label / "a.wav", sound, 16_000)
    silent = load_spectrograms(open_dataset(f"folder:{tmp_path}"), FBANK)
    drawn = examples(silent, mix_p=1.0, noise_p=0.0, masks=0)
    for epoch in range(10):
        example, targets = drawn[ExampleKey(epoch, 1)]
        assert targets["class"].tolist() == [0.0, 1.0]
        assert (example <= LOG_FLOOR + 1e-5).all()


def test_partners_are_of_any_label_equally_likely(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for label, count in {"many": 9, "one": 1}.items():
        (tmp_path / label).mkdir()
        for index in range(count):
            soundfile.write(tmp_path / label / f"{index}.wav", rng.uniform(-1, 1, 8_000), 16_000)
    uneven = load_spectrograms(open_dataset(f"folder:{tmp_path}"), FBANK)
    config = AugmentConfig(mix_p=1.0)
    for balanced, least, most in ((True, 70, 130), (False, 5, 40)):
        drawn = TrainingExamples(
            uneven, frames=40, config=config, mean=-7.0, seed=4, balanced=balanced
        )
        many = int(np.flatnonzero(uneven.targets["class"] == 0)[0])
        shares = [drawn[ExampleKey(epoch, many)][1]["class"][1].item() for epoch in range(200)]
        assert least <= sum(share > 0.0 for share in shares) <= most


def test_windows_cover_a_clip(clips: SpectrogramSet) -> None:
    windows = ClipWindows(clips, frames=254, hop_frames=127)
    frames = len(clips.log_mel(0))
    assert frames == clips.extents[0].frames
    starts = [start for clip, start in windows.windows if clip == 0]
    assert starts[0] == 0
    assert frames - 127 < starts[-1] + 254 <= frames + 127
    last, clip = windows[len(starts) - 1]
    assert clip == 0
    missing = starts[-1] + 254 - frames
    assert (last[254 - missing :] == np.float32(LOG_FLOOR)).all()
