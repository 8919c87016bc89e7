from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from datar_edge.listen.messages import EventEnd, EventStart, Message
from datar_edge.listen.outputs.output import Outputs

START = EventStart(id=1, label="Rain", start_s=0.0, score=0.9)
END = EventEnd(id=1, label="Rain", start_s=0.0, end_s=2.0, max_score=0.9)


class Recorder:
    """Keeps what it is shown; fails while it has an error to raise."""

    def __init__(self, name: str = "recorder", error: Exception | None = None) -> None:
        self.name = name
        self.error = error
        self.shown: list[Message] = []
        self.closed = False

    def show(self, message: Message) -> None:
        if self.error is not None:
            raise self.error
        self.shown.append(message)

    def close(self) -> None:
        self.closed = True
        if self.error is not None:
            raise self.error


def test_one_that_fails_never_stops_the_others() -> None:
    told: list[str] = []
    before, after = Recorder(), Recorder()
    failing = Recorder("--csv a.csv", OSError(28, "No space left on device"))
    with Outputs([before, failing, after], tell=told.append) as outputs:
        for _ in range(3):
            outputs.show(START)
        failing.error = None
        outputs.show(END)
        outputs.show(END)
    assert before.shown == after.shown == [START, START, START, END, END]
    assert failing.shown == [END, END]
    assert told == [
        "--csv a.csv: No space left on device",
        "--csv a.csv: works again; it failed 3 times",
    ]


def test_all_are_closed_where_one_cannot_be() -> None:
    told: list[str] = []
    first, second = Recorder(error=RuntimeError("stuck")), Recorder()
    outputs = Outputs([first, second], tell=told.append)
    outputs.close()
    outputs.close()
    assert first.closed
    assert second.closed
    assert told == ["recorder: stuck"]


def test_messages_are_processed_once_for_all() -> None:
    first, second = Recorder(), Recorder()
    calls: list[Message] = []

    def process(message: Message) -> Message:
        calls.append(message)
        return dataclasses.replace(END, clip="a.flac")

    Outputs([first, second], tell=print, process=process).show(END)
    assert calls == [END]
    assert first.shown == second.shown == [dataclasses.replace(END, clip="a.flac")]


def test_the_last_reader_that_leaves_ends_listening() -> None:
    outputs = Outputs([Recorder(error=BrokenPipeError())], tell=print)
    with pytest.raises(BrokenPipeError):
        outputs.show(START)


def test_a_reader_that_leaves_does_not_end_the_other_outputs() -> None:
    code = """
import sys
from datar_edge.listen.messages import EventStart
from datar_edge.listen.outputs.json_lines import JsonLinesDisplay
from datar_edge.listen.outputs.output import Outputs

class Count:
    name, shown = "count", 0
    def show(self, message): self.shown += 1
    def close(self): pass

count = Count()
outputs = Outputs([JsonLinesDisplay(), count], tell=lambda line: print(line, file=sys.stderr))
for _ in range(2000):
    outputs.show(EventStart(id=1, label="Rain", start_s=0.0, score=0.9))
outputs.close()
print(count.shown, file=sys.stderr)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        errors = child.stderr.read().splitlines()
    assert child.returncode == 0
    assert errors == ["--json: nobody reads it any more; the other outputs go on", "2000"]
