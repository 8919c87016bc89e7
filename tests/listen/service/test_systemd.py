"""What systemd is told, received by a socket as systemd makes it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from datar_edge.errors import ConfigError
from datar_edge.listen.service import Service
from datar_edge.listen.service.systemd import Systemd

Make = Callable[..., Service]
UNIT = Path(__file__).parents[3] / "packaging" / "datar-edge.service"
MOST_EXPOSED = 20
"""Of 100, as `systemd-analyze security` counts in tenths; its word for it is OK."""


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """The service manager's end, and NOTIFY_SOCKET."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@datar-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(f"\0{name[1:]}" if name.startswith("@") else name)
        receiver.settimeout(10.0)
        yield receiver, name


def heard(receiver: socket.socket) -> dict[str, str]:
    lines = receiver.recv(4_096).decode().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_ready_status_and_the_end(
    make_service: Make, listening: Any, status: Any, manager: tuple[socket.socket, str]
) -> None:
    receiver, name = manager
    service = make_service(systemd=Systemd({"NOTIFY_SOCKET": name}))
    service.saw(status())
    told = heard(receiver)
    assert told["READY"] == "1"
    assert told["STATUS"] == 'listening: USB "Mic" \\ 1, 11 windows, 2 events, 0.5 s lost'
    listening.change(state="device_lost")
    service.saw(status("device_lost"))
    assert heard(receiver)["STATUS"].startswith("device lost: ")
    service.saw(status("stopped"))
    assert heard(receiver) == {"STOPPING": "1"}


def test_a_reload_is_told_from_its_beginning_to_its_end(
    make_service: Make, listening: Any, manager: tuple[socket.socket, str]
) -> None:
    receiver, name = manager
    service = make_service(systemd=Systemd({"NOTIFY_SOCKET": name}))
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1_000
    service.reload()
    told = heard(receiver)
    assert told["RELOADING"] == "1"
    assert int(told["MONOTONIC_USEC"]) >= before
    assert heard(receiver)["READY"] == "1"
    assert listening.reloads == 1


def watched(name: str, seconds: float) -> Systemd:
    return Systemd(
        {
            "NOTIFY_SOCKET": name,
            "WATCHDOG_USEC": str(round(seconds * 1e6)),
            "WATCHDOG_PID": str(os.getpid()),
        }
    )


def pings_within(receiver: socket.socket, seconds: float) -> int:
    time.sleep(seconds)
    receiver.settimeout(0.0)
    count = 0
    while True:
        try:
            receiver.recv(4_096)
        except BlockingIOError:
            return count
        count += 1


def test_the_watchdog_hears_of_life_only(
    make_service: Make, listening: Any, manager: tuple[socket.socket, str]
) -> None:
    receiver, name = manager
    make_service(systemd=watched(name, 0.15))
    assert [heard(receiver)["WATCHDOG"] for _ in range(3)] == ["1"] * 3
    listening.change(sound_age_s=60.0)
    assert pings_within(receiver, 0.5) <= 1  # one may be on its way
    assert pings_within(receiver, 0.5) == 0
    receiver.settimeout(10.0)
    listening.change(state="device_lost")  # this process looks for the device, another could not
    assert heard(receiver)["WATCHDOG"] == "1"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"WATCHDOG_USEC": "1000000"},
        {"NOTIFY_SOCKET": "/none", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
        {"NOTIFY_SOCKET": "/none", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/none", "WATCHDOG_USEC": "0"},
    ],
)
def test_without_a_watchdog_of_ours_nothing_is_pinged(environment: dict[str, str]) -> None:
    assert Systemd(environment).watchdog_s is None


def test_a_manager_that_is_gone_is_no_error(make_service: Make, status: Any) -> None:
    service = make_service(systemd=Systemd({"NOTIFY_SOCKET": "/none/notify"}))
    service.saw(status())


def test_broken_rules_are_told_and_change_nothing(make_service: Make, listening: Any) -> None:
    listening.reload_error = ConfigError("events.toml, line 3: start_threshold is 2.0")
    make_service().reload()
    assert listening.reloaded.wait(10.0)
    assert listening.told == [
        "the rules of events stay as they were: events.toml, line 3: start_threshold is 2.0"
    ]


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit file, with this environment's program in place of an installed one."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "datar-edge"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m datar_edge "$@"\n')
    program.chmod(0o755)
    text = UNIT.read_text(encoding="utf-8")
    assert "ExecStart=/opt/datar-edge/bin/datar-edge listen " in text
    path = tmp_path / UNIT.name
    path.write_text(text.replace("/opt/datar-edge/bin/datar-edge", str(program)))
    return path


def analysed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False
    )


def test_systemd_understands_the_unit(unit: Path) -> None:
    done = analysed("verify", str(unit))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_mistake_in_a_unit_would_be_found(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec=60", "WatchdogSec=soon"))
    assert "Failed to parse" in analysed("verify", str(unit)).stderr


def test_the_unit_is_hardened(unit: Path) -> None:
    done = analysed("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(unit))
    assert done.returncode == 0, done.stdout[-200:]
    assert re.search(r"Overall exposure level for .*: [01]\.\d OK", done.stdout)


def test_the_unit_s_command_is_one_that_the_program_knows(unit: Path, examples: Path) -> None:
    line = re.search(r"^ExecStart=(.*)$", unit.read_text(), flags=re.MULTILINE)
    assert line is not None
    command = line[1].replace("${STATE_DIRECTORY}", str(unit.parent)).split()
    done = subprocess.run(
        [*command, "--input", str(examples / "rain.ogg")],
        capture_output=True,
        text=True,
        check=False,
    )
    # Its options are taken, and it comes as far as the file of rules, which is not there.
    assert done.returncode == 2
    assert "/etc/datar-edge/events.toml cannot be read" in done.stderr
