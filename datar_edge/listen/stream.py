"""From sound as it comes in to windows as they are due; the two ends may be two threads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from datar_edge.audio.ring import RingBuffer
from datar_edge.audio.windows import Window
from datar_edge.listen.sources.source import Gap, Heard, Remark
from datar_edge.listen.stretch import Stretch


@dataclass(frozen=True, slots=True)
class Told:
    """What a source said, and where in the sound.

    Attributes:
        what: a gap or a remark.
        position: samples from the start of listening, lost ones included.
    """

    what: Gap | Remark
    position: int


class Stream:
    """Cuts sound into windows by the rule of `audio.windows`, anew after each gap.

    Args:
        window: samples of one window.
        hop: samples from one window's start to the next's.
        newest_wins: a window is skipped when the sound holds a newer one, so that no sample is
            older than a window and a hop when the model gets it. Otherwise all that is due must be
            taken after each of the `pieces`.
    """

    def __init__(self, *, window: int, hop: int, newest_wins: bool) -> None:
        self._window = window
        self._hop = hop
        self._newest_wins = newest_wins
        self._ring = RingBuffer(window + min(window, hop))  # of sound only, without what was lost
        self._lost = 0
        self._skipped = 0
        self._told: deque[Told | None] = deque()
        self._stretches = deque([self._stretch()])
        self._remarks: deque[Told] = deque()
        self._changed = threading.Condition()

    @property
    def position(self) -> int:
        """Samples from the start of listening, lost ones included."""
        return self._ring.end + self._lost

    @property
    def missing(self) -> int:
        """Samples that were lost, or are in no window because the model was too slow."""
        return self._lost + self._skipped

    @property
    def skipped(self) -> int:
        """Samples that are in no window because the model was too slow."""
        return self._skipped

    def pieces(self, heard: Heard) -> Iterator[Heard]:
        """A block in pieces so short that none holds the ends of two windows."""
        step = min(self._window, self._hop)
        if isinstance(heard, np.ndarray) and len(heard) > step:
            yield from np.split(heard, range(step, len(heard), step))
        else:
            yield heard

    def put(self, heard: Heard, *, lost: int = 0) -> None:
        """Takes what a source gives.

        Args:
            heard: of the source.
            lost: samples that a gap stands for.
        """
        with self._changed:
            if isinstance(heard, Remark):
                self._remarks.append(Told(heard, self.position))
            elif isinstance(heard, Gap):
                self._stretches[-1].end = self._ring.end
                self._lost += lost
                self._told.append(Told(heard, self.position))
                self._stretches.append(self._stretch())
            else:
                self._ring.write(heard)
            self._changed.notify_all()

    def end(self) -> None:
        """The sound ends here."""
        with self._changed:
            self._stretches[-1].end = self._ring.end
            self._told.append(None)
            self._changed.notify_all()

    def take(self, *, wait: bool) -> Window | Told | None:
        """The next window, or what the source has said.

        Args:
            wait: until there is something; without it, None may mean "not yet".

        Returns:
            None at the end of the sound.
        """
        with self._changed:
            while (due := self._due()) is None and wait and self._stretches:
                self._changed.wait()
            return due

    def _stretch(self) -> Stretch:
        return Stretch(window=self._window, hop=self._hop, start=self._ring.end, lost=self._lost)

    def _due(self) -> Window | Told | None:
        if self._remarks:
            return self._remarks.popleft()
        while self._stretches:
            stretch = self._stretches[0]
            while (bounds := stretch.due(self._ring.end)) is not None:
                if not self._is_stale(*bounds):
                    return self._taken(stretch, *bounds)
                self._skipped += stretch.skip(bounds[1])
            if stretch.end is None:
                return None
            self._skipped += stretch.close()
            self._stretches.popleft()
            told = self._told.popleft()
            if told is not None:
                return told
        return None

    def _is_stale(self, start: int, end: int) -> bool:
        newer_is_there = self._ring.end - end >= self._hop
        return start < self._ring.begin or (self._newest_wins and newer_is_there)

    def _taken(self, stretch: Stretch, start: int, end: int) -> Window:
        stretch.take(end)
        sound = self._ring.copy(start, end - start)
        padded = np.pad(sound, (0, self._window - len(sound)))
        return Window(start + stretch.lost, padded, len(sound))
