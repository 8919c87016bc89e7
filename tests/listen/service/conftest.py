from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from datar_edge.listen.health import Health
from datar_edge.listen.messages import EventStart, Scores, Status
from datar_edge.listen.service import Service
from datar_edge.runtime.tags import Tag

WELL = Health(
    state="listening",
    source='USB "Mic" \\ 1',
    time_s=12.3456,
    windows=11,
    events=2,
    dropped_s=0.5,
    level_dbfs=-40.25,
    inference_ms=12.345,
    core_share=0.0123,
    sound_age_s=0.05,
    running=(EventStart(id=2, label="Rain", start_s=9.0, score=0.87654321),),
    tags=(Tag("Rain", 0.9), Tag("Sea waves", 0.05)),
)

SCORES = Scores(start_s=0.0, end_s=1.0, tags=())


class Listening:
    """Stands for a listener: health that a test changes, and what is asked of it."""

    def __init__(self) -> None:
        self.health = WELL
        self.told: list[str] = []
        self.reloads = 0
        self.reloaded = threading.Event()
        self.reload_error: Exception | None = None

    def ask(self) -> Health:
        return self.health

    def change(self, **values: Any) -> None:
        self.health = dataclasses.replace(self.health, **values)

    def reload(self) -> None:
        self.reloads += 1
        if self.reload_error is not None:
            raise self.reload_error

    def tell(self, line: str) -> None:
        self.told.append(line)
        self.reloaded.set()


@pytest.fixture
def listening() -> Listening:
    return Listening()


@pytest.fixture
def make_service(listening: Listening) -> Iterator[Callable[..., Service]]:
    """Services of that listener; closed at the end."""
    made: list[Service] = []

    def make(**options: Any) -> Service:
        service = Service(
            listening.ask,
            reload=listening.reload,
            tell=listening.tell,
            **{"window_s": 1.0, "hop_s": 0.5, **options},
        )
        made.append(service)
        return service

    yield make
    for service in made:
        service.close()


@pytest.fixture
def status() -> Callable[..., Status]:
    def make(state: str = "listening", **values: Any) -> Status:
        return Status(**{"time_s": 0.0, "dropped_s": 0.0, "windows": 0, "state": state, **values})

    return make


@pytest.fixture
def scores() -> Scores:
    return SCORES
