from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datar_edge.errors import ConfigError
from datar_edge.listen.service import Service

Make = Callable[..., Service]


def test_it_is_there_from_the_start_and_follows_changes(
    make_service: Make, listening: Any, status: Any, tmp_path: Path
) -> None:
    path = tmp_path / "status.json"
    service = make_service(status_file=path)
    assert json.loads(path.read_text())["healthy"] is True
    listening.change(state="device_lost")
    service.saw(status("device_lost"))
    assert json.loads(path.read_text())["problem"].endswith("is lost")
    listening.change(state="stopped")
    service.close()
    assert json.loads(path.read_text())["state"] == "stopped"
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_written_anew_from_time_to_time(
    make_service: Make, listening: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datar_edge.listen.service.service._STATUS_FILE_EVERY_S", 0.02)
    path = tmp_path / "status.json"
    make_service(status_file=path)
    listening.change(windows=4_711)
    while json.loads(path.read_text())["windows"] != 4_711:
        pass


def test_a_place_that_cannot_be_written_is_told_before_listening(
    make_service: Make, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"--status-file .* cannot be written"):
        make_service(status_file=tmp_path / "none" / "status.json")


def test_a_disk_that_fills_is_told_once(
    make_service: Make, listening: Any, status: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    service = make_service(status_file=folder / "status.json")
    folder.rename(tmp_path / "away")  # fails as a disk that cannot be written
    for _ in range(3):
        service.saw(status())
    assert len(listening.told) == 1
    assert "cannot be written" in listening.told[0]
    (tmp_path / "away").rename(folder)
    service.saw(status())
    assert listening.told[1].endswith("is written again")
