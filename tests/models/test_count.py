"""Parameters and multiply-accumulates against the counts in the reading notes on the paper."""

from __future__ import annotations

import pytest

from datar_edge.models import build
from datar_edge.models.count import count_macs, count_parameters, count_parts


@pytest.mark.parametrize(
    ("preset", "parameters", "macs"),
    [
        ("datar-tiny", 28.1e6, 12.4e9),
        ("datar-small", 49.8e6, 24.6e9),
        ("datar-base", 88.0e6, 42.7e9),
        ("paper", 28.1e6, 12.4e9),
    ],
)
def test_the_pyramids_are_of_the_size_that_dats_are(
    preset: str, parameters: float, macs: float
) -> None:
    model = build(preset, heads={"class": 309})
    assert count_parameters(model) == pytest.approx(parameters, rel=0.04)
    assert count_macs(model) == pytest.approx(macs, rel=0.04)


@pytest.mark.parametrize("preset", ["datar-micro", "ast-base"])
def test_the_parts_are_the_whole(preset: str) -> None:
    model = build(preset, heads={"verb": 3, "noun": 5})
    parts = count_parts(model)
    assert sum(part.macs for part in parts) == count_macs(model)
    loose = sum(p.numel() for p in model.parameters(recurse=False))  # AST's tokens and positions
    assert sum(part.parameters for part in parts) + loose == count_parameters(model)


def test_each_stage_is_a_part() -> None:
    names = [part.name for part in count_parts(build("datar-micro", heads={"class": 3}))]
    assert names == [
        *("adaptor", "stem", "stages.0", "stages.1", "stages.2", "stages.3", "norm", "heads.0"),
    ]
