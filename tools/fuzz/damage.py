"""Ways in which a file gets damaged: bits, cuts, holes, parts moved, numbers changed.

Structure is hit more often than the long runs of weights or samples. Which mutation a number stands
for follows from seed and number alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

Random = np.random.Generator
Change = Callable[[bytearray, Random], None]

_NUMBERS = (0, 1, -1, 2**31 - 1, -(2**31), 0x7F, 0xFF, 0x100, 0xFFFF, 1 << 20)


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
    """Turns one to eight bits."""
    for _ in range(int(random.integers(1, 9))):
        content[place(content, random, 1)] ^= 1 << int(random.integers(8))


def cut(content: bytearray, random: Random) -> None:
    """Ends the file early."""
    del content[place(content, random, 1) :]


def zero(content: bytearray, random: Random) -> None:
    """Zeros up to 8 KiB."""
    _fill(content, random, bytes)


def noise(content: bytearray, random: Random) -> None:
    """Puts random bytes over up to 8 KiB."""
    _fill(content, random, random.bytes)


def _fill(content: bytearray, random: Random, make: Callable[[int], bytes]) -> None:
    at, size = place(content, random, 64), int(2 ** random.uniform(0, 13))
    size = min(size, len(content) - at)
    content[at : at + size] = make(size)


def splice(content: bytearray, random: Random) -> None:
    """Puts one part over another."""
    to, source = place(content, random, 64), place(content, random, 64)
    size = min(int(2 ** random.uniform(2, 13)), len(content) - max(to, source))
    content[to : to + size] = content[source : source + size]


def shift(content: bytearray, random: Random) -> None:
    """Takes bytes out, or puts some in."""
    at, size = place(content, random, 64), int(2 ** random.uniform(0, 10))
    if random.integers(2):
        del content[at : at + size]
    else:
        content[at:at] = random.bytes(size)


def number(content: bytearray, random: Random) -> None:
    """Puts one to three numbers that programs stumble over in place of others."""
    for _ in range(int(random.integers(1, 4))):
        at = place(content, random, 4) // 4 * 4
        value = _NUMBERS[int(random.integers(len(_NUMBERS)))]
        content[at : at + 4] = (value & 0xFFFFFFFF).to_bytes(4, "little")


KINDS: Sequence[Change] = (flip, cut, zero, noise, splice, shift, number)


def damaged(
    content: bytes, seed: int, number: int, kinds: Sequence[Change] = KINDS
) -> tuple[str, bytes]:
    """Mutation of that number: its kind, and the damaged content."""
    random = np.random.default_rng((seed, number))
    change = kinds[number % len(kinds)]
    result = bytearray(content)
    change(result, random)
    return change.__name__, bytes(result)
