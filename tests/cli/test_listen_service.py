"""`listen` as a process that is left running: signals, health, rules read anew."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from datar_edge.audio.files import read_audio

RULES = "start_threshold = {}\n"


@pytest.fixture
def rain(write_sound: Callable[..., Path], examples: Path) -> Path:
    """Minutes of rain, heard in real time: the tests end it."""
    return write_sound("rain.wav", np.tile(read_audio(examples / "rain.ogg", 16_000), 40))


@contextlib.contextmanager
def listening(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "datar_edge", "listen", "--json", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[str], kind: str) -> dict[str, object]:
    """Reads up to the next message of a kind."""
    assert process.stdout is not None
    for line in process.stdout:
        message: dict[str, object] = json.loads(line)
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind} came")


def told(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    """Reads standard error up to a line."""
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(pattern, line):
            return match
    raise AssertionError(f"{pattern} was not told")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_events_and_the_program(rain: Path, number: int) -> None:
    with listening("--input", rain, "--hop", "0.5") as process:
        start = until(process, "event_start")
        process.send_signal(number)
        end = until(process, "event_end")
        assert (end["id"], end["label"]) == (start["id"], start["label"])
        assert until(process, "status")["state"] == "stopped"
        assert process.wait(20.0) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_hang_up_reads_the_rules_anew(rain: Path, tmp_path: Path) -> None:
    rules = tmp_path / "events.toml"
    rules.write_text(RULES.format(1.0))
    with listening("--input", rain, "--hop", "0.25", "--event-config", rules) as process:
        assert until(process, "status")["state"] == "listening"
        rules.write_text("start_threshold = high\n")
        process.send_signal(signal.SIGHUP)
        told(process, r"^note: the rules of events stay as they were: .*events.toml.*line 1")
        rules.write_text(RULES.format(0.2))
        process.send_signal(signal.SIGHUP)
        told(process, "^note: the rules of events are read anew")
        assert until(process, "event_start")["label"] == "Rain"  # which 1.0 never let begin


def test_health_of_a_process(rain: Path, tmp_path: Path) -> None:
    status_file = tmp_path / "status.json"
    with listening(
        "--input", rain, "--hop", "0.5", "--status-port", 0, "--status-file", status_file
    ) as process:
        port = told(process, r"^status: at port (\d+) of 127.0.0.1")[1]
        until(process, "event_start")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10.0) as answer:
            health = json.load(answer)
        assert health["source"] == str(rain)
        assert health["windows"] >= 1
        assert [event["label"] for event in health["running"]] == ["Rain"]
        assert health["problem"] == ""
        assert json.loads(status_file.read_text())["healthy"] is True
        process.terminate()
        process.communicate()
    assert json.loads(status_file.read_text())["state"] == "stopped"
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10.0)


@pytest.mark.parametrize(
    ("arguments", "told_first"),
    [
        (["--status-port", "{taken}"], "port {taken}: Address already in use"),
        (["--status-port", "70000"], "the status port is 70000"),
        (["--status-host", "0.0.0.0"], "--status-host is given without --status-port"),
        (["--status-file", "/none/status.json"], "/none/status.json cannot be written"),
    ],
)
def test_what_is_wrong_is_told_before_listening(
    rain: Path, arguments: list[str], told_first: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        filled = [each.format(taken=taken) for each in arguments]
        with listening("--input", rain, *filled) as process:
            printed, error = process.communicate(timeout=30.0)
    assert process.returncode == 2
    assert printed == ""
    assert len(error.splitlines()) == 1
    assert error.startswith("error: ")
    assert told_first.format(taken=taken) in error
