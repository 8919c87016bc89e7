"""Messages that must reach another machine: a thread of their own, a queue, patience."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from datar_edge.listen.outputs.trouble import Tell

Item = TypeVar("Item")

QUEUE_BOUND = 10_000
"""Messages that wait at most; where more come, the oldest of them are dropped."""
PATIENCE_S = 5.0
"""How long closing waits for what is still to be delivered."""
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 60.0


class UndeliveredError(Exception):
    """It did not arrive, but may when tried again."""


class RefusedError(Exception):
    """It arrived and was refused; trying again is of no use."""


class Delivery(Generic[Item]):
    """Delivers items in their order, each until it has arrived, in a thread of its own.

    Between attempts the wait doubles, from 1 to 60 seconds. What waits, what is dropped and what is
    refused is told once, and again when items arrive.

    Args:
        send: delivers one; blocks as long as it takes, but for `stopping`.
        name: of where they go.
        tell: takes the lines on how it goes; called from several threads.
        bound: items that wait at most.
        first_wait_s: wait after a first failed attempt.
    """

    def __init__(
        self,
        send: Callable[[Item], None],
        *,
        name: str,
        tell: Tell,
        bound: int = QUEUE_BOUND,
        first_wait_s: float = _FIRST_WAIT_S,
    ) -> None:
        self._send = send
        self._name = name
        self._tell = tell
        self._bound = bound
        self._first_wait_s = first_wait_s
        self._waiting: deque[Item] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._hurry = False
        self._away = False
        self._refusing = False
        self._dropped = 0
        self._in_hand = 0
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many items wait, without the one that is being sent."""
        return len(self._waiting)

    def put(self, item: Item) -> None:
        """Takes an item; never blocks."""
        with self._changed:
            full = len(self._waiting) >= self._bound
            if full:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(item)
            self._changed.notify_all()
            first_dropped = full and self._dropped == 1
        if first_dropped:
            self._tell(f"{self._name}: {self._bound} messages wait, the oldest are dropped")

    def retry_now(self) -> None:
        """Ends a wait between attempts: there is reason to believe that the next will do."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()

    def tell_away(self, reason: str) -> None:
        """Tells why nothing arrives, where that was not told yet; called from any thread."""
        with self._changed:
            was_away, self._away = self._away, True
        if not was_away:
            self._tell(f"{self._name}: {reason}; up to {self._bound} messages are kept for it")

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Delivers what waits and ends the thread.

        It gives up after the given time, and where an attempt fails.
        """
        with self._changed:
            self._closing = self._hurry = True
            self._changed.notify_all()
        self._thread.join(patience_s)
        was_stopped = self.stopping.is_set()
        self.stopping.set()
        self._thread.join(1.0)
        left = len(self._waiting) + self._in_hand
        if left and not was_stopped:
            self._tell(f"{self._name}: {left} messages were not delivered")

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting or self.stopping.is_set():
                    return
                item = self._waiting.popleft()
                self._in_hand = 1
            if not self._delivered(item):
                return
            self._in_hand = 0

    def _delivered(self, item: Item) -> bool:
        """Delivers an item, or finds it refused; False where closing ended that."""
        wait_s = self._first_wait_s
        while not self.stopping.is_set():
            if self._attempt(item):
                return True
            if self._closing and not self._hurry:
                return False
            self._wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        return False

    def _attempt(self, item: Item) -> bool:
        try:
            self._send(item)
        except UndeliveredError as error:
            self.tell_away(str(error))
            return False
        except RefusedError as error:
            self._tell_refused(str(error))
        except Exception as error:  # noqa: BLE001 (a fault of ours must not end the thread)
            self._tell_refused(f"{type(error).__name__}: {error}")
        else:
            self._tell_arrived()
        return True

    def _wait(self, wait_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._hurry, wait_s)
            self._hurry = False

    def _tell_refused(self, reason: str) -> None:
        if not self._refusing:
            self._tell(f"{self._name}: refused a message: {reason}")
        self._refusing = True

    def _tell_arrived(self) -> None:
        with self._changed:
            was_away, self._away = self._away, False
            dropped = 0 if self._waiting else self._dropped
            self._dropped -= dropped
        self._refusing = False
        if was_away:
            self._tell(f"{self._name}: reached again")
        if dropped:
            self._tell(f"{self._name}: caught up; {dropped} messages were dropped")
