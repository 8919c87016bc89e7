from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from datar_edge.cli.event_options import EventOptions, make_event_config
from datar_edge.cli.option_group import with_option_groups
from datar_edge.cli.shell import shielded
from datar_edge.listen.event_config import FIELDS, EventConfig


@dataclass(frozen=True, kw_only=True)
class Place:
    city: Annotated[str, typer.Option(help="Where.")]
    streets: Annotated[list[int] | None, typer.Option("--street")] = None


def called(*arguments: str) -> tuple[str, int, Place]:
    told: list[tuple[str, int, Place]] = []

    @with_option_groups
    def weather(day: str, *, place: Place, hours: int = 24) -> None:
        told.append((day, hours, place))

    app = typer.Typer(add_completion=False)
    app.command()(shielded(weather))
    typer.main.get_command(app).main(args=[*arguments], standalone_mode=False)
    return told[0]


def test_a_group_s_fields_are_options_of_the_command() -> None:
    given = called("today", "--city", "Bern", "--street", "3", "--street", "5", "--hours", "2")
    assert given == ("today", 2, Place(city="Bern", streets=[3, 5]))
    assert called("today", "--city", "Bern") == ("today", 24, Place(city="Bern"))


def test_a_field_without_a_default_must_be_given() -> None:
    with pytest.raises(Exception, match="city"):
        called("today")


def test_the_options_of_events_are_all_that_an_event_has(toy_session) -> None:
    fields = [field.name for field in dataclasses.fields(EventOptions)]
    assert fields == [*FIELDS, "event_config"]
    assert make_event_config(EventOptions(), toy_session.card, None) == EventConfig.of_card(
        toy_session.card
    )


def test_a_file_is_read_anew_and_over_the_options(toy_session, tmp_path) -> None:
    path = tmp_path / "events.toml"
    options = EventOptions(smoothing_s=2.0, cooldown_s=3.0, event_config=path)
    for seconds in (4.0, 5.0):
        path.write_text(f"cooldown_s = {seconds}\n[labels.UP]\n")
        config = make_event_config(options, toy_session.card, "sign")
        assert (config.smoothing_s, config.cooldown_s) == (2.0, seconds)
        assert list(config.labels) == ["up"]
