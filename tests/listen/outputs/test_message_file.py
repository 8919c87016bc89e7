from __future__ import annotations

import csv
import errno
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from datar_edge.errors import ConfigError
from datar_edge.listen.messages import EventEnd, EventStart, Message, Scores, Status
from datar_edge.listen.outputs.layouts import (
    AudacityLayout,
    CsvLayout,
    JsonLayout,
    Layout,
    RavenLayout,
)
from datar_edge.listen.outputs.message_file import MessageFile
from datar_edge.runtime.tags import Tag

NOON = datetime(2025, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


def from_noon(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


START = EventStart(id=3, label="Dog bark", start_s=61.5, score=0.9)
END = EventEnd(id=3, label="Dog bark", start_s=61.5, end_s=64.0, max_score=0.98765)
ODD = EventEnd(id=4, label='Rain, "heavy"\tor ünusual', start_s=64.25, end_s=65.0, max_score=1.0)
SCORES = Scores(start_s=1.0, end_s=3.56, tags=(Tag("Rain", 0.75),))
STATUS = Status(state="listening", time_s=0.0, dropped_s=0.0, windows=0)
MESSAGES: tuple[Message, ...] = (STATUS, SCORES, START, END, ODD)

LAYOUTS: dict[str, Callable[[], Layout]] = {
    "csv": CsvLayout,
    "audacity": AudacityLayout,
    "raven": lambda: RavenLayout(sample_rate_hz=16_000),
    "json": JsonLayout,
}


def write(path: Path, layout: Layout, *messages: Message) -> None:
    file = MessageFile(path, layout, option="--file")
    for message in messages:
        file.show(message)
    file.close()


def tab_rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().removesuffix("\n").split("\n")]


def test_a_csv_reader_gets_the_events(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    write(path, CsvLayout(clock=from_noon), *MESSAGES)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert rows == [
        {
            "label": "Dog bark",
            "start_s": "61.500",
            "end_s": "64.000",
            "max_score": "0.9877",
            "start_time": "2025-01-31T12:01:01.500+00:00",
            "end_time": "2025-01-31T12:01:04.000+00:00",
            "clip": "",
        },
        {
            "label": 'Rain, "heavy" or ünusual',
            "start_s": "64.250",
            "end_s": "65.000",
            "max_score": "1.0000",
            "start_time": "2025-01-31T12:01:04.250+00:00",
            "end_time": "2025-01-31T12:01:05.000+00:00",
            "clip": "",
        },
    ]


def test_a_label_track_is_two_times_and_a_text(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    write(path, AudacityLayout(), *MESSAGES)
    rows = tab_rows(path)
    assert [(float(start), float(end), text) for start, end, text in rows] == [
        (61.5, 64.0, "Dog bark 0.99"),
        (64.25, 65.0, 'Rain, "heavy" or ünusual 1.00'),
    ]


def test_a_selection_table_has_the_columns_that_raven_needs(tmp_path: Path) -> None:
    path = tmp_path / "selections.txt"
    write(path, RavenLayout(sample_rate_hz=16_000), *MESSAGES)
    header, *rows = tab_rows(path)
    first, second = (dict(zip(header, row, strict=True)) for row in rows)
    assert first == {
        "Selection": "1",
        "View": "Spectrogram 1",
        "Channel": "1",
        "Begin Time (s)": "61.500000",
        "End Time (s)": "64.000000",
        "Low Freq (Hz)": "0.0",
        "High Freq (Hz)": "8000.0",
        "Label": "Dog bark",
        "Score": "0.9877",
    }
    assert second["Selection"] == "2"


def test_selections_are_numbered_on(tmp_path: Path) -> None:
    path = tmp_path / "selections.txt"
    for _ in range(2):
        write(path, RavenLayout(sample_rate_hz=16_000), END, ODD)
    header, *rows = tab_rows(path)
    assert header[0] == "Selection"
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]


def test_json_lines_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write(path, JsonLayout(), *MESSAGES)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["status", "event_start", "event_end", "event_end"]
    write(path, JsonLayout(scores=True), SCORES)
    assert json.loads(path.read_text().splitlines()[-1])["tags"][0]["label"] == "Rain"


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_file_of_the_same_kind_goes_on(tmp_path: Path, kind: str) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    write(once, LAYOUTS[kind](), END, ODD)
    write(twice, LAYOUTS[kind](), END)
    write(twice, LAYOUTS[kind](), ODD)
    assert twice.read_bytes() == once.read_bytes()


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_line_that_was_cut_off_is_removed(tmp_path: Path, kind: str) -> None:
    path, whole = tmp_path / "cut", tmp_path / "whole"
    write(whole, LAYOUTS[kind](), END, ODD)
    write(path, LAYOUTS[kind](), END)
    kept = path.stat().st_size
    for length in range(kept + 1, whole.stat().st_size - 5):
        path.write_bytes(whole.read_bytes()[:length])
        cut = path.read_text(errors="replace").removesuffix("\n").split("\n")[-1]
        if LAYOUTS[kind]().is_line(cut):
            continue  # nobody can tell that it is not whole
        write(path, LAYOUTS[kind](), ODD)
        assert path.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_whole_last_line_without_its_end_is_kept(tmp_path: Path, kind: str) -> None:
    path, whole = tmp_path / "edited", tmp_path / "whole"
    write(whole, LAYOUTS[kind](), END, ODD)
    write(path, LAYOUTS[kind](), END)
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))  # as some editors save it
    write(path, LAYOUTS[kind](), ODD)
    assert path.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("kind", "other"), [*itertools.permutations(LAYOUTS, 2), *((kind, "text") for kind in LAYOUTS)]
)
def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, kind: str, other: str) -> None:
    path = tmp_path / "file"
    if other == "text":
        path.write_text("Dear diary,\n")
    else:
        write(path, LAYOUTS[other](), END)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="exists and is no"):
        MessageFile(path, LAYOUTS[kind](), option="--file")
    assert path.read_bytes() == before


def test_a_file_that_is_rotated_away_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    file = MessageFile(path, CsvLayout(), option="--csv")
    file.show(END)
    path.rename(tmp_path / "events.csv.1")
    file.show(ODD)
    file.show(END)
    lines = path.read_text().splitlines()
    assert lines[0] == CsvLayout.header
    assert len(lines) == 3


@pytest.mark.parametrize("name", ["missing/events.csv", ".", "pipe"])
def test_a_path_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="--csv"):
        MessageFile(tmp_path / name, CsvLayout(), option="--csv")


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    file = MessageFile(path, CsvLayout(), option="--csv")
    file.show(END)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:  # a limit on the size of files cuts a write like a disk that fills up
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
        with pytest.raises(OSError) as caught:  # noqa: PT011 (its number is compared)
            file.show(ODD)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    file.show(ODD)
    assert len(path.read_text().splitlines()) == 3


def test_a_killed_program_leaves_a_readable_file(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    code = f"""
import os, signal
from pathlib import Path
from datar_edge.listen.messages import EventEnd
from datar_edge.listen.outputs.layouts import CsvLayout
from datar_edge.listen.outputs.message_file import MessageFile
file = MessageFile(Path({str(path)!r}), CsvLayout(), option="--csv")
for id in range(1, 4):
    file.show(EventEnd(id=id, label="Rain", start_s=id, end_s=id + 1.0, max_score=0.5))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == -signal.SIGKILL
    with path.open(newline="") as file:
        assert [row["start_s"] for row in csv.DictReader(file)] == ["1.000", "2.000", "3.000"]
