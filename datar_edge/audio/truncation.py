"""Finding sound files that were cut off: a copy broken off, a recorder without power.

libsndfile opens most of them without a word and gives what is there.
"""

from __future__ import annotations

import re
from pathlib import Path

_CHUNK_TOO_LONG = re.compile(
    r"^\s*(?:data|SSND|Data Size|riff|Riff size)\s*:\s*(\d+) \(should be (\d+)\)", re.MULTILINE
)
"""How libsndfile's log tells that a chunk of sound says more bytes than the file holds.

`riff` and `Riff size` are those of W64 and RF64; a plain WAV's `RIFF` is often wrong in whole
files.
"""

_UNKNOWN_LENGTH_BYTES = 0x7FFF_0000
"""Programs that write WAV into a pipe do not know its length and put 2 GiB or 4 GiB less a bit."""

_OGG_LARGEST_PAGE_BYTES = 65_307
_OGG_HEADER_BYTES = 27
_OGG_END_OF_STREAM = 0x04


def promised_share(log: str) -> float:
    """How many times as long as the file its header says the sound is.

    Args:
        log: libsndfile's log of opening the file (`SoundFile.extra_info`).

    Returns:
        1.0 for a whole file and for a header that does not say.
    """
    match = _CHUNK_TOO_LONG.search(log)
    if match is None:
        return 1.0
    promised, present = int(match[1]), int(match[2])
    if promised >= _UNKNOWN_LENGTH_BYTES or promised <= present:
        return 1.0
    return promised / max(present, 1)


def ogg_is_cut_off(path: Path) -> bool:
    """Whether the last page of an Ogg file is incomplete or not marked as the last."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _OGG_LARGEST_PAGE_BYTES))
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < _OGG_HEADER_BYTES or not page.startswith(b"OggS"):
        return True
    segments = page[26]
    body = sum(page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + segments])
    whole = _OGG_HEADER_BYTES + segments + body
    return not page[5] & _OGG_END_OF_STREAM or len(page) < whole
