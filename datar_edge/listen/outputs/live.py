"""What goes on, drawn in a terminal and kept up to date."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from rich.bar import Bar
from rich.console import Console, ConsoleRenderable, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from datar_edge.listen.health import Health
from datar_edge.listen.messages import Message, Scores, Status
from datar_edge.listen.outputs.clock import Clock
from datar_edge.listen.outputs.lines import line_of

ReadHealth: TypeAlias = Callable[[], Health]

_TAGS = 3
_FLOOR_DBFS = -60.0
_CLIPPING_DBFS = -1.0
_LATE_S = 2.0
_PERIOD_S = 0.5
_LINES = 100
_PANEL_HEIGHT = 8
_LABEL_WIDTH = 20


class LiveDisplay:
    """Lines of events, and below them a panel that is drawn again twice a second.

    The panel shows the state, the level, the best tags, the events that go on, lost seconds, the
    time a window takes and the share of a core. A terminal that changes its size is drawn anew,
    with the last lines.

    Args:
        console: of a terminal.
        health: gives a snapshot; called from the thread that draws.
        scores: also print the tags of each window.
        clock: show the time of day instead of seconds.
    """

    name = "display"

    def __init__(
        self,
        console: Console,
        health: ReadHealth,
        *,
        scores: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._console = console
        self._health = health
        self._scores = scores
        self._clock = clock
        self._lines: deque[Text] = deque(maxlen=_LINES)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._draw, name=self.name, daemon=True)

    def show(self, message: Message) -> None:
        """Prints an event above the panel, which appears and goes with listening."""
        if isinstance(message, Status):
            if message.state == "stopped":
                self.close()
            elif not self._thread.is_alive() and not self._ended.is_set():
                self._thread.start()
        elif self._scores or not isinstance(message, Scores):
            line = line_of(message, self._clock)
            if line is not None:
                self._lines.append(line)
                self._console.print(line, soft_wrap=True)

    def close(self) -> None:
        """Takes the panel away; the lines stay."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _draw(self) -> None:
        ended = False
        while not ended:
            size = self._console.size
            with Live(console=self._console, auto_refresh=False, transient=True) as live:
                while self._console.size == size and not ended:
                    live.update(panel_of(self._health()), refresh=True)
                    ended = self._ended.wait(_PERIOD_S)
            if not ended:
                self._print_anew()

    def _print_anew(self) -> None:
        """Clears the screen, as nobody knows what the terminal made of the old panel."""
        self._console.clear()
        for line in list(self._lines)[-max(1, self._console.height - _PANEL_HEIGHT) :]:
            self._console.print(line, soft_wrap=True)


def panel_of(health: Health) -> ConsoleRenderable:
    """A picture of how listening goes, as wide as the terminal."""
    return Group(_state_line(health), _bars(health), _running_line(health), _cost_line(health))


def _state_line(health: Health) -> Text:
    style = "bold green" if health.state in ("listening", "device_back") else "bold red"
    line = Text(f"● {health.state.replace('_', ' ')}", style, no_wrap=True, overflow="ellipsis")
    line.append(f"  {health.source}", style="default")
    if health.sound_age_s > _LATE_S:
        line.append(f"  no sound for {health.sound_age_s:.0f} s", style="bold red")
    return line


def _bars(health: Health) -> Table:
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(width=_LABEL_WIDTH, no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=1)
    table.add_column(width=9, justify="right", no_wrap=True)
    level = min(1.0, max(0.0, 1 - health.level_dbfs / _FLOOR_DBFS))
    color = "red" if health.level_dbfs >= _CLIPPING_DBFS else "cyan"
    told = f"{health.level_dbfs:.0f} dBFS" if health.level_dbfs > 2 * _FLOOR_DBFS else "silence"
    table.add_row("level", Bar(1.0, 0.0, level, color=color), told)
    running = {event.label for event in health.running}
    for tag in health.tags[:_TAGS]:
        style = "green" if tag.label in running else "yellow"
        table.add_row(Text(tag.label), Bar(1.0, 0.0, tag.score, color=style), f"{tag.score:.2f}")
    for _ in range(_TAGS - len(health.tags)):
        table.add_row("", "", "")
    return table


def _running_line(health: Health) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    for event in health.running:
        line.append(f"▶ {event.label} ", style="bold green")
        line.append(f"{max(0.0, health.time_s - event.start_s):.0f} s  ")
    return line if health.running else Text("nothing goes on", style="dim")


def _cost_line(health: Health) -> Text:
    hours, seconds = divmod(int(health.time_s), 3600)
    told = (
        f"{hours}:{seconds // 60:02d}:{seconds % 60:02d} heard, {health.windows} windows, "
        f"{health.events} events, {health.inference_ms:.1f} ms a window, "
        f"{100 * health.core_share:.1f} % of a core, "
    )
    line = Text(told, style="dim", no_wrap=True, overflow="ellipsis")
    return line.append(
        f"{health.dropped_s:.1f} s lost", style="bold red" if health.dropped_s else ""
    )
