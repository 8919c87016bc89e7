"""Sound without a gap, the windows in it, and which of its samples no model has heard."""

from __future__ import annotations

from datar_edge.audio.windows import WindowGrid


class Stretch:
    """A sound of its own: its windows are those that a file of it would have.

    Positions count the samples that have come in, lost ones left out.

    Args:
        window: samples of one window.
        hop: samples from one window's start to the next's.
        start: position of its first sample.
        lost: samples that were lost before it.
    """

    def __init__(self, *, window: int, hop: int, start: int, lost: int) -> None:
        self.lost = lost
        self.end: int | None = None
        """Where it ends; None as long as it goes on."""
        self._grid = WindowGrid(window=window, hop=hop, start=start)
        self._accounted = start

    def due(self, newest: int) -> tuple[int, int] | None:
        """Start and end of the next window that the sound up to `newest` holds."""
        grid, end = self._grid, newest if self.end is None else self.end
        if grid.next_end <= end:
            return grid.next_start, grid.next_end
        if self.end is not None and grid.has_rest(end):
            return grid.next_start, end
        return None

    def take(self, end: int) -> None:
        """The next window, which ends at `end`, is handed to the model."""
        self._accounted = end
        self._advance(end)

    def skip(self, end: int) -> int:
        """The next window is not handed to the model.

        Returns:
            How many samples no window will hold because of that, as far as it is known: the next
            window may hold the others.
        """
        start = self._grid.next_start
        certain = min(end, start + self._grid.hop)
        skipped = max(0, certain - max(self._accounted, start))
        self._accounted = max(self._accounted, certain)
        self._advance(end)
        return skipped

    def close(self) -> int:
        """Samples at its end that no window holds because the last ones were skipped."""
        return max(0, self._grid.covered - self._accounted)

    def _advance(self, end: int) -> None:
        if end == self._grid.next_end:
            self._grid.advance()
        else:
            self._grid.covered = end
