"""Opens and runs damaged model files, each as the program does; says how each ended.

    python tests/runtime/fuzz_worker.py FILE SEED FIRST COUNT FOLDER

One line a mutation: its number before, how it ended after. A process that ends early leaves the
number of the mutation that killed it.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import datar_edge
from datar_edge.errors import DatarEdgeError
from datar_edge.runtime import read_model_card

Random = np.random.Generator
NUMBERS = (0, 1, -1, 2**31 - 1, -(2**31), 0x7F, 0xFF, 0x100, 0xFFFF, 1 << 20)
TOKENS = (
    b"null", b"-1", b"0", b"1e999", b"NaN", b"[]", b"{}", b'""', b"true", b"99999999999999999999",
    b'"\xff"', b"[[[[", b"16000", b'"features"', b"0.5",
)  # fmt: skip


def place(content: bytes, random: Random, width: int) -> int:
    """A place to damage: anywhere, near an end, or where there is structure and not weights."""
    choice = random.integers(4)
    if choice == 0:
        return int(random.integers(len(content)))
    if choice == 1:
        return int(random.integers(min(4_096, len(content))))
    if choice == 2:
        return len(content) - 1 - int(random.integers(min(8_192, len(content))))
    for _ in range(200):  # weights hold few zeros, tables of offsets many
        at = int(random.integers(len(content)))
        if content[at : at + 512].count(0) > 100:
            return at
    return int(random.integers(max(1, len(content) - width)))


def flip(content: bytearray, random: Random) -> None:
    for _ in range(int(random.integers(1, 9))):
        content[place(content, random, 1)] ^= 1 << int(random.integers(8))


def cut(content: bytearray, random: Random) -> None:
    del content[place(content, random, 1) :]


def zero(content: bytearray, random: Random) -> None:
    fill(content, random, bytes)


def noise(content: bytearray, random: Random) -> None:
    fill(content, random, random.bytes)


def fill(content: bytearray, random: Random, make: Callable[[int], bytes]) -> None:
    at, size = place(content, random, 64), int(2 ** random.uniform(0, 13))
    size = min(size, len(content) - at)
    content[at : at + size] = make(size)


def splice(content: bytearray, random: Random) -> None:
    to, source = place(content, random, 64), place(content, random, 64)
    size = min(int(2 ** random.uniform(2, 13)), len(content) - max(to, source))
    content[to : to + size] = content[source : source + size]


def shift(content: bytearray, random: Random) -> None:
    at, size = place(content, random, 64), int(2 ** random.uniform(0, 10))
    if random.integers(2):
        del content[at : at + size]
    else:
        content[at:at] = random.bytes(size)


def number(content: bytearray, random: Random) -> None:
    for _ in range(int(random.integers(1, 4))):
        at = place(content, random, 4) // 4 * 4
        value = NUMBERS[int(random.integers(len(NUMBERS)))]
        content[at : at + 4] = (value & 0xFFFFFFFF).to_bytes(4, "little")


def card(content: bytearray, random: Random) -> None:
    """Puts another value into the card, its check sums made right where the format has them."""
    start = content.rfind(b'"card_version"')
    if start < 0:
        return flip(content, random)
    end = content.find(b"\n}", start)
    text = bytes(content[start:end])
    values = [at for at in range(len(text)) if text[at : at + 2] == b": "]
    at = values[int(random.integers(len(values)))] + 2
    token = TOKENS[int(random.integers(len(TOKENS)))]
    stop = min(i for i in (text.find(b",", at), text.find(b"\n", at), len(text)) if i >= 0)
    changed = text[:at] + token + text[stop:]
    if content[4:8] != b"TFL3":
        content[start:end] = changed
        return None
    return rezip(content, text, changed)


def rezip(content: bytearray, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    end = archive_start(content)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in entries.items():
            archive.writestr(name, body.replace(old, new))
    content[end:] = buffer.getvalue()


def archive_start(content: bytes | bytearray) -> int:
    """Where the archive of a TFLite file begins; the end of other files."""
    if content[4:8] != b"TFL3":
        return len(content)
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        return min(info.header_offset for info in archive.infolist())


KINDS = (flip, cut, zero, noise, splice, shift, number, number, card)


def mutated(content: bytes, seed: int, number: int) -> tuple[str, bytes]:
    """Mutation of that number: its kind, and the damaged content."""
    random = np.random.default_rng((seed, number))
    change = KINDS[number % len(KINDS)]
    result = bytearray(content)
    change(result, random)
    return change.__name__, bytes(result)


def outcome(path: Path) -> tuple[str, str]:
    """How reading the card, loading and tagging half a second ended.

    Returns:
        The error's name and what it told, or "ran" and nothing.
    """
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 8_000).astype(np.float32)
    with contextlib.suppress(DatarEdgeError):
        read_model_card(path)
    try:
        with datar_edge.load(path) as tagger:
            tagger.tag(sound, 16_000)
    except DatarEdgeError as error:
        ended = type(error).__name__ if "\n" not in str(error) else "escaped"
        return ended, str(error)
    return "ran", ""


def say(result: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def main() -> None:
    source, seed, first, count, folder = sys.argv[1:]
    content = Path(source).read_bytes()
    graph_bytes = archive_start(content)
    path = Path(folder) / f"damaged-{first}{Path(source).suffix}"
    for number in range(int(first), int(first) + int(count)):
        kind, damaged = mutated(content, int(seed), number)
        path.write_bytes(damaged)
        say({"number": number, "kind": kind})
        began_s = time.monotonic()
        try:
            ended, told = outcome(path)
        except Exception:  # noqa: BLE001 - to find those that are not ours
            ended, told = "escaped", traceback.format_exc()
        result = {
            "number": number,
            "kind": kind,
            "ended": ended,
            "told": told,
            "took_s": round(time.monotonic() - began_s, 2),
            "whole": damaged[:graph_bytes] == content[:graph_bytes],
        }
        say(result)
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
