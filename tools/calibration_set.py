"""Makes the recordings that ship for calibration and verification, from Debian packages.

    apt-get download gcompris-qt-data sonic-pi-samples
    dpkg-deb -x gcompris-qt-data_3.1-2_all.deb packages
    dpkg-deb -x sonic-pi-samples_3.2.2~repack-8_all.deb packages
    .venv/bin/python tools/calibration_set.py packages

They carry recordings under licences that let us pass them on: `calibration_sources.py`. Each is
mixed to mono at 16 kHz, and its loudest seconds are kept. The two sets share no recording: what an
export is verified on has not set its ranges. Running it again writes the same files.
"""

from __future__ import annotations

import argparse
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from calibration_sources import GCOMPRIS, SETS, Source
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.errors import DataError

BUNDLED = Path(__file__).parents[1] / "datar_edge" / "bundled"
RATE_HZ = 16_000
MOST_S = {"calibration": 5.0, "verification": 2.5}
"""Longest that is kept of each: for verification one window, as many recordings tell more."""
STEP_S = 0.01
_LINKS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "LAL-1.2": "https://artlibre.org/licence/lal/en/",
}
_DIRECTORY, _ZLIB, _ZSTD = 2, 1, 4
_NODE = struct.Struct(">IHII")
_NODE_BYTES = 22


def main() -> None:
    """Writes both sets with their notices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path, help="folder that the packages were unpacked to")
    unpacked = parser.parse_args().packages
    for name, sources in SETS.items():
        folder = BUNDLED / name
        folder.mkdir(parents=True, exist_ok=True)
        for source in sources:
            path = folder / source.name
            seconds = write(path, loudest(waveform(unpacked, source), MOST_S[name]))
            print(f"{path.relative_to(BUNDLED)}: {seconds:.2f} s, {path.stat().st_size:,} bytes")
        (folder / "NOTICE.md").write_text(notice(name, sources), encoding="utf-8")


def waveform(unpacked: Path, source: Source) -> NDArray[np.float32]:
    """The recording, mono at 16 kHz."""
    folder = unpacked / source.package.folder
    if source.package is not GCOMPRIS:
        return read_audio(folder / source.path, RATE_HZ)
    bundle = folder / f"{source.path.partition('/')[0]}.rcc"
    for inner, content in entries(bundle.read_bytes()):
        if inner.endswith(source.path):
            with tempfile.TemporaryDirectory() as extracted:
                path = Path(extracted) / Path(source.path).name
                path.write_bytes(content)
                return read_audio(path, RATE_HZ)
    raise DataError(
        f"{bundle} holds no {source.path}", fix=f"Take version {source.package.version}."
    )


def loudest(samples: NDArray[np.float32], most_s: float) -> NDArray[np.float32]:
    """The `most_s` seconds with the most energy, or all where it is shorter."""
    size, step = round(most_s * RATE_HZ), round(STEP_S * RATE_HZ)
    if len(samples) <= size:
        return samples
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    starts = np.arange(0, len(samples) - size + 1, step)
    start = int(starts[np.argmax(energy[starts + size] - energy[starts])])
    return samples[start : start + size]


def write(path: Path, samples: NDArray[np.float32]) -> float:
    """Writes Ogg Vorbis beside its place and renames it; gives its length in seconds."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    soundfile.write(partial, samples, RATE_HZ, format="OGG", subtype="VORBIS")
    content = bytearray(partial.read_bytes())
    partial.write_bytes(with_serial(content, zlib.crc32(path.name.encode())))
    partial.replace(path)
    return len(samples) / RATE_HZ


def with_serial(content: bytearray, serial: int) -> bytes:
    """An Ogg stream with that serial number, which libsndfile draws by chance."""
    start = 0
    while start < len(content):
        segments = content[start + 26]
        size = 27 + segments + sum(content[start + 27 : start + 27 + segments])
        struct.pack_into("<I", content, start + 14, serial)
        struct.pack_into("<I", content, start + 22, 0)
        struct.pack_into("<I", content, start + 22, _ogg_crc(content[start : start + size]))
        start += size
    return bytes(content)


def _ogg_crc(page: bytearray) -> int:
    """Ogg's checksum: polynomial 0x04c11db7, not reflected, begun at 0."""
    crc = 0
    for byte in page:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1) ^ (0x04C11DB7 if crc & 0x80000000 else 0)
        crc &= 0xFFFFFFFF
    return crc


def entries(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Files of a Qt resource bundle, with their paths in it."""
    magic, version, tree, data, names = struct.unpack_from(">4sIIII", content)
    if magic != b"qres" or version < 2:
        raise DataError(f"not a Qt resource bundle of version 2 or 3: {magic!r}, {version}")

    def walk(number: int, prefix: str) -> Iterator[tuple[str, bytes]]:
        name_at, flags, first, second = _NODE.unpack_from(content, tree + number * _NODE_BYTES)
        path = prefix
        if number:
            (length,) = struct.unpack_from(">H", content, names + name_at)
            begin = names + name_at + 6
            path = f"{prefix}/{content[begin : begin + 2 * length].decode('utf-16-be')}"
        if flags & _DIRECTORY:
            for child in range(second, second + first):
                yield from walk(child, path)
        elif not flags & _ZSTD:
            (size,) = struct.unpack_from(">I", content, data + second)
            packed = content[data + second + 4 : data + second + 4 + size]
            yield path, zlib.decompress(packed[4:]) if flags & _ZLIB else packed

    yield from walk(0, "")


def notice(name: str, sources: tuple[Source, ...]) -> str:
    """Where each recording of a set is from, and by what right it is here."""
    rows = [
        f"| `{each.name}` | {each.heard} | {each.author} "
        f"| [{each.licence}]({_LINKS[each.licence]}) | `{each.package.root}{each.path}` |"
        for each in sources
    ]
    purpose = {
        "calibration": "`datar-edge export` measures ranges of activations on them, where no\n"
        "`--calibration` is given.",
        "verification": "`datar-edge export` compares a written file with the float model on them, "
        "where no\n`--data` is given.",
    }[name]
    return "\n".join(
        [
            f"# Recordings for {name}",
            "",
            f"{purpose} Written by `tools/calibration_set.py`.",
            "",
            "| file | what is heard | author | licence | from |",
            "| --- | --- | --- | --- | --- |",
            *rows,
            "",
            *(
                f"From {package.about} as Debian's package `{package.name}` {package.version} "
                "carries it;\nits copyright file names authors and licences."
                for package in dict.fromkeys(each.package for each in sources)
            ),
            "Changed by us: mixed to mono, resampled to 16 kHz, cut to the loudest "
            f"{MOST_S[name]:g} seconds, Ogg Vorbis.",
            "What is under the Free Art License (LAL-1.2) stays under it.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
