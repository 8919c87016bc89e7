"""The recording whole: its waveform and its events."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from datar_edge.explain.explanation import Explanation
from datar_edge.explain.panels import Panel
from datar_edge.explain.scores import INK, colours_of, shortened, time_axis
from datar_edge.listen.messages import EventEnd

_COLUMNS = 1_000


def waveform_panel(explanation: Explanation) -> Panel:
    """The waveform, with the window that is looked into."""
    start_s, end_s = explanation.shown_s
    tags = ", ".join(f"{tag.label} {tag.score:.2f}" for tag in explanation.best_tags())
    card = explanation.card

    def draw(axes: Sequence[Axes], _side: Axes) -> None:
        [ax] = axes
        seconds, low, high = explanation.sound.envelope.bounds(_COLUMNS)
        ax.fill_between(seconds, low, high, color=INK, linewidth=0.4, step="post")
        ax.set_ylabel("amplitude")
        time_axis(ax, explanation)

    return Panel(
        title=f"Waveform of {explanation.name}",
        caption=f"As the model hears it, at {card.sample_rate_hz / 1000:g} kHz. Grey: the window "
        f"of {card.window_s:g} s that is looked into below, with the sound from {start_s:.2f} to "
        f"{end_s:.2f} s. What {explanation.model} makes of that window: {tags}.",
        draw=draw,
        height_in=0.7,
    )


def events_panel(explanation: Explanation) -> Panel:
    """The events, as `tag --events` tells them; of two models, one above the other."""
    labels = list(dict.fromkeys(each.label for events in explanation.events for each in events))
    colours = colours_of(explanation)
    thickness = 0.8 / len(explanation.events)

    def draw(axes: Sequence[Axes], _side: Axes) -> None:
        [ax] = axes
        for model, events in enumerate(explanation.events):
            for event in events:
                y = labels.index(event.label) - 0.4 + (model + 0.5) * thickness
                _bar(ax, event, colours.get(event.label, INK), y=y, height=0.9 * thickness)
        ax.set_yticks(range(len(labels)), [shortened(label) for label in labels])
        ax.set_ylim(max(len(labels), 1) - 0.4, -0.6)
        if not labels:
            ax.text(0.01, 0.5, "none", transform=ax.transAxes, va="center", color=INK)
        time_axis(ax, explanation)

    return Panel(
        title="Events",
        caption=_told_rules(explanation),
        draw=draw,
        height_in=0.2 * max(len(labels), 1) * len(explanation.events),
    )


def _told_rules(explanation: Explanation) -> str:
    config = explanation.event_config
    two = " Above: the float model's; below: the file's." if explanation.comparison else ""
    own = f" Rules of their own: {', '.join(config.labels)}." if config.labels else ""
    return (
        f"What tag --events tells: a score of {config.start_threshold:g} or more, held for "
        f"{config.confirmation_s:g} s, begins an event, below {config.stop_below:g} it ends. "
        f"In each bar: its highest score.{two}{own}"
    )


def _bar(ax: Axes, event: EventEnd, colour: str, *, y: float, height: float) -> None:
    ax.barh(y, event.end_s - event.start_s, left=event.start_s, height=height, color=colour)
    ax.text(
        event.start_s,
        y,
        f" {event.max_score:.2f}",
        color="white",
        weight="bold",
        size=7,
        va="center",
        clip_on=True,
    )
