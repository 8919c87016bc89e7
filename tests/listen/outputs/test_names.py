from __future__ import annotations

import pytest

from datar_edge.listen.outputs.names import slug, unique_slugs


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Dog bark", "dog-bark"),
        ("  Água, corrente! ", "agua-corrente"),
        ("../../etc/passwd", "etc-passwd"),
        ("犬", "sound"),
        ("", "sound"),
        ("x" * 200, "x" * 60),
    ],
)
def test_slugs(label: str, name: str) -> None:
    assert slug(label) == name


def test_slugs_that_would_be_equal_are_numbered() -> None:
    assert unique_slugs(["Dog bark", "dog-bark", "DOG BARK", "Rain"]) == {
        "Dog bark": "dog-bark",
        "dog-bark": "dog-bark-2",
        "DOG BARK": "dog-bark-3",
        "Rain": "rain",
    }
