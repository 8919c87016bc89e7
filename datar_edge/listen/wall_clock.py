"""Which time of day a moment in the sound was."""

from __future__ import annotations

import time
from datetime import datetime

_STEP_S = 1.0
_SHARE = 0.01
"""How far one block of sound pulls the clock: blocks come with some jitter."""


class WallClock:
    """Follows the time of day beside a sound whose own clock drifts: minutes in a month.

    Args:
        live: sound is heard as it sounds. Otherwise it counts from the start of listening.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._offset_s = time.time()
        self._heard = False

    def hear(self, position_s: float) -> None:
        """The sound has just come to this second."""
        if not self._live:
            return
        offset_s = time.time() - position_s
        step_s = offset_s - self._offset_s
        if not self._heard or abs(step_s) > _STEP_S:
            self._offset_s = offset_s
        else:
            self._offset_s += _SHARE * step_s
        self._heard = True

    def __call__(self, seconds: float) -> datetime:
        """The local time of day, with its zone, of a second of the sound."""
        return datetime.fromtimestamp(self._offset_s + seconds).astimezone()
