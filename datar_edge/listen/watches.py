"""What is worth a word while listening goes on: nothing but zeros, a model that falls behind."""

from __future__ import annotations

_ZEROS_S = 5.0
_KEPT_UP_S = 60.0


class ZerosWatch:
    """Notices a microphone that is muted: its samples are all zero, which no room is."""

    def __init__(self) -> None:
        self._since_s: float | None = None
        self._told = False

    def update(self, level_dbfs: float, start_s: float, end_s: float) -> str:
        """Takes the level of the next window; gives what is new to say, or nothing."""
        if level_dbfs > float("-inf"):
            told, self._told, self._since_s = self._told, False, None
            return "hears sound again" if told else ""
        if self._since_s is None:
            self._since_s = start_s
        if self._told or end_s - self._since_s < _ZEROS_S:
            return ""
        self._told = True
        return "hears only zeros: is the microphone muted?"


class DelayWatch:
    """Notices that the model is too slow, once, and that it has kept up for a minute again."""

    def __init__(self) -> None:
        self._skipped_s = 0.0
        self._last_s: float | None = None

    def update(self, skipped_s: float, end_s: float) -> str:
        """Takes the seconds that were skipped so far; gives what is new to say, or nothing."""
        if skipped_s > self._skipped_s:
            told, self._last_s, self._skipped_s = self._last_s is not None, end_s, skipped_s
            return "" if told else "sound comes faster than the model takes it: some is skipped"
        if self._last_s is not None and end_s - self._last_s >= _KEPT_UP_S:
            self._last_s = None
            return "the model keeps up again"
        return ""
