"""The soak in its short form: it measures, keeps, and says what is missed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.soak import falling_behind, losing_devices
from tools.soak.page import page

ROOT = Path(__file__).parents[2]


def soak(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = ("--folder", str(folder), "--output", str(folder / "page.md"))
    return subprocess.run(
        [sys.executable, "-m", "tools.soak", "--short", *places, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_device_is_lost_and_comes_back(tmp_path: Path) -> None:
    done = soak(tmp_path, "--only", "losses")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "losses.json").read_text())
    assert (result["lost"], result["back"]) == (3, 3)
    assert result["events"] >= 3
    assert (result["open"], result["doubled"], result["across"]) == (0, 0, 0)
    assert "3 lost, 3 back" in (tmp_path / "page.md").read_text()


def test_what_was_measured_is_kept_and_a_miss_is_told(tmp_path: Path) -> None:
    lost = {"lost": 3, "back": 2, "events": 4, "open": 1, "doubled": 0, "across": 0}
    (tmp_path / "losses.json").write_text(json.dumps(lost))
    done = soak(tmp_path, "--only", "losses")
    assert done.returncode == 1
    assert "3 lost, 2 back; 4 events, 1 open" in done.stdout
    assert "**missed**" in done.stdout


def test_what_was_not_measured_stays_on_the_page() -> None:
    lost = {"lost": 100, "back": 100, "events": 4, "open": 0, "doubled": 0, "across": 0}
    first, held = page({"losses": lost}, before="", short=False)
    assert held
    disk = {"status": 0, "errors": [], "tracebacks": 0, "written": True, "partial": []}
    both, held = page({"full_disk": {"tag": disk}}, before=first, short=False)
    assert not held
    lines = [line for line in first.splitlines() if not line.startswith("- losses: ")]
    assert set(lines) < set(both.splitlines())
    assert both.count("100 lost, 100 back") == 1
    again, _ = page({"losses": {**lost, "lost": 99}}, before=both, short=False)
    assert "99 lost, 100 back" in again
    assert "100 lost" not in again
    assert again.count("commands whose disk is full") == 1
    elsewhere = both.replace("losses, full_disk: ", "losses, full_disk: another machine, ")
    mixed, _ = page({"losses": lost}, before=elsewhere, short=False)
    assert "\n- full_disk: another machine, " in mixed
    assert "\n- losses: another machine" not in mixed
    assert mixed.count("\n- losses: ") == 1
    once_more, _ = page({"losses": lost}, before=mixed, short=False)
    assert once_more == mixed


def test_time_that_windows_cover_is_counted_once() -> None:
    covered_s = falling_behind.covered_s
    assert covered_s([]) == 0.0
    assert covered_s([(0.0, 2.0), (1.0, 3.0), (1.5, 2.5), (5.0, 6.0)]) == 4.0


def test_events_are_counted() -> None:
    from datar_edge.listen.messages import EventEnd, EventStart, Status  # noqa: PLC0415

    def start(number: int) -> EventStart:
        return EventStart(id=number, label="Rain", start_s=0.0, score=0.9)

    def end(number: int) -> EventEnd:
        return EventEnd(id=number, label="Rain", start_s=0.0, end_s=1.0, max_score=0.9)

    lost = Status(state="device_lost", time_s=1.0, dropped_s=0.0, windows=1)
    counted = losing_devices._counted([start(1), end(1), end(1), start(2), lost, start(3), end(3)])
    assert counted == {"lost": 1, "back": 0, "events": 3, "open": 1, "doubled": 1, "across": 1}


@pytest.mark.slow
def test_the_whole_of_it_in_its_short_form(tmp_path: Path) -> None:
    """Figures depend on what else the machine does; what does not must hold here."""
    done = soak(tmp_path)
    assert done.returncode in (0, 1), done.stderr
    results = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}
    listening = {"start_up", "delay", "slow", "losses", "share", "memory", "tag"}
    assert set(results) == listening | {"sounds", "models", "killed", "full_disk", "together"}
    assert results["start_up"]["heavy"] == []
    assert results["memory"]["windows"] >= 400
    assert results["memory"]["most_mb"] < 150.0
    slow = results["slow"]
    assert slow["dropped_s"] > 0.0
    assert abs(slow["dropped_s"] - slow["uncovered_s"]) < 1e-3
    assert results["delay"]["dropped_s"] == 0.0
    for name in ("sounds", "models"):
        assert results[name]["files"] > results[name]["refused"] > 0
        assert results[name]["escaped"] == results[name]["crashed"] == 0
    assert results["models"]["unnoticed"] == 0
    for each in results["killed"].values():
        assert (each["killed"], each["half_written"], each["differ"]) == (1, 0, 0)
    assert {each["status"] for each in results["full_disk"].values()} == {2}
    together = results["together"]
    assert together["apart_open"] == together["same_ended"] == together["processes"]
    assert together["left"] == []
