"""Where sound comes from while listening."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import AudioReader
from datar_edge.closing import Closing

_BLOCK_S = 0.1


class Source(Protocol):
    """A sound that is heard from now on; a context manager that closes it.

    Seconds are counted in its samples: what was lost comes as zeros and is counted in `dropped_s`.
    """

    name: str

    @property
    def dropped_s(self) -> float:
        """Seconds of sound that were lost so far."""
        ...

    def blocks(self, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
        """The sound in mono float32 `[n]` at that rate, until it ends or `stop` is called.

        Raises:
            AudioError: a file is broken.
            DeviceError: a device was lost.
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


class FileSource(Closing):
    """A sound file, heard as if it were live.

    Args:
        path: the file.
        fast: as fast as it can be read, instead of in real time.

    Raises:
        AudioError: the file is missing, broken or no sound.
    """

    dropped_s = 0.0

    def __init__(self, path: str | os.PathLike[str], *, fast: bool = False) -> None:
        self._reader = AudioReader(path)
        self._fast = fast
        self._stopped = threading.Event()
        self.name = str(path)

    def blocks(self, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
        """See `Source.blocks`."""
        begun_s = time.monotonic()
        heard = 0
        step = round(_BLOCK_S * sample_rate_hz)
        for read in self._reader.blocks(sample_rate_hz):
            for block in np.split(read, range(step, len(read), step)):
                heard += len(block)
                if not self._fast:
                    due_s = begun_s + heard / sample_rate_hz
                    self._stopped.wait(max(0.0, due_s - time.monotonic()))
                if self._stopped.is_set():
                    return
                yield block

    def stop(self) -> None:
        """See `Source.stop`."""
        self._stopped.set()

    def close(self) -> None:
        """See `Source.close`."""
        self._reader.close()
