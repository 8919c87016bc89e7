"""Health in Prometheus' text format, version 0.0.4."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from datar_edge.listen.health import Health
from datar_edge.listen.messages import State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_STATES: tuple[str, ...] = typing.get_args(State)
_PAGE_BYTES = 4_096
_STATM = Path("/proc/self/statm")

Kind = Literal["counter", "gauge"]


def prometheus_text(health: Health, problem: str) -> str:
    """All metrics; what they count begins anew with the process.

    Args:
        health: the snapshot.
        problem: what is wrong; empty where all is well.
    """
    source = {"source": health.source}
    metrics = [
        _metric("healthy", "gauge", "Whether sound arrives and windows are scored.", not problem),
        _states(health),
        _metric("source_info", "gauge", "The device or file that is heard.", 1, source),
        _metric("sound_seconds_total", "counter", "Sound heard, gaps included.", health.time_s),
        _metric("windows_total", "counter", "Windows scored.", health.windows),
        _metric("events_total", "counter", "Events begun.", health.events),
        _metric("events_running", "gauge", "Events that have not ended.", len(health.running)),
        _metric("dropped_seconds_total", "counter", "Sound lost or skipped.", health.dropped_s),
        _metric("level_dbfs", "gauge", "RMS level of the last sound.", health.level_dbfs),
        _metric(
            "inference_seconds",
            "gauge",
            "What the last window took to score.",
            health.inference_ms / 1_000.0,
        ),
        _metric("core_share", "gauge", "CPU time over wall time.", health.core_share),
        _metric("sound_age_seconds", "gauge", "Since sound last arrived.", health.sound_age_s),
    ]
    resident_bytes = _resident_bytes()
    if resident_bytes is not None:
        metrics.append(
            _metric("resident_memory_bytes", "gauge", "Memory of the process.", resident_bytes)
        )
    return "".join(metrics)


def _metric(
    name: str, kind: Kind, told: str, value: float, labels: Mapping[str, str] | None = None
) -> str:
    return _head(name, kind, told) + _sample(name, value, labels or {})


def _states(health: Health) -> str:
    samples = [_sample("state", health.state == each, {"state": each}) for each in _STATES]
    return _head("state", "gauge", "1 for the state that listening is in.") + "".join(samples)


def _head(name: str, kind: Kind, told: str) -> str:
    return f"# HELP datar_edge_{name} {told}\n# TYPE datar_edge_{name} {kind}\n"


def _sample(name: str, value: float, labels: Mapping[str, str]) -> str:
    named = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"datar_edge_{name}{f'{{{named}}}' if named else ''} {_number(value)}\n"


def _number(value: float) -> str:
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _resident_bytes() -> int | None:
    """Linux only."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except OSError:
        return None
