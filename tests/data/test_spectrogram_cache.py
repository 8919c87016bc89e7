"""Decoded or kept on the disk: the same values, and no more in memory than what is looked at."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
import torchaudio

from datar_edge.audio import read_audio
from datar_edge.data import spectrogram_source
from datar_edge.data.augment import AugmentConfig
from datar_edge.data.dataset import ClipSet
from datar_edge.data.examples import ClipWindows, ExampleKey, TrainingExamples
from datar_edge.data.readers import open_dataset
from datar_edge.data.spectrograms import SpectrogramSet, load_spectrograms
from datar_edge.errors import DataError
from datar_edge.presets import preset

FBANK = preset("datar-micro").fbank


@pytest.fixture
def recordings(labelled_recordings: Path) -> ClipSet:
    """Real sound, two clips of each recording: all of it, and a part from 0.25 s on."""
    whole = open_dataset(f"folder:{labelled_recordings}")
    parts = tuple(
        dataclasses.replace(clip, start_s=0.25, duration_s=0.5 + 0.1 * number)
        for number, clip in enumerate(whole.clips)
    )
    return dataclasses.replace(whole, clips=whole.clips + parts)


def _files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def _same(first: SpectrogramSet, second: SpectrogramSet) -> bool:
    return first.extents == second.extents and all(
        np.array_equal(first.log_mel(index), second.log_mel(index))
        for index in range(len(first.clips))
    )


@pytest.mark.parametrize("workers", [0, 2])
def test_kept_and_decoded_are_the_same_bits(
    recordings: ClipSet, tmp_path: Path, workers: int
) -> None:
    decoded = load_spectrograms(recordings, FBANK)
    made = load_spectrograms(recordings, FBANK, cache=tmp_path, workers=workers)
    kept = load_spectrograms(recordings, FBANK, cache=tmp_path)
    assert len(_files(tmp_path)) == len(recordings.clips) == 8
    assert _same(decoded, made)
    assert _same(decoded, kept)
    assert decoded.normalisation() == kept.normalisation()
    for one, other in ((decoded, kept), (decoded, made)):
        draw = [
            TrainingExamples(each, frames=254, config=AugmentConfig(), mean=-7.0, seed=4)
            for each in (one, other)
        ]
        for index in range(8):
            first, second = (each[ExampleKey(2, index)] for each in draw)
            assert first[0].equal(second[0])
            assert first[1]["class"].equal(second[1]["class"])
        windows = [ClipWindows(each, frames=254, hop_frames=127) for each in (one, other)]
        assert windows[0].windows == windows[1].windows
        for item in range(len(windows[0])):
            assert windows[0][item][0].equal(windows[1][item][0])


def test_they_are_the_reference_front_end_s(recordings: ClipSet, tmp_path: Path) -> None:
    kept = load_spectrograms(recordings, FBANK, cache=tmp_path)
    clip = kept.clips[5]
    waveform = read_audio(clip.path, 16_000, start_s=clip.start_s, duration_s=clip.duration_s)
    assert len(waveform) == round((clip.duration_s or 0.0) * 16_000)
    expected = torchaudio.compliance.kaldi.fbank(
        torch.from_numpy(waveform).unsqueeze(0),
        htk_compat=True,
        sample_frequency=16_000,
        use_energy=False,
        window_type="hanning",
        num_mel_bins=64,
        dither=0.0,
        frame_shift=10,
    )
    assert kept.log_mel(5) == pytest.approx(expected.numpy(), abs=5e-3)


def test_moments_are_those_of_all_values(recordings: ClipSet) -> None:
    clips = load_spectrograms(recordings, FBANK)
    values = np.concatenate([clips.log_mel(index).ravel() for index in range(8)]).astype(float)
    assert clips.normalisation() == pytest.approx((values.mean(), values.std()), rel=1e-7)


def test_what_is_kept_is_not_decoded_again(
    recordings: ClipSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_spectrograms(recordings, FBANK, cache=tmp_path)

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(spectrogram_source, "read_audio", forbidden)
    assert _same(load_spectrograms(recordings, FBANK, cache=tmp_path), first)


def test_a_stopped_pass_is_gone_on_with(recordings: ClipSet, tmp_path: Path) -> None:
    half = dataclasses.replace(recordings, clips=recordings.clips[:3])
    load_spectrograms(half, FBANK, cache=tmp_path)
    before = {path: path.stat().st_mtime_ns for path in _files(tmp_path)}
    whole = load_spectrograms(recordings, FBANK, cache=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(_files(tmp_path)) == 8
    assert _same(whole, load_spectrograms(recordings, FBANK))


@pytest.mark.parametrize("left", [0, 10, -1])
def test_half_a_file_is_made_anew(recordings: ClipSet, tmp_path: Path, left: int) -> None:
    load_spectrograms(recordings, FBANK, cache=tmp_path)
    for path in _files(tmp_path):
        path.write_bytes(path.read_bytes()[:left])
    again = load_spectrograms(recordings, FBANK, cache=tmp_path)
    assert _same(again, load_spectrograms(recordings, FBANK))


def test_a_changed_recording_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "set" / "a").mkdir(parents=True)
    path = tmp_path / "set" / "a" / "x.wav"
    levels = []
    for number, peak in enumerate((0.5, 0.05)):
        sound = np.random.default_rng(1).uniform(-peak, peak, 16_000)
        soundfile.write(path, sound, 16_000)
        os.utime(path, ns=(number, number))  # of the same size, and perhaps the same second
        clips = open_dataset(f"folder:{tmp_path / 'set'}")
        kept = load_spectrograms(clips, FBANK, cache=tmp_path / "cache")
        levels.append(kept.extents[0].mean)
    assert levels[0] - levels[1] == pytest.approx(2 * np.log(10.0), abs=0.05)


def test_front_ends_share_a_folder(recordings: ClipSet, tmp_path: Path) -> None:
    other = preset("datar-tiny").fbank
    micro = load_spectrograms(recordings, FBANK, cache=tmp_path)
    tiny = load_spectrograms(recordings, other, cache=tmp_path)
    assert (micro.log_mel(0).shape[1], tiny.log_mel(0).shape[1]) == (64, 128)
    assert _same(tiny, load_spectrograms(recordings, other))


def test_what_cannot_be_read_is_told_with_and_without_a_cache(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    soundfile.write(tmp_path / "a" / "x.wav", np.full(8_000, 0.1), 16_000)
    (tmp_path / "a" / "y.wav").write_bytes(b"junk")
    clips = open_dataset(f"folder:{tmp_path}")
    found = [
        load_spectrograms(clips, FBANK, cache=cache, workers=workers)
        for cache, workers in ((None, 0), (tmp_path / "cache", 0), (tmp_path / "cache", 1))
    ]
    assert all([clip.path.name for clip in each.clips] == ["x.wav"] for each in found)
    assert len({each.unreadable for each in found}) == 1
    assert "y.wav" in found[0].unreadable[0]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_cache_that_cannot_be_written_is_one_line(
    recordings: ClipSet, tmp_path: Path, workers: int
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"cannot be kept in .*--no-cache\.$") as raised:
        load_spectrograms(recordings, FBANK, cache=tmp_path / "file", workers=workers)
    assert "\n" not in str(raised.value)


MEMORY = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from datar_edge.data.augment import AugmentConfig
from datar_edge.data.examples import ClipWindows, ExampleKey, TrainingExamples
from datar_edge.data.readers import open_dataset
from datar_edge.data.spectrograms import load_spectrograms
from datar_edge.presets import preset

folder, cache = sys.argv[1:]
whole = open_dataset("folder:" + folder)
held = []
for count in (10, len(whole.clips)):
    some = replace(whole, clips=whole.clips[:count])
    kept = Path(cache) if cache else None
    clips = load_spectrograms(some, preset("datar-micro").fbank, cache=kept)
    examples = TrainingExamples(clips, frames=254, config=AugmentConfig(), mean=-7.0, seed=1)
    windows = ClipWindows(clips, frames=254, hop_frames=127)
    for index in range(count):
        examples[ExampleKey(0, index)]
    for item in range(len(windows)):
        windows[item]
    held.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    sizes = sum(4 * extent.frames * 64 for extent in clips.extents)
print((held[1] - held[0]) * 1024, sizes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
@pytest.mark.parametrize("kept", [True, False])
def test_memory_does_not_grow_with_the_set(tmp_path: Path, kept: bool) -> None:
    """210 clips of 80 MB in all, after 10 of them: the peak grows by less than a tenth of that."""
    (tmp_path / "set" / "a").mkdir(parents=True)
    first = tmp_path / "set" / "a" / "0.wav"
    soundfile.write(first, np.random.default_rng(1).uniform(-0.1, 0.1, 15 * 16_000), 16_000)
    for number in range(1, 210):
        os.link(first, first.with_name(f"{number}.wav"))
    cache = str(tmp_path / "cache") if kept else ""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path / "set", cache],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    grown, sizes = map(int, done.stdout.split())
    assert sizes > 80e6
    assert grown < 8e6
    assert len(_files(tmp_path / "cache")) == (210 if kept else 0)
