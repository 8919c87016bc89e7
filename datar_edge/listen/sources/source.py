"""What is heard: the protocol of all sources, and what they tell beside sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from datar_edge.listen.messages import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The sound breaks off here: no window reaches across, and all events end.

    Attributes:
        lost_s: seconds from the last sample before it to the first one after it.
        state: what begins here.
        reason: why.
    """

    lost_s: float
    state: State = "listening"
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to say of the sound, which goes on.

    Attributes:
        reason: what it is, such as "hears only zeros".
    """

    reason: str


Heard: TypeAlias = "NDArray[np.float32] | Gap | Remark"
"""A block of mono float32 `[n]`, or what a source has to say."""


class Source(Protocol):
    """A sound that is heard from now on; a context manager that closes it.

    Attributes:
        name: of the device or file.
        live: sound comes in whether or not it is taken. What cannot be scored in time is then
            skipped; otherwise the source waits, and nothing is lost.
    """

    name: str
    live: bool

    @property
    def sample_rate_hz(self) -> int:
        """Rate at which the sound comes in."""
        ...

    def blocks(self, sample_rate_hz: int) -> Iterator[Heard]:
        """The sound in mono at that rate, until it ends or `stop` is called.

        Blocks of any length, in one thread. A sound that breaks off is told as a `Gap`; a device
        that is lost by one at once, and by another one when it is back.

        Raises:
            AudioError: a file or pipe holds no sound, or is broken.
        """
        ...

    def stop(self) -> None:
        """Ends `blocks` soon; may be called from a signal handler or another thread."""
        ...

    def close(self) -> None:
        """Gives file or device back."""
        ...

    def __enter__(self) -> Source: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
