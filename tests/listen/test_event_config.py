from __future__ import annotations

import dataclasses

import pytest

from datar_edge.errors import ConfigError
from datar_edge.listen.event_config import FIELDS, TIMES, EventConfig


def test_the_defaults_of_a_model_are_its_threshold_and_half_its_window(make_toy_session) -> None:
    card = make_toy_session(threshold=0.8).card  # its window is 0.1 s
    assert EventConfig.of_card(card) == EventConfig(start_threshold=0.8, confirmation_s=0.05)


def test_the_stop_threshold_follows_the_start_unless_it_is_given() -> None:
    assert EventConfig(start_threshold=0.5).stop_below == pytest.approx(0.3)
    assert EventConfig(start_threshold=0.5, stop_threshold=0.4).stop_below == 0.4
    assert EventConfig(start_threshold=0.5, stop_threshold=0.5).stop_below == 0.5


def test_a_label_has_what_is_said_of_it_and_else_what_holds_for_all() -> None:
    dog = EventConfig(start_threshold=0.9)
    config = EventConfig(start_threshold=0.5, labels={"Dog bark": dog})
    assert config.of("Dog bark") is dog
    assert config.of("Rain") is config


def test_the_names_of_the_fields_are_all_that_are_numbers() -> None:
    names = [field.name for field in dataclasses.fields(EventConfig)]
    assert names == [*FIELDS, "labels"]


@pytest.mark.parametrize("name", ["start_threshold", "stop_threshold"])
@pytest.mark.parametrize("value", [-0.1, 0.0, 1.5, float("nan")])
def test_thresholds_out_of_their_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"{name} is {value!r}. Allowed: above 0 to 1"):
        EventConfig(**{name: value})


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("value", [-0.1, 3_601.0, float("inf"), float("nan")])
def test_times_out_of_their_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=rf"{name} is {value!r}. Allowed: 0 to 3600 seconds"):
        EventConfig(**{name: value})


def test_a_stop_above_the_start_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"stop_threshold 0.6 is above start_threshold 0.5"):
        EventConfig(start_threshold=0.5, stop_threshold=0.6)


def test_a_card_that_every_score_reaches_is_refused(make_toy_session) -> None:
    with pytest.raises(ConfigError, match=r"start_threshold is 0.0"):
        EventConfig.of_card(make_toy_session(threshold=0.0).card)
