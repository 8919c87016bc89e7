"""From windows of sound to everything there is to say of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from datar_edge.audio.windows import Window
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.events import EventTracker
from datar_edge.listen.messages import Message, Scores, State, Status
from datar_edge.listen.sources.source import Gap
from datar_edge.listen.stream import Stream, Told
from datar_edge.listen.watches import DelayWatch, ZerosWatch
from datar_edge.runtime.scorer import WindowScorer, WindowScores
from datar_edge.runtime.tags import TagChooser


class Detector:
    """Scores windows and follows the events in them; of one thread, but for `reconfigure`.

    Args:
        stream: where the windows come from.
        scorer: of the model.
        chooser: which tags `Scores` show.
        tracker: fresh; finds the events.
        sample_rate_hz: of the windows.

    Attributes:
        windows: scored so far.
        inference_ms: what the last window took to score, 0 before the first.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        scorer: WindowScorer,
        chooser: TagChooser,
        tracker: EventTracker,
        sample_rate_hz: int,
    ) -> None:
        self.windows = 0
        self.inference_ms = 0.0
        self._stream = stream
        self._scorer = scorer
        self._chooser = chooser
        self._tracker = tracker
        self._rate_hz = sample_rate_hz
        self._zeros = ZerosWatch()
        self._delay = DelayWatch()
        self._heard_until_s = 0.0
        self._tracking = threading.Lock()

    def reconfigure(self, config: EventConfig) -> None:
        """Other thresholds and times from the next window on; from any thread."""
        with self._tracking:
            self._tracker.reconfigure(config)

    def begin(self) -> Status:
        """The first message."""
        return self._status("listening", 0.0)

    def messages(self, *, wait: bool) -> Iterator[Message]:
        """What is to be said of all that is due.

        Args:
            wait: for more, until the sound ends.

        Raises:
            RuntimeFailureError: the model failed or gave scores that are not finite.
        """
        while (due := self._stream.take(wait=wait)) is not None:
            yield from self._window(due) if isinstance(due, Window) else self._told(due)

    def finish(self) -> Iterator[Message]:
        """The last messages: every event that is open ends."""
        with self._tracking:
            ended = list(self._tracker.finish())
        yield from ended
        yield self._status("stopped", self._heard_until_s)

    def _window(self, window: Window) -> Iterator[Message]:
        begun_s = time.perf_counter()
        scored = self._scorer.score(window)
        self.inference_ms = 1_000.0 * (time.perf_counter() - begun_s)
        self.windows += 1
        self._heard_until_s = scored.end_s
        yield self._scores(scored)
        with self._tracking:
            events = list(self._tracker.update(scored))
        yield from events
        for reason in (
            self._zeros.update(scored.level_dbfs, scored.start_s, scored.end_s),
            self._delay.update(self._stream.skipped / self._rate_hz, scored.end_s),
        ):
            if reason:
                yield self._status("listening", scored.end_s, reason)

    def _told(self, told: Told) -> Iterator[Message]:
        time_s = told.position / self._rate_hz
        if not isinstance(told.what, Gap):
            yield self._status("listening", time_s, told.what.reason)
            return
        self._heard_until_s = time_s
        with self._tracking:
            ended = list(self._tracker.gap(time_s))
        yield from ended
        yield self._status(told.what.state, time_s, told.what.reason)

    def _scores(self, window: WindowScores) -> Scores:
        tags = self._chooser.best(window.scores[self._chooser.head]) if window.scores else ()
        return Scores(start_s=window.start_s, end_s=window.end_s, tags=tags)

    def _status(self, state: State, time_s: float, reason: str = "") -> Status:
        return Status(
            state=state,
            time_s=time_s,
            dropped_s=self._stream.missing / self._rate_hz,
            windows=self.windows,
            reason=reason,
        )
