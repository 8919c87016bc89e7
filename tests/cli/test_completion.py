"""Completion on the command line, as bash asks for it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest


def printed_in_bash(*arguments: str, **variables: str) -> str:
    """What the command prints, called by bash."""
    line = shlex.join([sys.executable, "-m", "datar_edge", *arguments])
    finished = subprocess.run(
        ["bash", "-c", f"{line}; exit $?"],  # two commands, or bash makes way for the first
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("", "listen"), ("ta", "tag"), ("export --ta", "--target"), ("listen --dev", "--device")],
)
def test_commands_and_options_are_completed(typed: str, offered: str) -> None:
    words = ["datar-edge", *typed.split()]
    printed = printed_in_bash(
        _DATAR_EDGE_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(words),
        COMP_CWORD=str(len(words) - bool(typed)),
    )
    assert offered in printed.split()


def test_completion_is_installed_for_the_shell_in_use(tmp_path: Path) -> None:
    assert "completion installed" in printed_in_bash("--install-completion", HOME=str(tmp_path))
    script = tmp_path / ".bash_completions" / "datar-edge.sh"
    assert "_DATAR_EDGE_COMPLETE=complete_bash" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()
