"""What the bundled model tells of sounds that hold nothing, and of ESC-10."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

TOOL = Path(__file__).parents[2] / "tools" / "false_events.py"
KINDS = {
    *("silence", "hiss", "white noise", "pink noise", "brown noise", "hum 50 Hz", "hum 60 Hz"),
    *("tone 1 kHz", "sweep"),
}


def measured(*options: str) -> dict[str, Any]:
    command = [sys.executable, str(TOOL), "--json", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told() -> list[dict[str, Any]]:
    """With the default thresholds."""
    rows: list[dict[str, Any]] = measured()["false_events"]
    return rows


def test_sounds_that_hold_nothing_are_no_events(told: list[dict[str, Any]]) -> None:
    rows = [row for row in told if row["kind"] in KINDS]
    assert {row["kind"] for row in rows} == KINDS
    assert len(rows) == 4 * len(KINDS)
    assert [row for row in rows if row["told"]] == []


def test_speech_is_an_event_twice_an_hour_at_most(told: list[dict[str, Any]]) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    rows = [row for row in told if row["kind"] == "speech"]
    hours = sum(row["seconds"] for row in rows) / 3_600
    assert sum(sum(row["told"].values()) for row in rows) <= 2 * hours


def test_clips_are_found_and_hardly_ever_named_wrong(esc10: Path) -> None:
    for row in measured("--data", f"esc:{esc10}")["found"]:
        assert row["clips"] == 320
        assert row["right"] >= 0.9 * row["clips"]  # it was trained on them
        assert row["wrong"] <= 0.03 * row["clips"]
