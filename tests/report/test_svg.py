"""Bars that end where their values are, also below zero."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from datar_edge.report.svg import Bar, bars


def drawn(rows: list[Bar]) -> list[tuple[float, float]]:
    """Start and width of each bar."""
    picture = ET.fromstring(bars("title", "dB", rows))
    return [
        (float(each.get("x", "")), float(each.get("width", ""))) for each in picture.iter("rect")
    ]


def test_lengths_are_as_the_values() -> None:
    (start, half), (other, whole) = drawn([Bar(name="a", value=20.0), Bar(name="b", value=40.0)])
    assert start == other
    assert whole == pytest.approx(2 * half, abs=0.2)


@pytest.mark.parametrize("largest", [40.0, 0.0, -1.0])
def test_a_value_below_zero_has_no_bar_and_its_number_at_the_axis(largest: float) -> None:
    rows = [Bar(name="low", value=-3.5), Bar(name="other", value=largest)]
    (start, width), _ = drawn(rows)
    assert width == 1.0
    found = re.search(r'<text x="([\d.]+)" y="[\d.]+">-3.5</text>', bars("title", "dB", rows))
    assert found is not None
    assert float(found[1]) == start + 8
