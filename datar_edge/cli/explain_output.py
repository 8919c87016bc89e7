"""What `datar-edge explain` writes and says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datar_edge.errors import ConfigError

if TYPE_CHECKING:
    from datar_edge.explain.explanation import Explanation

_SUFFIXES = (".png", ".svg", ".pdf", ".html")
_NAMED_EVENTS = 5


def picture_path(sound: Path, output: Path | None, *, html: bool) -> Path:
    """Where the picture goes.

    Args:
        sound: what is explained.
        output: as it was named; None for a name made of the sound's.
        html: a page is wanted.

    Raises:
        ConfigError: the output's name has no suffix that can be drawn, or another than the page.
    """
    if output is None:
        return Path(f"{sound.stem}-explained{'.html' if html else '.png'}")
    if html and output.suffix != ".html":
        raise ConfigError(
            f"--html is given, but --output {output} is no page",
            fix="Name it .html, or leave out --html.",
        )
    if output.suffix not in _SUFFIXES:
        raise ConfigError(
            f"--output {output} is no picture", fix=f"Give it one of {', '.join(_SUFFIXES)}."
        )
    return output


def notes_of(result: Explanation, min_level_dbfs: float) -> Iterator[str]:
    """What the picture lacks, and why."""
    if not result.window.layers:
        yield f"{result.model} has no deformable attention: its panels are left out"
    if result.window.added is None:
        yield f"{result.model} has no adaptor that adds anything: its panel is left out"
    if all(window.scores is None for window in result.sound.scores[0]):
        yield (
            f"all of {result.name} is silence, below {min_level_dbfs:g} dBFS: no window is scored, "
            "the first is looked into"
        )


def told(document: dict[str, Any]) -> str:
    """The document for people: the picture's place, and the main of what it shows."""
    window = document["looked_into"]
    scores = sorted(zip(window["scores"], document["labels"], strict=True), reverse=True)
    best = ", ".join(f"{label} {score:.2f}" for score, label in scores[:3])
    lines = [
        document["picture"],
        f"  window   {window['start_s']:.2f} to {window['end_s']:.2f} s: {best}",
        f"  events   {_told_events(document['events'])}",
    ]
    if "compared" in document:
        lines.append(f"  {document['compared']['file']}: {_told_parting(document['compared'])}")
    return "\n".join(lines)


def _told_events(events: list[dict[str, Any]]) -> str:
    named = [
        f"{each['label']} {each['start_s']:.2f} to {each['end_s']:.2f} s"
        for each in events[:_NAMED_EVENTS]
    ]
    more = [f"{len(events) - len(named)} more"] if len(events) > len(named) else []
    return ", ".join(named + more) or "none"


def _told_parting(compared: dict[str, Any]) -> str:
    most, layers = compared["part_most"], compared.get("per_layer")
    if most is None:
        return "all of the sound is silence"
    text = (
        f"parts most from {most['start_s']:.2f} to {most['end_s']:.2f} s at {most['label']}, float "
        f"{most['float_score']:.4f}, file {most['file_score']:.4f}"
    )
    if layers is None:
        return text
    first = layers["first_below_bound"]
    return f"{text}; " + (f"first layer below the bound: {first}" if first else "no layer below")
