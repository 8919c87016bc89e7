from __future__ import annotations

import dataclasses
import io
import math
from collections.abc import Callable

import pytest
from rich.console import Console, ConsoleDimensions
from rich.text import Text

from datar_edge.cli.shell import say
from datar_edge.listen.health import Health
from datar_edge.listen.messages import EventEnd, EventStart, Scores, Status
from datar_edge.listen.outputs.live import LiveDisplay, panel_of
from datar_edge.runtime.tags import Tag

START = EventStart(id=1, label="Dog bark", start_s=3_720.0, score=0.9)
END = EventEnd(id=1, label="Dog bark", start_s=3_720.0, end_s=3_722.5, max_score=0.95)
HEALTH = Health(
    state="listening",
    source="USB microphone",
    time_s=3_725.5,
    windows=3_700,
    events=7,
    dropped_s=1.25,
    level_dbfs=-30.0,
    inference_ms=12.34,
    core_share=0.0123,
    sound_age_s=0.1,
    running=(START,),
    tags=(Tag("Dog bark", 0.9), Tag("Rain", 0.25), Tag("Rooster", 0.0)),
)
QUIET = dataclasses.replace(HEALTH, level_dbfs=-math.inf, running=(), tags=())


def drawn(health: Health, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(panel_of(health))
    return captured.get().splitlines()


def test_everything_is_in_the_panel() -> None:
    state, level, *tags, running, cost = drawn(HEALTH, 120)
    assert state.split() == ["●", "listening", "USB", "microphone"]
    assert level.startswith("level")
    assert level.endswith("-30 dBFS")
    assert [line.split()[0] for line in tags] == ["Dog", "Rain", "Rooster"]
    assert [line.split()[-1] for line in tags] == ["0.90", "0.25", "0.00"]
    assert running.split() == ["▶", "Dog", "bark", "6", "s"]
    assert cost.rstrip() == (
        "1:02:05 heard, 3700 windows, 7 events, 12.3 ms a window, 1.2 % of a core, 1.2 s lost"
    )


def test_bars_are_as_long_as_their_values() -> None:
    _, level, dog, rain, rooster, *_ = drawn(HEALTH, 120)
    full = 120 - 20 - 9 - 2 - 1
    for line, share in ((level, 0.5), (dog, 0.9), (rain, 0.25), (rooster, 0.0)):
        assert line.count("█") == pytest.approx(share * full, abs=2)


@pytest.mark.parametrize("width", [20, 40, 79, 80, 200])
@pytest.mark.parametrize("health", [HEALTH, QUIET])
def test_the_panel_has_the_same_height_at_any_width(health: Health, width: int) -> None:
    lines = drawn(health, width)
    assert len(lines) == 7
    assert all(len(line) <= width for line in lines)


def test_silence_and_trouble_are_shown() -> None:
    lost = dataclasses.replace(QUIET, state="device_lost", sound_age_s=12.3)
    state, level, *_, running, _ = drawn(lost, 120)
    assert "device lost" in state
    assert "no sound for 12 s" in state
    assert level.split() == ["level", "silence"]
    assert running.rstrip() == "nothing goes on"


@pytest.mark.parametrize("scores", [False, True])
def test_events_are_lines_that_stay(scores: bool) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=80, highlight=False)
    display = LiveDisplay(console, lambda: HEALTH, scores=scores)
    display.show(Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0))
    display.show(Scores(start_s=0.0, end_s=2.0, tags=HEALTH.tags))
    display.show(START)
    display.show(END)
    display.show(Status(state="stopped", time_s=9.0, dropped_s=0.0, windows=0))
    display.close()
    assert "▶ Dog bark  0.90" in text.getvalue()
    assert "■ Dog bark  2.5 s, at most 0.95" in text.getvalue()
    assert "USB microphone" in text.getvalue()
    assert ("Dog bark 0.90, Rain 0.25" in text.getvalue()) is scores


def test_what_is_printed_while_it_draws_stays_whole(capfd: pytest.CaptureFixture[str]) -> None:
    console = Console(force_terminal=True, width=80)
    display = LiveDisplay(console, lambda: HEALTH)
    display.show(Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0))
    for _ in range(20):
        say("note", "something else")
    display.close()
    display.close()
    captured = capfd.readouterr()
    assert (captured.out + captured.err).count("note: something else\n") == 20


def test_a_terminal_that_changes_its_size_is_drawn_anew(
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=80, height=30)
    display = LiveDisplay(console, lambda: HEALTH)
    display.show(Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0))
    display.show(START)
    eventually(lambda: "USB microphone" in text.getvalue())
    console.size = ConsoleDimensions(60, 20)
    eventually(lambda: "\x1b[2J" in text.getvalue())
    display.close()
    _, _, anew = text.getvalue().partition("\x1b[2J")
    assert "▶ Dog bark  0.90" in anew
    assert max(map(len, Text.from_ansi(anew).plain.splitlines())) <= 60
