"""File, waveform and stream give the same scores for the same samples."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import datar_edge
from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.config import FbankConfig
from datar_edge.errors import AudioError, ConfigError, RuntimeFailureError
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.sources.file import FileSource
from datar_edge.listen.sources.standard_input import StandardInputSource
from datar_edge.runtime.scorer import WindowScorer
from datar_edge.tagger import Tagger

Write = Callable[..., Path]
RATE_HZ = 16_000


class LoudnessSession(Closing):
    """A model simple enough to be known by heart: loud, or faint, by the mean of |x|."""

    def __init__(self) -> None:
        self.card = ModelCard(
            preset="loudness",
            heads={"class": ("Loud", "Faint")},
            fbank=FbankConfig(num_mel_bins=8, window_s=0.5, num_frames=64),
            hop_s=0.25,
        )
        self.windows = 0
        self.closed = False

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        self.windows += 1
        loud = min(1.0, 2.0 * float(np.abs(waveform).mean()))
        return {"class": np.array([loud, 1.0 - loud], np.float32)}

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def loudness() -> LoudnessSession:
    return LoudnessSession()


def loud_then_faint() -> np.ndarray:
    """2 s at full scale, 1 s faint, 1 s of digital silence, 0.1 s loud."""
    square = np.where(np.arange(65_600) // 8 % 2 == 0, 1.0, -1.0).astype(np.float32)
    gains = np.repeat([0.9, 0.01, 0.0, 0.9], [32_000, 16_000, 16_000, 1_600]).astype(np.float32)
    return square * gains


def test_neighbouring_windows_are_merged(loudness) -> None:
    segments = Tagger(loudness).tag(loud_then_faint(), RATE_HZ)
    # The last window reaches back: it holds 0.4 s of silence and 0.1 s of sound.
    assert [segment.best.label if segment.best else None for segment in segments] == [
        "Loud",
        "Faint",
        None,
        "Faint",
    ]
    assert segments[0].start_s == 0.0
    assert segments[-1].end_s == 4.1
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(segments))
    assert segments[0].best.score > 0.9


def test_silence_is_not_run(loudness) -> None:
    segments = Tagger(loudness).tag(np.zeros(RATE_HZ, np.float32), RATE_HZ)
    assert [segment.tags for segment in segments] == [()]
    assert loudness.windows == 0


def test_a_short_sound_is_padded(loudness) -> None:
    (segment,) = Tagger(loudness).tag(loud_then_faint()[:4_000], RATE_HZ)
    assert (segment.start_s, segment.end_s, segment.padded_s) == (0.0, 0.25, 0.25)


def test_file_waveform_and_stream_agree(write_sound: Write, real_sounds: list[Path]) -> None:
    """On real recordings, with the bundled model."""
    with datar_edge.load(hop_s=0.4) as tagger:
        for path in real_sounds:
            windows = tagger.tag_file(path, merge=False)
            streamed = [
                message
                for message in tagger.stream(FileSource(path, fast=True))
                if isinstance(message, datar_edge.Scores)
            ]
            assert [(w.start_s, w.end_s, w.tags) for w in windows] == [
                (s.start_s, s.end_s, s.tags) for s in streamed
            ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, 65_600), max_size=20))
def test_blocks_make_no_difference(loudness, cuts: list[int]) -> None:
    sound = loud_then_faint()

    def scored(pieces: list[np.ndarray]) -> list[tuple[float, float, list[float] | None]]:
        return [
            (w.start_s, w.end_s, w.scores["class"].tolist() if w.scores else None)
            for w in WindowScorer(loudness).score_all(pieces)
        ]

    assert scored(np.split(sound, sorted(cuts))) == scored([sound])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rate_hz=st.sampled_from([8_000, 11_025, 16_000, 22_050, 44_100, 48_000]),
    seconds=st.floats(0.01, 3.0),
    hop_s=st.sampled_from([0.1, 0.25, 0.7]),
    block=st.integers(1, 30_000),
)
def test_stream_and_file_agree_at_any_rate_and_block_size(
    *, loudness, write_sound: Write, rate_hz: int, seconds: float, hop_s: float, block: int
) -> None:
    """Raw sound in a pipe, written in blocks of any size, against a file of the same samples."""
    samples = np.random.default_rng(7).uniform(-1, 1, max(1, round(seconds * rate_hz)))
    samples = (samples * np.linspace(0.0, 1.0, len(samples))).astype(np.float32)
    file = write_sound("same.wav", samples, rate_hz=rate_hz, subtype="FLOAT")
    tagger = Tagger(loudness, hop_s=hop_s)
    expected = [(w.start_s, w.end_s, w.tags) for w in tagger.tag_file(file, merge=False)]
    for source in (FileSource(file, fast=True), piped(samples, rate_hz, block)):
        streamed = [m for m in tagger.stream(source) if isinstance(m, datar_edge.Scores)]
        assert [(s.start_s, s.end_s, s.tags) for s in streamed] == expected


def piped(samples: NDArray[np.float32], rate_hz: int, block: int) -> StandardInputSource:
    """A source of these samples that waits for its reader."""
    read, write = os.pipe()

    def fill() -> None:
        with os.fdopen(write, "wb", buffering=0) as end:
            for start in range(0, len(samples), block):
                end.write(samples[start : start + block].tobytes())

    threading.Thread(target=fill).start()
    return PipeSource(sample_rate_hz=rate_hz, sample_format="f32le", fast=True, file_number=read)


class PipeSource(StandardInputSource):
    """Closes its pipe, which standard input does not."""

    def close(self) -> None:
        if not self._closed:
            os.close(self._file)
        super().close()


def test_a_loop_that_is_left_early_closes_the_source(loudness, write_sound: Write) -> None:
    source = FileSource(write_sound("a.wav", loud_then_faint()))
    with Tagger(loudness).stream(source) as listener:
        for message in listener:
            assert message.state == "listening"
            break
    assert source._reader._sound.closed


def test_every_message_of_a_stream_is_in_order(loudness, write_sound: Write) -> None:
    path = write_sound("a.wav", loud_then_faint())
    events = EventConfig(start_threshold=0.9)
    messages = list(Tagger(loudness).stream(FileSource(path, fast=True), events=events))
    assert isinstance(messages[0], datar_edge.Status)
    assert isinstance(messages[-1], datar_edge.Status)
    assert messages[-1].windows == 16
    starts = [m for m in messages if isinstance(m, datar_edge.EventStart)]
    ends = [m for m in messages if isinstance(m, datar_edge.EventEnd)]
    assert sorted(s.id for s in starts) == sorted(e.id for e in ends)
    assert [s.label for s in starts][:2] == ["Loud", "Faint"]


def test_real_time_takes_its_time(loudness, write_sound: Write) -> None:
    """A stopped source ends the stream early, with its last status."""
    source = FileSource(write_sound("a.wav", np.tile(loud_then_faint(), 20)))
    messages = []
    for message in Tagger(loudness).stream(source):
        messages.append(message)
        if isinstance(message, datar_edge.Scores):
            source.stop()
    assert messages[-1].state == "stopped"
    assert messages[-1].windows <= 3


@pytest.mark.parametrize(
    ("waveform", "rate_hz", "told"),
    [
        (np.zeros((10, 2), np.float32), RATE_HZ, "shape"),
        (np.zeros(10, np.int16), RATE_HZ, "int16"),
        (np.array([0.0, np.nan]), RATE_HZ, "sample 1 is not finite"),
        (np.zeros(10), 0, "sample rate is 0"),
    ],
)
def test_wrong_waveforms_are_told(loudness, waveform: np.ndarray, rate_hz: int, told: str) -> None:
    with pytest.raises(AudioError, match=told):
        Tagger(loudness).tag(waveform, rate_hz)


def test_wrong_choices_are_told(loudness) -> None:
    with pytest.raises(ConfigError, match="no head 'verb'"):
        Tagger(loudness, head="verb")
    with pytest.raises(ConfigError, match="hop"):
        Tagger(loudness, hop_s=-1.0)
    with pytest.raises(ConfigError, match="minimum level"):
        Tagger(loudness, min_level_dbfs=float("nan"))


def test_scores_that_are_no_numbers_are_an_error(loudness) -> None:
    loudness.run = lambda _: {"class": np.array([np.nan, 0.0], np.float32)}
    with pytest.raises(RuntimeFailureError, match="not finite"):
        Tagger(loudness).tag(loud_then_faint(), RATE_HZ)


def test_it_closes_its_model(loudness) -> None:
    with Tagger(loudness):
        pass
    assert loudness.closed


def test_works_without_torch(real_sounds: list[Path]) -> None:
    program = (
        "import sys\n"
        "for name in ('torch', 'lightning', 'safetensors', 'litert_torch', 'mediapipe'):\n"
        "    sys.modules[name] = None\n"
        "import datar_edge\n"
        f"print(datar_edge.load().tag_file({str(next(iter(real_sounds)))!r})[0].best.label)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip()
