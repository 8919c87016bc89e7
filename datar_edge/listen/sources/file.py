"""A sound file as a source."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import AudioReader
from datar_edge.closing import Closing

_BLOCK_S = 0.1


class FileSource(Closing):
    """A sound file, heard as if it were live.

    Args:
        path: the file.
        fast: as fast as it can be read, instead of in real time.

    Raises:
        AudioError: the file is missing, broken or no sound.
    """

    def __init__(self, path: str | os.PathLike[str], *, fast: bool = False) -> None:
        self.name = str(path)
        self.live = not fast
        self._reader = AudioReader(path)
        self._stopped = threading.Event()

    @property
    def sample_rate_hz(self) -> int:
        """See `Source`."""
        return self._reader.sample_rate_hz

    def blocks(self, sample_rate_hz: int) -> Iterator[NDArray[np.float32]]:
        """See `Source.blocks`."""
        begun_s = time.monotonic()
        heard = 0
        step = round(_BLOCK_S * sample_rate_hz)
        for read in self._reader.blocks(sample_rate_hz):
            for block in np.split(read, range(step, len(read), step)):
                heard += len(block)
                if self.live:  # only then: `stop` may interrupt the thread that does not wait
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
