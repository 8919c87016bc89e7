from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from datar_edge.errors import AudioError
from datar_edge.explain.departure import departure
from datar_edge.explain.envelope import Envelope
from datar_edge.explain.scores import held_scores, held_spans
from datar_edge.explain.sound import hear
from datar_edge.runtime.scorer import WindowScores
from datar_edge.tagger import Tagger

RATE_HZ = 8_000
Write = Callable[..., Path]


@pytest.fixture
def steps() -> NDArray[np.float32]:
    """One second at 8 kHz whose loudness changes every 0.1 s; the seventh tenth is the loudest."""
    peaks = (0.1, 0.2, 0.3, 0.2, 0.5, 0.4, 0.9, 0.1, 0.6, 0.2)
    signs = np.where(np.arange(800) % 2, -1.0, 1.0)
    return np.concatenate([peak * signs for peak in peaks]).astype(np.float32)


def test_windows_and_scores_are_those_of_tag(
    steps: NDArray[np.float32], write_sound: Write, make_toy_session: Any
) -> None:
    path = write_sound("steps.wav", steps[:7_700], rate_hz=RATE_HZ, subtype="FLOAT")
    session = make_toy_session()
    heard = hear(path, [session], head="level")
    tagger = Tagger(make_toy_session())
    wanted = tagger.tag_file(path, merge=False)
    assert len(heard.scores[0]) == len(wanted)
    for window, segment in zip(heard.scores[0], wanted, strict=True):
        assert (window.start_s, window.end_s) == (segment.start_s, segment.end_s)
        tags = {tag.label: tag.score for tag in segment.tags}
        assert window.scores is not None
        assert window.scores["level"].tolist() == pytest.approx([tags["loud"], tags["low"]])
    assert heard.duration_s == pytest.approx(7_700 / RATE_HZ)


def test_the_window_with_the_highest_score_is_looked_into(
    steps: NDArray[np.float32], write_sound: Write, make_toy_session: Any
) -> None:
    path = write_sound("steps.wav", steps, rate_hz=RATE_HZ, subtype="FLOAT")
    session = make_toy_session(hop_s=0.1)
    heard = hear(path, [session], head="level")
    highest = max(float(each.scores["level"].max()) for each in heard.scores[0] if each.scores)
    assert float(session.run(heard.shown.samples[None])["level"].max()) == highest
    assert heard.departing is None


@pytest.mark.parametrize("start_s", [0.0, 0.33, 0.6, 0.95])
def test_a_window_can_be_named_by_its_start(
    start_s: float, steps: NDArray[np.float32], write_sound: Write, make_toy_session: Any
) -> None:
    path = write_sound("steps.wav", steps, rate_hz=RATE_HZ, subtype="FLOAT")
    heard = hear(path, [make_toy_session()], head="level", start_s=start_s)
    first = round(start_s * RATE_HZ)
    sound = steps[first : first + 800]
    assert (heard.shown.start, heard.shown.valid) == (first, len(sound))
    assert np.array_equal(heard.shown.samples, np.pad(sound, (0, 800 - len(sound))))


def test_a_named_window_is_the_stream_s_own_after_resampling(
    noise: Callable[..., NDArray[np.float32]], write_sound: Write, make_toy_session: Any
) -> None:
    path = write_sound("noise.wav", noise(12.0, rate_hz=44_100), rate_hz=44_100)
    session = make_toy_session(hop_s=0.1)
    heard = hear(path, [session], head="level", start_s=9.0)
    [same] = [each for each in heard.scores[0] if each.start_s == 9.0]
    assert same.scores is not None
    assert session.run(heard.shown.samples[None])["level"].tolist() == same.scores["level"].tolist()


@pytest.mark.parametrize("start_s", [-0.1, 1.0, 7.0, float("nan")])
def test_a_start_outside_the_sound_is_refused(
    start_s: float, steps: NDArray[np.float32], write_sound: Write, make_toy_session: Any
) -> None:
    path = write_sound("steps.wav", steps, rate_hz=RATE_HZ)
    with pytest.raises(AudioError, match="has no sound at"):
        hear(path, [make_toy_session()], head="level", start_s=start_s)


