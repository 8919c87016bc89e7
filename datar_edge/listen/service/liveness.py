"""Whether listening is alive: sound arrives, windows are scored, and what is told is taken."""

from __future__ import annotations

import time

from datar_edge.listen.health import Health
from datar_edge.listen.messages import Message, Scores

_SLACK_S = 10.0


class Liveness:
    """Judges health; from any thread.

    Args:
        window_s: length of the model's window.
        hop_s: distance between windows: nothing is scored in between.
    """

    def __init__(self, *, window_s: float, hop_s: float) -> None:
        self.stale_after_s = _SLACK_S + 2.0 * (window_s + hop_s)
        self._window_at_s = time.monotonic()

    def saw(self, message: Message) -> None:
        """Whoever reads the messages has come to this one."""
        if isinstance(message, Scores):
            self._window_at_s = time.monotonic()

    def problem(self, health: Health) -> str:
        """What is wrong; empty where all is well."""
        if health.state == "stopped":
            return "stopped"
        if health.state == "device_lost":
            return f"the device {health.source} is lost"
        if health.sound_age_s > self.stale_after_s:
            return f"no sound for {health.sound_age_s:.0f} s"
        silent_s = time.monotonic() - self._window_at_s
        if silent_s > self.stale_after_s:
            return f"no window scored and told for {silent_s:.0f} s"
        return ""

    def is_stuck(self, health: Health) -> bool:
        """Whether only a new process can help; a lost device is looked for by this one."""
        return health.state != "device_lost" and bool(self.problem(health))
