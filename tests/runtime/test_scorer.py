from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.errors import ConfigError, RuntimeFailureError
from datar_edge.runtime.scorer import WindowScorer, WindowScores, change_s

SOUND = np.random.default_rng(11).uniform(-0.9, 0.9, 3_000).astype(np.float32)


@given(cuts=st.lists(st.integers(0, len(SOUND)), max_size=8))
def test_a_stream_scores_as_the_whole_sound_does(make_toy_session, cuts: list[int]) -> None:
    whole = list(WindowScorer(make_toy_session()).score_all([SOUND]))
    stream = list(WindowScorer(make_toy_session()).score_all(np.split(SOUND, sorted(cuts))))
    assert len(whole) == 7  # hop 400, window 800: starts 0 to 2,000 whole, 2,400 padded
    assert [each.start_s for each in stream] == [each.start_s for each in whole]
    for ours, theirs in zip(stream, whole, strict=True):
        for head, scores in theirs.scores.items():
            np.testing.assert_array_equal(ours.scores[head], scores)


def test_times_are_seconds_of_the_sound(toy_session) -> None:
    windows = list(WindowScorer(toy_session, hop_s=0.1).score_all([SOUND[:1_000]]))
    assert [(w.start_s, w.end_s, w.padded_s) for w in windows] == [
        (0.0, 0.1, 0.0),
        (0.1, 0.125, 0.075),
    ]


def test_the_model_hears_the_sound_itself(toy_session) -> None:
    list(WindowScorer(toy_session, hop_s=0.1).score_all([SOUND[:1_600]]))
    heard = np.concatenate([each[0] for each in toy_session.waveforms])
    np.testing.assert_array_equal(heard, SOUND[:1_600])


def test_silence_is_not_run(toy_session) -> None:
    quiet = SOUND[:800] * 1e-5  # -105 dBFS
    sound = np.concatenate([SOUND[:800], np.zeros(800, np.float32), quiet, SOUND[:800]])
    windows = list(WindowScorer(toy_session, hop_s=0.1).score_all([sound]))
    assert [each.scores is None for each in windows] == [False, True, True, False]
    assert len(toy_session.waveforms) == 2
    assert windows[1].level_dbfs == float("-inf")
    assert windows[2].level_dbfs == pytest.approx(windows[0].level_dbfs - 100.0, abs=0.01)


def test_the_level_of_silence_can_be_chosen(toy_session) -> None:
    quiet = SOUND[:800] * 1e-5
    scorer = WindowScorer(toy_session, min_level_dbfs=-120.0)
    assert [each.scores is None for each in scorer.score_all([quiet])] == [False]


@pytest.mark.parametrize("level", [0.1, -200.1, float("nan"), float("-inf")])
def test_a_level_out_of_its_range_is_refused(toy_session, level: float) -> None:
    with pytest.raises(ConfigError, match="the minimum level is"):
        WindowScorer(toy_session, min_level_dbfs=level)


def test_scores_that_are_no_numbers_are_refused(toy_session) -> None:
    scorer = WindowScorer(toy_session)
    loud = SOUND[:800].copy()
    loud[3] = np.nan  # gets here only past the checks of every source
    with pytest.raises(RuntimeFailureError, match=r"not finite for the window at 0\.00 s"):
        list(scorer.score_all([loud]))


def window(start_s: float, end_s: float) -> WindowScores:
    return WindowScores(start_s=start_s, end_s=end_s, padded_s=0.0, level_dbfs=0.0, scores=None)


@pytest.mark.parametrize(
    ("earlier", "later", "change"),
    [
        (window(0.0, 2.0), window(1.0, 3.0), (1.5, 1.5)),  # overlap
        (window(0.0, 2.0), window(2.0, 4.0), (2.0, 2.0)),  # back to back
        (window(0.0, 2.0), window(5.0, 7.0), (2.0, 5.0)),  # a gap
    ],
)
def test_when_one_thing_ends_and_the_next_begins(
    earlier: WindowScores, later: WindowScores, change: tuple[float, float]
) -> None:
    assert change_s(earlier, later) == change
