from __future__ import annotations

import numpy as np
import pytest

from datar_edge.errors import ConfigError, LabelError
from datar_edge.runtime.tags import Tag, TagChooser

SCORES = np.array([0.25, 0.5, 0.125], np.float32)


def test_tags_come_best_first(toy_session) -> None:
    chooser = TagChooser(toy_session.card, head="sign")
    assert chooser.best(SCORES) == (Tag("down", 0.5), Tag("up", 0.25), Tag("flat", 0.125))
    assert chooser.all(SCORES) == (Tag("up", 0.25), Tag("down", 0.5), Tag("flat", 0.125))


def test_the_first_head_is_shown_unless_another_is_named(toy_session) -> None:
    assert TagChooser(toy_session.card).labels == ("loud", "low")
    with pytest.raises(ConfigError, match=r"no head 'verb'\. Its heads: level, sign"):
        TagChooser(toy_session.card, head="verb")


@pytest.mark.parametrize(
    ("choice", "labels"),
    [
        ({"max_results": 2}, ["down", "up"]),
        ({"threshold": 0.25}, ["down", "up"]),  # a score on the threshold counts
        ({"threshold": 0.6}, []),
        ({"allow": ["FLAT", "up"]}, ["up", "flat"]),  # letter case aside
        ({"deny": ["down"]}, ["up", "flat"]),
        ({"allow": ["up", "down"], "deny": ["down"]}, ["up"]),
    ],
)
def test_what_counts_is_chosen(toy_session, choice: dict[str, object], labels: list[str]) -> None:
    chooser = TagChooser(toy_session.card, head="sign", **choice)
    assert [tag.label for tag in chooser.best(SCORES)] == labels


@pytest.mark.parametrize("field", ["allow", "deny"])
def test_an_unknown_label_is_refused_and_the_nearest_named(toy_session, field: str) -> None:
    with pytest.raises(LabelError, match=r"unknown label 'dwon'. Did you mean down"):
        TagChooser(toy_session.card, head="sign", **{field: ["dwon"]})


@pytest.mark.parametrize(
    "choice",
    [
        {"threshold": -0.1},
        {"threshold": 1.1},
        {"threshold": float("nan")},
        {"max_results": 0},
        {"deny": ["up", "down", "flat"]},
    ],
)
def test_a_choice_out_of_its_range_is_refused(toy_session, choice: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        TagChooser(toy_session.card, head="sign", **choice)
