"""`datar-edge listen` with its outputs, as people call it."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
import soundfile

from datar_edge.cli import main

REPOSITORY = Path(__file__).parents[3]
RAIN = REPOSITORY / "examples" / "rain.ogg"
LISTEN = ("listen", "--input", str(RAIN), "--fast")

Capture = pytest.CaptureFixture[str]


def call(*arguments: object) -> int:
    return main([*LISTEN, *map(str, arguments)])


def test_several_outputs_tell_the_same(tmp_path: Path, capsys: Capture, broker: Any) -> None:
    broker.start()
    broker.watch()
    files = {kind: tmp_path / kind for kind in ("csv", "audacity", "raven", "json-file")}
    options = [part for kind, file in files.items() for part in (f"--{kind}", file)]
    url = f"mqtt://127.0.0.1:{broker.port}"
    clips = tmp_path / "clips"
    assert call(*options, "--json", "--save-clips", clips, "--mqtt", url, "--mqtt-topic", "a") == 0
    printed = capsys.readouterr().out
    ends = [line for line in map(json.loads, printed.splitlines()) if line["type"] == "event_end"]
    assert ends
    assert files["json-file"].read_text() == printed
    with files["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = [(end["label"], end["start_s"], end["end_s"], end["clip"]) for end in ends]
    assert [
        (row["label"], float(row["start_s"]), float(row["end_s"]), row["clip"]) for row in rows
    ] == expected
    assert {row["start_time"] for row in rows} == {""}  # a file is not heard as it happens
    labels = [line.split("\t") for line in files["audacity"].read_text().splitlines()]
    assert [round(float(start), 3) for start, _, _ in labels] == [end["start_s"] for end in ends]
    assert [round(float(until), 3) for _, until, _ in labels] == [end["end_s"] for end in ends]
    assert len(files["raven"].read_text().splitlines()) == 1 + len(ends)
    published = [json.loads(text) for topic, text in broker.seen() if topic == "a/event"]
    assert [event for event in published if event["type"] == "event_end"] == ends
    for end in ends:
        info = soundfile.info(end["clip"])
        assert info.duration == pytest.approx(end["end_s"] - end["start_s"], abs=0.01)
    assert {str(path) for path in clips.iterdir()} == {end["clip"] for end in ends}


def test_an_output_that_fails_is_a_note_and_listening_goes_on(
    tmp_path: Path, capsys: Capture
) -> None:
    clips = tmp_path / "clips"
    assert call("--save-clips", clips, "--clip-budget-mb", 0.0001, "--json") == 0
    captured = capsys.readouterr()
    assert '"event_end"' in captured.out
    assert "clip" not in captured.out
    notes = [line for line in captured.err.splitlines() if line.startswith("note: ")]
    assert len(notes) == 1
    assert "larger than the budget" in notes[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--csv", "missing/a.csv"], "--csv missing/a.csv cannot be written: No such file"),
        (["--csv", "."], "--csv . is not a file"),
        (["--csv", "taken"], "--csv taken exists and is no CSV table of ours"),
        (["--raven", "taken"], "--raven taken exists and is no Raven selection table"),
        (["--csv", "a", "--audacity", "./a"], "--csv and --audacity are both a"),
        (["--save-clips", "taken"], "--save-clips taken cannot be written"),
        (["--save-clips", "c", "--clip-budget-mb", "-1"], "--clip-budget-mb is -1.0"),
        (["--live", "--json"], "--live and --json are both given"),
        (["--live"], "--live needs a terminal"),
        (["--mqtt-topic", "a"], "--mqtt-topic is given without --mqtt"),
        (["--ca-file", "a"], "--ca-file is given without"),
        (["--mqtt", "attic"], "is no mqtt URL"),
        (["--mqtt", "mqtt://attic/topic"], "has a path"),
        (["--mqtt", "mqtt://a:b@attic"], "holds a password"),
        (["--mqtt", "mqtt://127.0.0.1:1"], "127.0.0.1:1 cannot be reached: Connection refused"),
        (["--mqtt", "mqtt://a", "--mqtt-password-file", "none"], "none cannot be read"),
        (["--mqtt", "mqtt://a", "--mqtt-password-file", "taken"], "a password but no user"),
        (["--mqtt", "mqtts://a", "--ca-file", "none"], "--ca-file none is no certificate"),
        (["--webhook", "file:///etc/passwd"], "is no http URL"),
    ],
)
def test_wrong_options_are_one_line_and_status_2(
    options: list[str],
    told: str,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("taken").write_text("mine\n")
    assert call(*options) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert lines[0].startswith("error: ")
    assert told in lines[0]
    assert Path("taken").read_text() == "mine\n"


def test_the_display_is_drawn_in_a_terminal() -> None:
    leader, follower = pty.openpty()
    _set_size(follower, rows=30, columns=80)
    command = [sys.executable, "-m", "datar_edge", *LISTEN]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""}
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=environment) as child:
        os.close(follower)
        shown = _read_all(leader).decode()
    os.close(leader)
    assert child.returncode == 0
    assert "▶ Rain" in shown
    assert "■ Rain" in shown
    assert "dBFS" in shown or "silence" in shown
    assert "% of a core" in shown


_WATCHED = """
import os, sys
told = []
def hook(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
        if path != os.devnull and flags & writing:
            told.append(f"{event} {path} {flags}")
    elif event.startswith(("socket.", "os.mkdir", "os.rename", "subprocess.", "os.posix_spawn")):
        told.append(f"{event} {arguments}")
sys.addaudithook(hook)
from datar_edge.cli import main
status = main(sys.argv[1:])
print(*told, sep="\\n", file=sys.stderr)
sys.exit(status)
"""


def _watched(*arguments: str) -> str:
    """Runs a command in a Python that tells of each file it writes and each socket it makes."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", _WATCHED, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "▶ Rain" in done.stdout
    return "\n".join(
        line for line in done.stderr.splitlines() if not line.startswith(("listening", "stopped"))
    )


def test_nothing_of_the_sound_is_written_or_sent_by_default(tmp_path: Path) -> None:
    assert _watched(*LISTEN).strip() == ""
    # The same watch sees what is asked for:
    assert "a.csv" in _watched(*LISTEN, "--csv", str(tmp_path / "a.csv"))
    assert ".flac" in _watched(*LISTEN, "--save-clips", str(tmp_path / "clips"))
    assert "socket." in _watched(*LISTEN, "--webhook", "http://127.0.0.1:1/")


def _set_size(terminal: int, *, rows: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _read_all(terminal: int) -> bytes:
    text = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # how Linux tells that the other side is closed
            return text
        if not piece:
            return text
        text += piece
