"""The options that say what an event is, for `listen` and for `tag --events`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from datar_edge.card import ModelCard
from datar_edge.listen.event_config import FIELDS, STOP_SHARE, EventConfig
from datar_edge.listen.event_file import read_event_config


def _option(name: str, metavar: str, help_text: str, default: str) -> Any:
    return typer.Option(
        name,
        metavar=metavar,
        help=help_text,
        show_default=default,
        rich_help_panel="Events",
    )


def _threshold(name: str, help_text: str, default: str) -> Any:
    return _option(name, "SCORE", help_text, default)


def _seconds(name: str, help_text: str, default: str = "0") -> Any:
    return _option(name, "SECONDS", help_text, default)


@dataclass(frozen=True, kw_only=True)
class EventOptions:
    """What the command line says of events; None where it says nothing.

    The fields are those of `EventConfig`, and the file that may say more.
    """

    start_threshold: Annotated[
        float | None,
        _threshold("--start-threshold", "Score that begins an event.", "the model's own"),
    ] = None
    stop_threshold: Annotated[
        float | None,
        _threshold("--stop-threshold", "Score below which it ends.", f"{STOP_SHARE:g} of start"),
    ] = None
    smoothing_s: Annotated[
        float | None,
        _seconds("--smoothing", "Time constant of the smoothing of scores."),
    ] = None
    confirmation_s: Annotated[
        float | None,
        _seconds(
            "--confirmation", "How long the score must reach the start threshold.", "half a window"
        ),
    ] = None
    min_duration_s: Annotated[
        float | None,
        _seconds("--min-duration", "Shorter events are left out."),
    ] = None
    release_s: Annotated[
        float | None,
        _seconds("--release", "How long the score must stay below the stop threshold."),
    ] = None
    margin_before_s: Annotated[
        float | None,
        _seconds("--margin-before", "Put before each event."),
    ] = None
    margin_after_s: Annotated[
        float | None,
        _seconds("--margin-after", "Put behind each event."),
    ] = None
    cooldown_s: Annotated[
        float | None,
        _seconds("--cooldown", "How long after its end the same label cannot begin again."),
    ] = None
    event_config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="TOML file of these values, for all labels or for some; what it says comes first.",
            rich_help_panel="Events",
        ),
    ] = None

    @property
    def given(self) -> dict[str, Any]:
        """The numbers that the command line names."""
        values = {name: getattr(self, name) for name in FIELDS}
        return {name: value for name, value in values.items() if value is not None}


def make_event_config(options: EventOptions, card: ModelCard, head: str | None) -> EventConfig:
    """The configuration: the model's defaults, over them the options, over them the file.

    Reads the file anew each time, so that SIGHUP can call it again.

    Args:
        options: of the command line.
        card: of the model.
        head: whose labels the file may name; None for the first.

    Raises:
        ConfigError: a value is out of its range, the file is missing or broken, or names a label
            that the model does not know.
    """
    base = dataclasses.replace(EventConfig.of_card(card), **options.given)
    if options.event_config is None:
        return base
    return read_event_config(options.event_config, card.heads[head or card.main_head], base)
