"""Listening: a source, the windows in it, their scores and events, in threads of their own."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator

from datar_edge.audio.windows import MAX_HOP_S
from datar_edge.closing import Closing
from datar_edge.errors import ConfigError
from datar_edge.listen.detector import Detector
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.events import EventTracker
from datar_edge.listen.health import Health, HealthMeter
from datar_edge.listen.history import History
from datar_edge.listen.messages import Message
from datar_edge.listen.sources.source import Gap, Heard, Remark, Source
from datar_edge.listen.stream import Stream
from datar_edge.listen.wall_clock import WallClock
from datar_edge.runtime.scorer import WindowScorer
from datar_edge.runtime.tags import TagChooser

HISTORY_S = 30.0
"""Sound that is kept for recordings of events, unless it is said otherwise."""

_WAITING_MESSAGES = 256
"""A reader that is further behind holds the model up, and sound is skipped."""

_POLL_S = 0.2


class Listener(Closing):
    """Listens to a source, once: iterate over it for the messages; a context manager.

    A live source is taken and scored in threads of their own, the newest sound first, so that
    neither a slow model nor a slow reader makes the delay grow. Any other source is taken as the
    reader asks for messages, and nothing of it is skipped.

    The messages: `Status` first and last, between them `Scores` of each window, and the events
    that it starts and ends. Events that are open at the end are ended, also where source or model
    fail; what they raised is raised behind the last message.

    Args:
        source: where the sound comes from; closed with the listener.
        sample_rate_hz: that the model expects.
        scorer: fresh, of that model.
        chooser: which tags `Scores` show.
        config: what makes an event.
        history_s: seconds of sound that are kept for recordings.

    Attributes:
        history: the last seconds of what was heard.
        wall_clock: tells the time of day of a moment in the sound.

    Raises:
        ConfigError: `history_s` is out of its range.
    """

    def __init__(
        self,
        source: Source,
        *,
        sample_rate_hz: int,
        scorer: WindowScorer,
        chooser: TagChooser,
        config: EventConfig,
        history_s: float = HISTORY_S,
    ) -> None:
        if not 0.0 <= history_s <= MAX_HOP_S:
            raise ConfigError(
                f"the history is {history_s!r} s", fix=f"Allowed: 0 to {MAX_HOP_S:g} s."
            )
        self.history = History(seconds=history_s, sample_rate_hz=sample_rate_hz)
        self.wall_clock = WallClock(live=source.live)
        self._source = source
        self._rate_hz = sample_rate_hz
        self._stream = Stream(window=scorer.window, hop=scorer.hop, newest_wins=source.live)
        self._detector = Detector(
            self._stream,
            scorer=scorer,
            chooser=chooser,
            tracker=EventTracker(chooser, config),
            sample_rate_hz=sample_rate_hz,
        )
        self._meter = HealthMeter()
        self._failures: list[Exception] = []
        self._broken = False
        self._messages: queue.Queue[Message | None] = queue.Queue(_WAITING_MESSAGES)
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []

    def __iter__(self) -> Iterator[Message]:
        """The messages, as they come; the source is closed behind the last one."""
        try:
            yield from self._from_threads() if self._source.live else self._in_step()
        finally:
            self.close()
        if self._failures:
            raise self._failures[0]

    def health(self) -> Health:
        """How it goes at the moment; from any thread."""
        return self._meter.snapshot(
            source=self._source.name,
            time_s=self._stream.position / self._rate_hz,
            dropped_s=self._stream.missing / self._rate_hz,
            windows=self._detector.windows,
            inference_ms=self._detector.inference_ms,
        )

    def reconfigure(self, config: EventConfig) -> None:
        """Takes other thresholds and times from the next window on; from any thread."""
        self._detector.reconfigure(config)

    def stop(self) -> None:
        """Ends the sound here: the last messages follow. From any thread or signal handler."""
        self._source.stop()

    def close(self) -> None:
        """Stops at once, waits for the threads, and closes the source."""
        self._closed.set()
        self._source.stop()
        for thread in self._threads:
            thread.join()
        self._source.close()

    def _in_step(self) -> Iterator[Message]:
        yield self._told(self._detector.begin())
        for heard in self._captured():
            for piece in self._stream.pieces(heard):
                self._take(piece)
                yield from self._detected(wait=False)
        self._stream.end()
        yield from self._detected(wait=False)
        yield from map(self._told, self._detector.finish())

    def _from_threads(self) -> Iterator[Message]:
        for job in (self._capture, self._detect):
            thread = threading.Thread(target=job, name=f"datar-edge {job.__name__}", daemon=True)
            self._threads.append(thread)
            thread.start()
        while (message := self._messages.get()) is not None:
            yield message

    def _capture(self) -> None:
        for heard in self._captured():
            self._take(heard)
        self._stream.end()

    def _detect(self) -> None:
        self._hand_over(self._told(self._detector.begin()))
        for message in self._detected(wait=True):
            self._hand_over(message)
        for message in self._detector.finish():
            self._hand_over(self._told(message))
        self._hand_over(None)

    def _captured(self) -> Iterator[Heard]:
        try:
            yield from self._source.blocks(self._rate_hz)
        except Exception as error:  # noqa: BLE001 (raised behind the last message)
            self._failures.append(error)

    def _detected(self, *, wait: bool) -> Iterator[Message]:
        if self._broken:
            return
        try:
            yield from map(self._told, self._detector.messages(wait=wait))
        except Exception as error:  # noqa: BLE001 (raised behind the last message)
            self._failures.append(error)
            self._broken = True
            self._source.stop()

    def _take(self, heard: Heard) -> None:
        lost = 0
        if isinstance(heard, Gap):
            lost = round(heard.lost_s * self._rate_hz)
            self.history.skip(lost)
        elif not isinstance(heard, Remark):
            self._meter.hear(heard)
            self.history.write(heard)
        self._stream.put(heard, lost=lost)
        self.wall_clock.hear(self._stream.position / self._rate_hz)

    def _told(self, message: Message) -> Message:
        self._meter.tell(message)
        return message

    def _hand_over(self, message: Message | None) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._messages.put(message, timeout=_POLL_S)
                return
