from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores, Status
from datar_edge.listen.outputs.json_lines import JsonLinesDisplay, json_line
from datar_edge.runtime.tags import Tag

NOON = datetime(2025, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


def from_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


START = EventStart(id=3, label="Dog bark", start_s=61.5, score=0.912345)
END = EventEnd(id=3, label="Dog bark", start_s=61.5, end_s=64.0, max_score=0.98)
SCORES = Scores(start_s=1.0, end_s=3.56, tags=(Tag("Rain", 0.75), Tag("Rooster", 0.123456)))
STATUS = Status(state="stopped", time_s=5.0, dropped_s=0.25, windows=4)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            START,
            {"type": "event_start", "id": 3, "label": "Dog bark", "start_s": 61.5, "score": 0.9123},
        ),
        (
            END,
            {
                "type": "event_end",
                "id": 3,
                "label": "Dog bark",
                "start_s": 61.5,
                "end_s": 64.0,
                "max_score": 0.98,
            },
        ),
        (
            SCORES,
            {
                "type": "scores",
                "start_s": 1.0,
                "end_s": 3.56,
                "tags": [{"label": "Rain", "score": 0.75}, {"label": "Rooster", "score": 0.1235}],
            },
        ),
        (
            STATUS,
            {"type": "status", "state": "stopped", "time_s": 5.0, "dropped_s": 0.25, "windows": 4},
        ),
    ],
)
def test_a_message_as_json(message: Message, line: dict[str, object]) -> None:
    text = json_line(message)
    assert "\n" not in text
    assert json.loads(text) == line


def test_json_with_the_time_of_day() -> None:

    end = json.loads(json_line(END, from_noon))
    assert end["start_time"] == "2025-01-31T12:01:01.500+00:00"
    assert end["end_time"] == "2025-01-31T12:01:04.000+00:00"
    assert json.loads(json_line(STATUS, from_noon))["time"] == "2025-01-31T12:00:05.000+00:00"


@pytest.mark.parametrize(
    ("scores", "types"),
    [(False, ["event_start", "status"]), (True, ["scores", "event_start", "status"])],
)
def test_lines_are_printed_at_once(
    scores: bool, types: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    display = JsonLinesDisplay(scores=scores)
    for message in (SCORES, START, STATUS):
        display.show(message)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["type"] for line in lines] == types
