from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from datar_edge.listen.messages import EventEnd, EventStart, Scores, Status
from datar_edge.listen.outputs.lines import LineDisplay
from datar_edge.runtime.tags import Tag

NOON = datetime(2025, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


def from_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


SCORES = Scores(start_s=1.0, end_s=3.56, tags=(Tag("Rain", 0.75), Tag("Rooster", 0.123456)))
SILENCE = Scores(start_s=4.0, end_s=6.56, tags=())
START = EventStart(id=3, label="Dog bark", start_s=61.5, score=0.912345)
END = EventEnd(id=3, label="Dog bark", start_s=61.5, end_s=64.0, max_score=0.98, clip="a.flac")
STATUS = Status(state="stopped", time_s=5.0, dropped_s=0.25, windows=4)


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (
            {},
            ["    61.50  ▶ Dog bark  0.91", "    64.00  ■ Dog bark  2.5 s, at most 0.98  a.flac"],
        ),
        (
            {"scores": True, "clock": from_noon},
            [
                "12:00:01    Rain 0.75, Rooster 0.12",
                "12:00:04    –",
                "12:01:01  ▶ Dog bark  0.91",
                "12:01:04  ■ Dog bark  2.5 s, at most 0.98  a.flac",
            ],
        ),
    ],
)
def test_lines_for_people(
    options: dict[str, object], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    display = LineDisplay(**options)
    for message in (SCORES, SILENCE, START, END, STATUS):
        display.show(message)
    assert capsys.readouterr().out.splitlines() == lines
