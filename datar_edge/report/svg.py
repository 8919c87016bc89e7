"""Plots as SVG text, for pages that are complete in themselves.

Colours are those of Okabe and Ito, which people with colour blindness tell apart; every mark also
has its words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")

_WIDTH = 860
_LEFT = 250
_RIGHT = 90
_ROW = 30
_FOOT = 44


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A row of a bar chart.

    Attributes:
        name: what stands on its left.
        value: its length.
        low: where its spread begins; None for no spread.
        high: where its spread ends.
        colour: index into `COLOURS`.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    colour: int = 0


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars from zero, each with its value in words and, if it has one, its spread.

    A value below zero has no bar; its number stands at the axis.

    Args:
        title: for those who do not see the picture.
        unit: of the values.
        rows: at least one.
    """
    ticks = nice_ticks(0.0, max(0.0, *(max(row.high or row.value, row.value) for row in rows)))
    scale = _Scale(0.0, ticks[-1], _LEFT, _WIDTH - _RIGHT)
    base = 10 + _ROW * len(rows)
    parts = [_grid(scale, ticks, 6, base, unit)]
    for index, row in enumerate(rows):
        y = 10 + _ROW * index
        end = max(scale.at(row.value), _LEFT)
        parts.append(
            f'<text x="{_LEFT - 10}" y="{y + 17}" text-anchor="end">{escape(_short(row.name))}'
            f"<title>{escape(row.name)}</title></text>"
            f'<rect x="{_LEFT}" y="{y + 4}" width="{max(end - _LEFT, 1):.1f}" height="18" '
            f'fill="{colour(row.colour)}"><title>{escape(row.name)}: {row.value:.4g} '
            f"{escape(unit)}</title></rect>"
        )
        if row.low is not None and row.high is not None:
            low, high = scale.at(row.low), scale.at(row.high)
            parts.append(
                f'<path class="spread" d="M{low:.1f} {y + 13}H{high:.1f}M{low:.1f} {y + 8}v10'
                f'M{high:.1f} {y + 8}v10"/>'
            )
            end = max(end, high)
        parts.append(f'<text x="{end + 8:.1f}" y="{y + 17}">{row.value:.4g}</text>')
    return _svg(title, base + _FOOT, parts)


def dots(title: str, unit: str, series: Mapping[str, Sequence[float]]) -> str:
    """Values by their number: one colour and one shape a series, both named below.

    Args:
        title: for those who do not see the picture.
        unit: of the values.
        series: values by name; at least one with at least one value.
    """
    every = [value for values in series.values() for value in values]
    ticks = nice_ticks(min(every), max(every))
    longest = max(len(values) for values in series.values())
    across = _Scale(0.0, max(longest - 1, 1), 70, _WIDTH - 20)
    up = _Scale(ticks[0], ticks[-1], 250, 14)
    parts = [
        f'<path class="grid" d="M70 {up.at(tick):.1f}H{_WIDTH - 20}"/>'
        f'<text x="62" y="{up.at(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in ticks
    ]
    parts.append(f'<text x="{_WIDTH - 20}" y="272" text-anchor="end">round 1 to {longest}</text>')
    parts.append(f'<text x="70" y="272">{escape(unit)}</text>')
    for index, (name, values) in enumerate(series.items()):
        fill = colour(index)
        marks = "".join(
            _mark(index, across.at(number), up.at(value)) for number, value in enumerate(values)
        )
        parts.append(f'<path d="{marks}" fill="{fill}"><title>{escape(name)}</title></path>')
        y = 298 + 22 * index
        parts.append(f'<path d="{_mark(index, 76, y - 5)}" fill="{fill}"/>')
        parts.append(f'<text x="90" y="{y}">{escape(name)}</text>')
    return _svg(title, 290 + 22 * len(series), parts)


def nice_ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers from at most `low` to at least `high`."""
    span = high - low or abs(high) or 1.0
    magnitude = 10.0 ** math.floor(math.log10(span / 4))
    step = next(f * magnitude for f in (1, 2, 2.5, 5, 10) if f * magnitude >= span / 7)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def colour(index: int) -> str:
    """The colour of that number, from the start again after the last."""
    return COLOURS[index % len(COLOURS)]


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def _grid(scale: _Scale, ticks: Sequence[float], top: float, base: float, unit: str) -> str:
    lines = "".join(
        f'<path class="grid" d="M{scale.at(tick):.1f} {top}V{base}"/>'
        f'<text x="{scale.at(tick):.1f}" y="{base + 18}" text-anchor="middle">{tick:g}</text>'
        for tick in ticks
    )
    return f'{lines}<text x="{_LEFT}" y="{base + 38}">{escape(unit)}</text>'


def _mark(index: int, x: float, y: float) -> str:
    """A circle, a square or a triangle around a point."""
    shapes = (
        f"M{x - 3:.1f} {y:.1f}a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
        f"M{x - 3:.1f} {y - 3:.1f}h6v6h-6z",
        f"M{x - 3.5:.1f} {y + 3:.1f}h7l-3.5-6.5z",
    )
    return shapes[index % len(shapes)]


def _short(name: str, most: int = 34) -> str:
    """The end of a long name, where files differ."""
    return name if len(name) <= most else f"…{name[1 - most :]}"


def _svg(title: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
