"""The whole way: a real recording, played into a microphone, comes out as the right event."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ANSWER_S = 60.0


class Listening:
    """`datar-edge listen --json` in a process of its own."""

    def __init__(self, environment: dict[str, str], errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "datar_edge", "listen", "--json"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.told: list[dict[str, Any]] = []

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            self.told.append(json.loads(self._lines.get(timeout=ANSWER_S)))
            if wanted(self.told[-1]):
                return self.told[-1]

    def end(self) -> tuple[int, str]:
        """Exit status and standard error after SIGTERM."""
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(timeout=ANSWER_S)
        self._reader.join()
        while not self._lines.empty():
            self.told.append(json.loads(self._lines.get()))
        return status, self._errors.read_text()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)


@pytest.fixture
def listening(microphone: Any, tmp_path: Path) -> Iterator[Listening]:
    process = Listening(microphone.environment, tmp_path / "errors")
    yield process
    process.kill()


def is_start(label: str) -> Callable[[dict[str, Any]], bool]:
    return lambda each: each["type"] == "event_start" and each["label"] == label


def is_state(state: str) -> Callable[[dict[str, Any]], bool]:
    return lambda each: each["type"] == "status" and each["state"] == state


def test_a_recording_in_the_room_is_the_right_event(
    microphone: Any, listening: Listening, examples: Path
) -> None:
    listening.wait_for(is_state("listening"))
    microphone.play(examples / "rain.ogg")
    start = listening.wait_for(is_start("Rain"))
    status, errors = listening.end()
    assert status == 0, errors
    events = [each for each in listening.told if each["type"].startswith("event")]
    assert {each["label"] for each in events} == {"Rain"}
    assert [each["type"] for each in events].count("event_start") == len(events) / 2
    assert any(each["type"] == "event_end" and each["id"] == start["id"] for each in events)
    assert is_state("stopped")(listening.told[-1])
    assert listening.told[-1]["dropped_s"] == 0.0


@pytest.mark.slow
def test_a_microphone_that_is_unplugged_and_back(
    microphone: Any, listening: Listening, examples: Path
) -> None:
    listening.wait_for(is_state("listening"))
    for _ in range(3):
        microphone.play(examples / "rain.ogg")
        start = listening.wait_for(is_start("Rain"))
        microphone.unplug()
        lost = listening.wait_for(is_state("device_lost"))
        ended = {each["id"] for each in listening.told if each["type"] == "event_end"}
        assert start["id"] in ended
        microphone.plug_in()
        back = listening.wait_for(is_state("device_back"))
        assert back["dropped_s"] > lost["dropped_s"]
    microphone.play(examples / "rooster.ogg")
    listening.wait_for(is_start("Rooster"))
    status, errors = listening.end()
    assert status == 0, errors
    types = [each["type"] for each in listening.told]
    assert types.count("event_start") == types.count("event_end")


@pytest.mark.slow
def test_the_sound_server_changes_the_default_device(
    microphone: Any, listening: Listening, examples: Path
) -> None:
    """It moves the stream: sound goes on, nothing is lost."""
    listening.wait_for(is_state("listening"))
    microphone.play(examples / "rooster.ogg")
    listening.wait_for(is_start("Rooster"))
    microphone.make_default("second_sink")
    microphone.play(examples / "rain.ogg", "second_sink")
    listening.wait_for(is_start("Rain"))
    status, errors = listening.end()
    assert status == 0, errors
    assert not any(is_state("device_lost")(each) for each in listening.told)
