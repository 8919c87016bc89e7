"""Which labels are taken for which, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

_CELL = 34
_LETTER = 7.2
"""Width of a letter of 13 px, on average."""
_TOP = 56
_MOST_WITH_NUMBERS = 40
_LIGHT, _DARK = (247, 251, 255), (8, 48, 107)
"""One hue from light to dark, which every eye tells apart."""


def confusion_picture(head: str, labels: Sequence[str], confusion: NDArray[np.int64]) -> str:
    """A square of counts as SVG; a row is what was right, a column what was said.

    A cell is as dark as its share of the row. With many labels the counts are left out, and shown
    when pointed at.

    Args:
        head: name of the head.
        labels: of the head.
        confusion: int `[labels, labels]`.
    """
    size = len(labels)
    margin = 24 + _LETTER * max(map(len, labels))
    cell = _CELL if size <= _MOST_WITH_NUMBERS else 600 / size
    width, height = margin + cell * size + 24, _TOP + margin + cell * size
    totals = confusion.sum(axis=1, keepdims=True)
    shares = confusion / np.maximum(totals, 1)
    right = int(np.trace(confusion))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="13" '
        f'role="img" aria-label="Confusion of {escape(head)}">',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
        f'<text x="{margin:.0f}" y="22" font-size="15" font-weight="bold">{escape(head)}: '
        f"{right} of {int(confusion.sum())} clips right</text>",
        f'<text x="{margin:.0f}" y="44">Rows: what it is. Columns: what the model says.</text>',
    ]
    for index, label in enumerate(labels):
        middle = (index + 0.5) * cell
        parts.append(
            f'<text x="{margin - 8:.1f}" y="{_TOP + middle + 4:.1f}" text-anchor="end">'
            f"{escape(label)}</text>"
        )
        x, y = margin + middle, _TOP + cell * size + 10
        parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="end" '
            f'transform="rotate(-60 {x:.1f} {y:.1f})">{escape(label)}</text>'
        )
    parts += [
        _cell(
            margin + column * cell,
            _TOP + row * cell,
            cell,
            count=int(confusion[row, column]),
            share=float(shares[row, column]),
            told=f"{labels[row]} as {labels[column]}",
            numbered=size <= _MOST_WITH_NUMBERS,
        )
        for row in range(size)
        for column in range(size)
    ]
    return "".join(parts) + "</svg>\n"


def _cell(
    x: float, y: float, side: float, *, count: int, share: float, told: str, numbered: bool
) -> str:
    red, green, blue = (
        round(light + (dark - light) * share) for light, dark in zip(_LIGHT, _DARK, strict=True)
    )
    number = ""
    if numbered and count:
        ink = "white" if share > 0.5 else "black"
        number = (
            f'<text x="{x + side / 2:.1f}" y="{y + side / 2 + 5:.1f}" text-anchor="middle" '
            f'fill="{ink}">{count}</text>'
        )
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" '
        f'fill="rgb({red},{green},{blue})" stroke="#ccc" stroke-width="0.5">'
        f"<title>{escape(told)}: {count}</title></rect>{number}"
    )