def test_silence_has_no_scores_and_its_first_window_is_looked_into(
    write_sound: Write, make_toy_session: Any
) -> None:
    path = write_sound("silence.wav", np.zeros(4_000), rate_hz=RATE_HZ)
    heard = hear(path, [make_toy_session()] * 2, head="level")
    assert {each.scores for each in heard.scores[0]} == {None}
    assert (heard.shown.start, heard.departing) == (0, None)
    assert departure(*heard.scores, "level") is None


def window(start_s: float, end_s: float, scores: list[float] | None) -> WindowScores:
    given = None if scores is None else {"level": np.array(scores, np.float32)}
    return WindowScores(start_s=start_s, end_s=end_s, padded_s=0.0, level_dbfs=-9.0, scores=given)


def test_where_two_models_part_most() -> None:
    floats = [window(0, 2, [0.9, 0.1]), window(1, 3, None), window(2, 4, [0.6, 0.4])]
    files = [window(0, 2, [0.8, 0.2]), window(1, 3, None), window(2, 4, [0.3, 0.7])]
    found = departure(floats, files, "level")
    assert found is not None
    assert (found.window, found.label) == (2, 0)
    assert (found.float_score, found.file_score) == pytest.approx((0.6, 0.3))
    assert found.largest == pytest.approx(-0.3)
    assert found.same_best == 0.5
    assert np.isnan(found.differences[1]).all()


def test_the_second_model_s_furthest_window_is_kept(
    steps: NDArray[np.float32], write_sound: Write, make_toy_session: Any
) -> None:
    path = write_sound("steps.wav", steps, rate_hz=RATE_HZ, subtype="FLOAT")
    session, other = make_toy_session(hop_s=0.1), make_toy_session(hop_s=0.1)
    run = other.run

    def drifting(waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        scores = run(waveform)
        return {**scores, "level": scores["level"] * (0.5 if abs(waveform).max() > 0.55 else 0.99)}

    other.run = drifting
    heard = hear(path, [session, other], head="level")
    found = departure(*heard.scores, "level")
    assert found is not None
    assert heard.departing is not None
    assert heard.departing.start == round(heard.scores[0][found.window].start_s * RATE_HZ)


def test_scores_hold_up_to_the_middle_of_what_windows_share() -> None:
    windows = [window(0, 2, [0.9]), window(1, 3, [0.5]), window(2, 3.5, None), window(9, 11, [0.1])]
    assert held_spans(windows) == [(0, 1.5), (1.5, 2.5), (2.5, 3.5), (9, 11)]
    seconds, values = held_scores(windows, "level", 0)
    known = ~np.isnan(values)
    assert seconds[known].tolist() == [0, 1.5, 1.5, 2.5, 9, 11]
    assert values[known].tolist() == pytest.approx([0.9, 0.9, 0.5, 0.5, 0.1, 0.1])
    assert held_spans([]) == []


@pytest.mark.parametrize("block", [1, 7, 800, 8_000])
def test_an_envelope_holds_every_extreme(block: int, steps: NDArray[np.float32]) -> None:
    envelope = Envelope(RATE_HZ)
    sound = steps[:7_993]
    for first in range(0, len(sound), block):
        envelope.add(sound[first : first + block])
    seconds, low, high = envelope.bounds(50)
    assert envelope.samples == len(sound)
    assert len(seconds) <= 50
    assert (low.min(), high.max()) == (sound.min(), sound.max())
    for at, (start_s, least, most) in enumerate(zip(seconds, low, high, strict=True)):
        end_s = seconds[at + 1] if at + 1 < len(seconds) else len(sound) / RATE_HZ
        part = sound[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
        assert (least, most) == (part.min(), part.max())
