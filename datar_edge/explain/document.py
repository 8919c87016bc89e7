"""The figures behind the picture, as plain data for JSON."""

from __future__ import annotations

from typing import Any

from datar_edge.explain.captured import AttentionLayer
from datar_edge.explain.departure import Departure
from datar_edge.explain.explanation import Comparison, Explanation
from datar_edge.runtime.scorer import WindowScores


def document_of(explanation: Explanation) -> dict[str, Any]:
    """All that the picture shows but its images.

    Args:
        explanation: what is shown.
    """
    start_s, end_s = explanation.shown_s
    window = explanation.window
    compared = explanation.comparison
    config = explanation.event_config
    return {
        "file": explanation.name,
        "model": explanation.model,
        "head": explanation.head,
        "labels": list(explanation.labels),
        "duration_s": explanation.sound.duration_s,
        "start_threshold": config.start_threshold,
        "stop_threshold": config.stop_below,
        "windows": [_scores(each, explanation.head) for each in explanation.sound.scores[0]],
        "events": [
            {
                "label": event.label,
                "start_s": event.start_s,
                "end_s": event.end_s,
                "max_score": event.max_score,
            }
            for event in explanation.events[0]
        ],
        "looked_into": {
            "start_s": start_s,
            "end_s": end_s,
            "scores": window.scores[explanation.head].tolist(),
            "adaptor_rms_share": window.added_share,
            "attention": [
                _group(explanation, layer, group)
                for layer in explanation.layers
                for group in range(layer.groups)
            ],
        },
        **({} if compared is None else {"compared": _compared(explanation, compared)}),
    }


def _scores(window: WindowScores, head: str) -> dict[str, Any]:
    return {
        "start_s": window.start_s,
        "end_s": window.end_s,
        "scores": None if window.scores is None else window.scores[head].tolist(),
    }


def _group(explanation: Explanation, layer: AttentionLayer, group: int) -> dict[str, Any]:
    input_px = layer.scale.at(layer.points_px[group])
    seconds = explanation.axes.seconds(input_px[:, 1])
    hertz = explanation.axes.hertz(input_px[:, 0])
    first = group * layer.heads_per_group + 1
    return {
        "layer": layer.path,
        "stage": layer.stage,
        "block": layer.block,
        "group": group + 1,
        "heads": list(range(first, first + layer.heads_per_group)),
        "points": [
            {
                "time_s": float(t),
                "frequency_hz": float(f),
                "weight": float(w),
                "samples_map": bool(s),
            }
            for t, f, w, s in zip(
                seconds, hertz, layer.mean_weights()[group], layer.sees()[group], strict=True
            )
        ],
    }


def _compared(explanation: Explanation, compared: Comparison) -> dict[str, Any]:
    return {
        "file": compared.file,
        "quantize": compared.quantize,
        "windows": [_scores(each, explanation.head) for each in explanation.sound.scores[1]],
        "part_most": None
        if compared.departure is None
        else _part_most(explanation, compared.departure),
    }


def _part_most(explanation: Explanation, departure: Departure) -> dict[str, Any]:
    window = explanation.sound.scores[0][departure.window]
    return {
        "window": departure.window,
        "start_s": window.start_s,
        "end_s": window.end_s,
        "label": explanation.labels[departure.label],
        "float_score": departure.float_score,
        "file_score": departure.file_score,
        "same_best_label": departure.same_best,
    }
