"""The confusion picture, and average precision against a literal count."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datar_edge.report.confusion import confusion_picture
from datar_edge.report.evaluate import average_precision


def literal(scores: list[float], positive: list[bool]) -> float:
    """Precision among all examples that score at least as high, over the positive ones."""
    precisions = []
    for own, is_positive in zip(scores, positive, strict=True):
        if is_positive:
            above = [p for s, p in zip(scores, positive, strict=True) if s >= own]
            precisions.append(sum(above) / len(above))
    return sum(precisions) / len(precisions)


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), st.booleans()), min_size=1))
def test_average_precision_is_the_literal_one(examples: list[tuple[float, bool]]) -> None:
    scores, positive = [s for s, _ in examples], [p for _, p in examples]
    if any(positive):
        found = average_precision(np.array(scores), np.array(positive))
        assert found == pytest.approx(literal(scores, positive))


def test_average_precision_of_a_known_case() -> None:
    # Right at ranks 1 and 3: (1/1 + 2/3) / 2.
    found = average_precision(np.array([0.9, 0.8, 0.3]), np.array([True, False, True]))
    assert found == pytest.approx((1 + 2 / 3) / 2)


def test_the_picture_holds_every_count_and_label() -> None:
    confusion = np.array([[5, 1], [0, 7]])
    picture = confusion_picture("class", ("Rain & wind", "Dog <bark>"), confusion)
    root = ET.fromstring(picture)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "class: 12 of 13 clips right" in texts
    assert {"Rain & wind", "Dog <bark>", "5", "1", "7"} <= set(texts)
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "Rain & wind as Dog <bark>: 1" in titles
    fills = re.findall(r"fill=\"rgb\((\d+),", picture)
    assert int(fills[3]) < int(fills[0]) < int(fills[1]) < int(fills[2])  # by share of the row


def test_many_labels_leave_the_numbers_out() -> None:
    labels = [f"label {index}" for index in range(60)]
    picture = confusion_picture("noun", labels, np.eye(60, dtype=np.int64))
    assert ">1</text>" not in picture
    ET.fromstring(picture)
