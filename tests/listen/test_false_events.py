"""What the bundled model tells of sounds that hold nothing, and of ESC-10."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

TOOL = Path(__file__).parents[2] / "tools" / "false_events.py"
STEADY = ("white noise", "pink noise", "brown noise", "hum 50 Hz", "hum 60 Hz", "tone 1 kHz")


def measured(*options: str) -> dict[str, Any]:
    command = [sys.executable, str(TOOL), "--json", "--start-threshold", "0.7", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told() -> Callable[..., list[dict[str, Any]]]:
    rows = measured()["false_events"]

    def of(*kinds: str) -> list[dict[str, Any]]:
        found = [row for row in rows if row["kind"] in kinds]
        assert {row["kind"] for row in found} == set(kinds)
        return found

    return of


def test_what_is_quiet_is_no_event(told) -> None:
    quiet = [row for row in told("silence", "sweep", *STEADY) if row["level_dbfs"] <= -50]
    assert len(quiet) == 16
    assert not any(row["told"] for row in quiet + told("silence"))


def test_steady_sound_is_one_event_at_most(told) -> None:
    assert all(sum(row["told"].values()) <= 1 for row in told(*STEADY))
    assert not any(row["told"] for row in told("brown noise", "tone 1 kHz"))


def test_speech_is_wrong_less_often_than_once_in_ten_seconds(told) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    assert all(row["an_hour"] < 360 for row in told("speech"))


def test_clips_are_found_and_hardly_ever_named_wrong(esc10: Path) -> None:
    for row in measured("--data", f"esc:{esc10}")["found"]:
        assert row["clips"] == 320
        assert row["right"] >= 0.65 * row["clips"]
        assert row["wrong"] <= 0.03 * row["clips"]
