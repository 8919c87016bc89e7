"""A zip whose stored entries begin at multiples of a memory page, and stay there when it is signed.

Android maps what is stored from the archive itself, and phones have pages of 4 or 16 KB. apksigner
moves entries, and keeps an alignment only where the entry's extra field 0xd935 asks for it.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

PAGE_BYTES = 16_384
TIME = (1980, 1, 1, 0, 0, 0)
_ALIGNMENT_FIELD = 0xD935
_HEADER = struct.Struct("<HHH")  # identifier, bytes that follow, alignment
_LOCAL_HEADER_BYTES = 30


def write(path: Path, entries: Mapping[str, bytes], *, stored: Callable[[str], bool]) -> None:
    """Writes an archive, the same for the same entries.

    Args:
        path: of the archive.
        entries: content by name.
        stored: says of a name whether its entry is stored and aligned; others are packed.
    """
    with path.open("wb") as file, zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name, TIME)
            info.external_attr = 0o644 << 16
            if stored(name):
                info.extra = _padding(file.tell() + _LOCAL_HEADER_BYTES + len(name.encode()))
                archive.writestr(info, content, zipfile.ZIP_STORED)
            else:
                archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=9)


def _padding(content_at: int) -> bytes:
    """The extra field that moves content from that place to the next page."""
    zeros = -(content_at + _HEADER.size) % PAGE_BYTES
    return _HEADER.pack(_ALIGNMENT_FIELD, 2 + zeros, PAGE_BYTES) + bytes(zeros)


def misaligned(path: Path) -> list[str]:
    """Names of stored entries that do not begin at a page."""
    wrong = []
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.compress_type != zipfile.ZIP_STORED or info.is_dir():
                continue
            file.seek(info.header_offset + 26)
            name_bytes, extra_bytes = struct.unpack("<HH", file.read(4))
            at = info.header_offset + _LOCAL_HEADER_BYTES + name_bytes + extra_bytes
            if at % PAGE_BYTES:
                wrong.append(info.filename)
    return wrong
