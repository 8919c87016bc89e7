"""What makes an event of scores: thresholds and times, for all labels or for some."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from datar_edge.card import ModelCard
from datar_edge.errors import ConfigError

STOP_SHARE = 0.6
"""The stop threshold as a share of the start threshold, unless it is given."""

CONFIRMATION_SHARE = 0.5
"""The confirmation as a share of the model's window, unless it is given."""

MAX_S = 3_600.0
"""The longest time that an `EventConfig` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConfig:
    """When a label counts as heard; `docs/events.md` says exactly how.

    Attributes:
        start_threshold: smoothed score that begins an event, above 0 to 1.
        stop_threshold: smoothed score below which it ends, above 0 to the start threshold; None
            for `STOP_SHARE` of that.
        smoothing_s: time constant of the exponential smoothing of scores; 0 for none.
        confirmation_s: how long the score must stay at the start threshold or above it.
        min_duration_s: how long an event must last, margins left out.
        release_s: how long the score must stay below the stop threshold.
        margin_before_s: how much earlier an event is told to start than it was heard.
        margin_after_s: how much later it is told to end.
        cooldown_s: how long after an event's end the same label cannot begin again.
        labels: what holds for single labels in place of all this.

    Raises:
        ConfigError: a value is out of its range, or stop is above start.
    """

    start_threshold: float = 0.5
    stop_threshold: float | None = None
    smoothing_s: float = 0.0
    confirmation_s: float = 0.0
    min_duration_s: float = 0.0
    release_s: float = 0.0
    margin_before_s: float = 0.0
    margin_after_s: float = 0.0
    cooldown_s: float = 0.0
    labels: Mapping[str, EventConfig] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_threshold("start_threshold", self.start_threshold)
        if self.stop_threshold is not None:
            _check_threshold("stop_threshold", self.stop_threshold)
            if self.stop_threshold > self.start_threshold:
                raise ConfigError(
                    f"stop_threshold {self.stop_threshold:g} is above start_threshold "
                    f"{self.start_threshold:g}",
                    fix="Lower the one or raise the other.",
                )
        for name in TIMES:
            seconds = getattr(self, name)
            if not (math.isfinite(seconds) and 0.0 <= seconds <= MAX_S):
                raise ConfigError(f"{name} is {seconds!r}", fix=f"Allowed: 0 to {MAX_S:g} seconds.")

    @property
    def stop_below(self) -> float:
        """The stop threshold, also where none is given."""
        if self.stop_threshold is None:
            return STOP_SHARE * self.start_threshold
        return self.stop_threshold

    def of(self, label: str) -> EventConfig:
        """What holds for a label."""
        return self.labels.get(label, self)

    @classmethod
    def of_card(cls, card: ModelCard) -> EventConfig:
        """The defaults for a model: its own threshold, held for half a window.

        A sound is in the windows of a whole window's length, so that half of those in which it
        can be heard must agree.

        Raises:
            ConfigError: the card's threshold is 0, which every score reaches.
        """
        return cls(
            start_threshold=card.threshold, confirmation_s=CONFIRMATION_SHARE * card.window_s
        )


TIMES = (
    "smoothing_s",
    "confirmation_s",
    "min_duration_s",
    "release_s",
    "margin_before_s",
    "margin_after_s",
    "cooldown_s",
)
"""The fields of `EventConfig` that are seconds."""

FIELDS = ("start_threshold", "stop_threshold", *TIMES)
"""The fields of `EventConfig` that are numbers."""


def _check_threshold(name: str, value: float) -> None:
    if not 0.0 < value <= 1.0:
        raise ConfigError(f"{name} is {value!r}", fix="Allowed: above 0 to 1.")
