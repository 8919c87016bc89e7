"""Writes what windows make of events, so that another implementation can be held to it.

    python tools/event_vectors.py

Each case of android_demo/testdata/events.json has labels, a configuration and steps; a step has
what is given (a window, a gap, another configuration, the end) and what must be told then, in
order. Scores are in the order of the labels, float32; null is a window that is silence. All else is
float64. Times and scores may differ by 1e-6. `docs/events.md` has the rules.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.listen.event_config import TIMES, EventConfig
from datar_edge.listen.events import EventTracker
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.runtime.scorer import WindowScores
from datar_edge.runtime.tags import TagChooser

OUTPUT = Path(__file__).parents[1] / "android_demo" / "testdata" / "events.json"
HEAD = "class"
RATE_HZ = 16_000
STEPS_OF_A_SCORE = 128  # so that float32 and the decimals of the file hold it exactly
HALF = EventConfig(start_threshold=0.5)
DEFAULT = EventConfig(start_threshold=0.7, confirmation_s=1.28)

Step = WindowScores | float | EventConfig | None
"""A window, until when sound is lost, another configuration, or the end of the sound."""


@dataclass(frozen=True)
class Case:
    """What one sound makes of one configuration.

    Attributes:
        name: what it shows.
        config: of the events.
        steps: what is given, in order.
        labels: of the scores.
    """

    name: str
    config: EventConfig
    steps: Sequence[Step]
    labels: tuple[str, ...] = ("Rain",)


def window(start_s: float, scores: Iterable[float] | None, *, valid_s: float = 2.0) -> WindowScores:
    """A window of 2 s, of which the first `valid_s` are sound."""
    return WindowScores(
        start_s=start_s,
        end_s=start_s + valid_s,
        padded_s=2.0 - valid_s,
        level_dbfs=-20.0,
        scores=None if scores is None else {HEAD: np.array([*scores], np.float32)},
    )


def row(*scores: float | None, hop_s: float = 1.0, start_s: float = 0.0) -> list[Step]:
    """Windows of one label, the first at `start_s`; None is silence. The sound ends behind them."""
    windows: list[Step] = [
        window(start_s + k * hop_s, None if score is None else [score])
        for k, score in enumerate(scores)
    ]
    return [*windows, None]


def named_cases() -> Iterator[Case]:
    """One rule each."""

    def with_(**values: Any) -> EventConfig:
        return dataclasses.replace(HALF, **values)

    one = (0.0, 0.5, 0.75, 0.5, 0.0, 0.0)
    yield Case("overlapping windows are one event", HALF, row(*one))
    yield Case("the end of the sound ends an event", HALF, row(0.0, 0.75, 0.75))
    yield Case("a sound of one window", HALF, row(0.75))
    yield Case("nothing reaches the threshold", HALF, row(0.25, 0.4375, 0.25))
    yield Case("a score of the threshold starts, one of the stop goes on", HALF, row(0.5, 0.375, 0))
    yield Case("stop threshold given", with_(stop_threshold=0.25), row(0.5, 0.25, 0.125, 0.5))
    yield Case("stop equals start", with_(stop_threshold=0.5), row(0.5, 0.4375, 0.5, 0.5))
    yield Case("silence ends an event", HALF, row(0.75, None, None, 0.75))
    yield Case("windows that do not touch", HALF, row(0.0, 0.75, 0.75, 0.0, hop_s=5.0))
    steps = row(*[0.0] * 4, *[1.0] * 8, *[0.0] * 8, hop_s=0.5)
    yield Case("smoothing", with_(smoothing_s=2.0), steps)
    yield Case("smoothing counts silence as zero", with_(smoothing_s=2.0), row(1, None, 0.75, 1, 1))
    yield Case("confirmed by the second window", with_(confirmation_s=1.25), row(0, 0.5, 0.75, 0))
    yield Case("not confirmed", with_(confirmation_s=1.25), row(0, 0.5, 0.375, 0.5, 0.0, 0.0))
    yield Case("confirmed when it is over", with_(confirmation_s=1.0), row(0.0, 0.5, 0.0, 0.0))
    short = window(0.0, [0.75], valid_s=0.5)
    yield Case("a padded window confirms", with_(confirmation_s=2.0), [short, None])
    yield Case("a padded window is too short", with_(min_duration_s=1.0), [short, None])
    yield Case("minimum duration", with_(min_duration_s=2.0), row(0, 0.5, 0, 0.5, 0.375, 0, 0.5))
    yield Case("release", with_(release_s=1.25), row(0.0, 0.5, 0.0, 0.375, 0.0, 0.0, 0.0, 0.5))
    margins = with_(margin_before_s=0.5, margin_after_s=0.75)
    yield Case("margins", margins, row(0.0, 0.0, 0.5, 0.0, 0.0, 0.0))
    wide = with_(margin_before_s=9.0, margin_after_s=9.0)
    yield Case("margins end with the sound", wide, row(0.0, 0.0, 0.5, 0.0, 0.0))
    yield Case("back within the margin", with_(margin_after_s=3.0), row(0.5, 0.0, 0.5, 0.0, 0.0))
    yield Case("margin up to the last event", with_(margin_before_s=9.0), row(0.5, 0, 0.5, 0))
    cool = with_(cooldown_s=3.25, margin_before_s=9.0)
    yield Case("cool-down", cool, row(0.5, 0.0, 0.5, 0.0, 0.5, 0.5, 0.5, 0.5))
    yield Case("lost sound", HALF, [*row(0.5, 0.5)[:-1], 10.0, *row(0.5, 0.0, start_s=10.0)])
    far_s = 8_000_000.0
    yield Case("after three months", DEFAULT, row(0, *[0.75] * 6, 0, hop_s=0.3, start_s=far_s))
    strict = EventConfig(start_threshold=0.875, stop_threshold=0.75)
    steps = [window(0, [0.75]), strict, window(1, [0.625]), window(2, [0.8125]), None]
    yield Case("another configuration while an event runs", HALF, steps)
    both = [window(k, pair) for k, pair in enumerate([(0.75, 0), (0.75, 1), (0, 1), (0, 0)])]
    pair = ("Rain", "Dog bark")
    yield Case("labels by themselves", HALF, [*both, None], pair)
    for_dog = with_(labels={"Dog bark": with_(start_threshold=0.9, min_duration_s=3.0)})
    yield Case("a label's own configuration", for_dog, [*both, None], pair)


def random_case(number: int) -> Case:
    """Two labels, uneven windows, silence, gaps, an end that is padded, any configuration."""
    random = np.random.default_rng(number)
    start = float(random.integers(40, 100)) / STEPS_OF_A_SCORE
    config = EventConfig(
        start_threshold=start,
        stop_threshold=[None, start / 2, start][random.integers(3)],
        **{name: float(random.choice([0.0, 0.0, 0.25, 0.5, 1.0, 1.28, 3.0])) for name in TIMES},
    )
    hop = int(random.choice([4_000, 4_800, 8_000, 16_000, 16_001, 40_000]))
    steps: list[Step] = []
    position, score = 0, np.zeros(2)
    for _ in range(14):
        score = np.clip(score + random.integers(-64, 65, 2), 0, STEPS_OF_A_SCORE)
        silent = random.random() < 0.1
        start_s = position / RATE_HZ
        steps.append(window(start_s, None if silent else score / STEPS_OF_A_SCORE))
        position += hop * (1 + 2 * (random.random() < 0.1))  # some are skipped
        if random.random() < 0.07:
            position += 32_000 + int(random.integers(0, 80_000))
            steps.append(position / RATE_HZ)
    last = window(position / RATE_HZ, score / STEPS_OF_A_SCORE, valid_s=1.75)
    return Case(f"random {number}", config, [*steps, last, None], ("Rain", "Dog bark"))


def written(case: Case) -> dict[str, Any]:
    """The case as JSON has it, with what the tracker tells at each step."""
    card = ModelCard(preset="vectors", heads={HEAD: case.labels}, fbank=FbankConfig())
    tracker = EventTracker(TagChooser(card), case.config)
    steps = [
        {**_given(step), "told": [_told(m) for m in _take(tracker, step)]} for step in case.steps
    ]
    return {
        "name": case.name,
        "labels": case.labels,
        "config": dataclasses.asdict(case.config),
        "steps": steps,
    }


def _take(tracker: EventTracker, step: Step) -> list[EventStart | EventEnd]:
    if isinstance(step, WindowScores):
        return list(tracker.update(step))
    if isinstance(step, EventConfig):
        tracker.reconfigure(step)
        return []
    return list(tracker.finish() if step is None else tracker.gap(step))


def _given(step: Step) -> dict[str, Any]:
    if isinstance(step, WindowScores):
        scores = None if step.scores is None else step.scores[HEAD].tolist()
        times = {"start_s": step.start_s, "end_s": step.end_s, "padded_s": step.padded_s}
        return {"window": {**times, "scores": scores}}
    if isinstance(step, EventConfig):
        return {"reconfigure": dataclasses.asdict(step)}
    return {"finish": True} if step is None else {"gap": {"until_s": step}}


def _told(message: EventStart | EventEnd) -> dict[str, Any]:
    kind = "event_start" if isinstance(message, EventStart) else "event_end"
    fields = {key: value for key, value in dataclasses.asdict(message).items() if key != "clip"}
    return {"type": kind, **{key: _rounded(value) for key, value in fields.items()}}


def _rounded(value: object) -> object:
    """Without the last digits, in which mathematical libraries differ."""
    return round(value, 9) if isinstance(value, float) else value


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=OUTPUT)
    output = parser.parse_args().output
    cases = [written(case) for case in [*named_cases(), *map(random_case, range(16))]]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(f'{{"cases":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{output}: {len(cases)} cases, {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
