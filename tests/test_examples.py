from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("dog.ogg", "0.93"),
        ("helicopter.wav", "1.01"),
        ("rain.ogg", "5.00"),
        ("rooster.ogg", "1.84"),
    ],
)
def test_the_script_tags_each_recording_to_its_end(name: str, end: str) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "tag_file.py", EXAMPLES / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("0.00 s to ")
    assert f" to {end} s: " in lines[-1]
