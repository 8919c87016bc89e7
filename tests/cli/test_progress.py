"""The bar on standard error."""

from __future__ import annotations

import io
import re
import sys

import pytest

from datar_edge.cli.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Makes standard error a terminal, whose reader has no patience.

    No fixture: pytest puts its own back between those and the test.
    """
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("datar_edge.cli.progress._PATIENCE_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def test_a_total_that_becomes_known_later(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    total: list[float] = []
    with progress_bar("tagging", lambda: total[-1] if total else None) as update:
        update(10.0)
        total.append(40.0)
        update(20.0)
    shown = re.findall(r"(\d+)%", terminal.getvalue())
    assert shown[-1] == "50"
    assert "tagging" in terminal.getvalue()


def test_a_total_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = terminal_of(monkeypatch)
    with progress_bar("tagging", 8.0) as update:
        update(2.0)
        update(6.0)
    assert re.findall(r"(\d+)%", terminal.getvalue())[-1] == "75"
    assert re.search(r"\d:\d\d:\d\d", terminal.getvalue())  # the time that is left


def test_nothing_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("tagging", 1.0) as update:
        update(1.0)
    assert capsys.readouterr().err == ""
