"""The vectors that hold another implementation to the same events."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datar_edge.card import ModelCard
from datar_edge.config import FbankConfig
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.events import EventTracker
from datar_edge.listen.messages import EventEnd, EventStart
from datar_edge.runtime.scorer import WindowScores
from datar_edge.runtime.tags import TagChooser

REPOSITORY = Path(__file__).parents[2]
VECTORS = REPOSITORY / "android_demo" / "testdata" / "events.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]


def config_of(data: dict[str, Any]) -> EventConfig:
    labels = {label: config_of(own) for label, own in data["labels"].items()}
    return EventConfig(**{**data, "labels": labels})


def take(tracker: EventTracker, step: dict[str, Any]) -> list[EventStart | EventEnd]:
    if "window" in step:
        window = dict(step["window"])
        scores = window.pop("scores")
        by_head = None if scores is None else {"class": np.array(scores, np.float32)}
        return list(tracker.update(WindowScores(level_dbfs=-20.0, scores=by_head, **window)))
    if "reconfigure" in step:
        tracker.reconfigure(config_of(step["reconfigure"]))
        return []
    return list(tracker.gap(step["gap"]["until_s"]) if "gap" in step else tracker.finish())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_tracker_tells_what_the_file_says(case: dict[str, Any]) -> None:
    card = ModelCard(preset="vectors", heads={"class": tuple(case["labels"])}, fbank=FbankConfig())
    tracker = EventTracker(TagChooser(card), config_of(case["config"]))
    for step in case["steps"]:
        told = take(tracker, step)
        kinds = [{EventStart: "event_start", EventEnd: "event_end"}[type(each)] for each in told]
        assert kinds == [each["type"] for each in step["told"]]
        for message, expected in zip(told, step["told"], strict=True):
            fields = {key: value for key, value in expected.items() if key != "type"}
            assert {**dataclasses.asdict(message), **fields} == pytest.approx(
                dataclasses.asdict(message), abs=1e-6
            )


def test_the_file_is_what_the_tool_writes(tmp_path) -> None:
    tool = REPOSITORY / "tools" / "event_vectors.py"
    output = tmp_path / "events.json"
    subprocess.run([sys.executable, tool, "--output", output], check=True, capture_output=True)
    assert output.read_bytes() == VECTORS.read_bytes(), (
        f"run: python {tool.relative_to(REPOSITORY)}"
    )


def test_the_vectors_are_small_and_show_every_setting() -> None:
    assert VECTORS.stat().st_size < 100_000
    default = dataclasses.asdict(EventConfig())
    varied = {name for case in CASES for name, value in case["config"].items() if value}
    assert varied == set(default)
    assert sum(bool(step["told"]) for case in CASES for step in case["steps"]) > 50
