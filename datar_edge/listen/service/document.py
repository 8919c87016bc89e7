"""Health as JSON."""

from __future__ import annotations

import math
from typing import Any

from datar_edge.listen.health import Health

_SECONDS_DIGITS = 3
_SCORE_DIGITS = 4


def health_document(health: Health, problem: str) -> dict[str, Any]:
    """What `/health` and the status file tell.

    Args:
        health: the snapshot.
        problem: what is wrong; empty where all is well.

    Returns:
        The fields of `Health`, `healthy` and `problem`; the level is None for digital silence,
        for which JSON has no number.
    """
    level_dbfs = health.level_dbfs
    return {
        "healthy": not problem,
        "problem": problem,
        "state": health.state,
        "source": health.source,
        "time_s": round(health.time_s, _SECONDS_DIGITS),
        "windows": health.windows,
        "events": health.events,
        "dropped_s": round(health.dropped_s, _SECONDS_DIGITS),
        "level_dbfs": round(level_dbfs, 1) if math.isfinite(level_dbfs) else None,
        "inference_ms": round(health.inference_ms, 2),
        "core_share": round(health.core_share, 4),
        "sound_age_s": round(health.sound_age_s, _SECONDS_DIGITS),
        "running": [
            {
                "id": event.id,
                "label": event.label,
                "start_s": round(event.start_s, _SECONDS_DIGITS),
                "score": round(event.score, _SCORE_DIGITS),
            }
            for event in health.running
        ],
        "tags": [
            {"label": tag.label, "score": round(tag.score, _SCORE_DIGITS)} for tag in health.tags
        ],
    }
