"""Events as lines that people read."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores
from datar_edge.listen.outputs.clock import Clock


def line_of(message: Message, clock: Clock | None = None) -> Text | None:
    """A message as a line: when, a mark, what; None for `Status`.

    Args:
        message: what is told.
        clock: tell the time of day instead of seconds.
    """
    if isinstance(message, EventStart):
        told = f"▶ {message.label}  {message.score:.2f}"
        return _line(message.start_s, told, "bold green", clock)
    if isinstance(message, EventEnd):
        length_s = message.end_s - message.start_s
        clip = f"  {message.clip}" if message.clip else ""
        told = f"■ {message.label}  {length_s:.1f} s, at most {message.max_score:.2f}{clip}"
        return _line(message.end_s, told, "green", clock)
    if isinstance(message, Scores):
        tags = ", ".join(f"{tag.label} {tag.score:.2f}" for tag in message.tags) or "–"
        return _line(message.start_s, f"  {tags}", "dim", clock)
    return None


def _line(seconds: float, told: str, style: str, clock: Clock | None) -> Text:
    time = f"{clock(seconds):%H:%M:%S}" if clock else f"{seconds:9.2f}"
    return Text(f"{time}  {told}", style=style)


class LineDisplay:
    """Prints events on standard output, and scores if wanted, one a line, each at once.

    Args:
        scores: also print the tags of each window.
        clock: show the time of day instead of seconds.
    """

    name = "standard output"

    def __init__(self, *, scores: bool = False, clock: Clock | None = None) -> None:
        self._console = Console(highlight=False)
        self._scores = scores
        self._clock = clock

    def show(self, message: Message) -> None:
        """Prints a message; `Status` is left to the caller."""
        line = line_of(message, self._clock)
        if line is not None and (self._scores or not isinstance(message, Scores)):
            self._console.print(line, soft_wrap=True)
            self._console.file.flush()

    def close(self) -> None:
        """Nothing is left to do: each line is out."""
