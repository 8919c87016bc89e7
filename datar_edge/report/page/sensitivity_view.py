"""What quantizing each layer alone costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datar_edge.report.page.formats import decibels, percent, when
from datar_edge.report.page.markup import Html, figure, joined, paragraph, table
from datar_edge.report.page.plan import Figures
from datar_edge.report.svg import Bar, bars

_MOST_BARS = 20


def sensitivity_view(files: Sequence[tuple[str, Figures]]) -> Html:
    """The layers, costliest first.

    Args:
        files: the model with its figures.
    """
    ((_, figures),) = files
    layers = figures["layers"]
    floats = figures.get("float_layers", ())
    columns = ("Quantized alone", "Weights", "SQNR dB", "Same best label", "Logit difference")
    mix = f" The file of that run leaves float: {', '.join(floats)}." if floats else ""
    return joined(
        paragraph(
            "Each layer is quantized alone, all others float, and the file compared with the float "
            f"model on {layers[0]['windows']} windows. The costliest come first.{mix}"
        ),
        paragraph(_saved(figures)) if "saved_in" in figures else Html(""),
        _bars(layers),
        table("Layers by what quantizing them costs", columns, [_row(each) for each in layers]),
    )


def _saved(figures: Figures) -> str:
    return (
        f"From {figures['saved_in']}, written {when(figures['saved'])}: {figures['quantize']} for "
        f"{figures['target']}, recipe {figures['recipe']}."
    )


def _row(layer: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        layer["layer"],
        f"{layer['weights']:,}",
        decibels(layer["sqnr_db"]),
        percent(layer["top1_agreement"]),
        f"{layer['max_abs_logit_diff']:.2e}",
    )


def _bars(layers: Sequence[Mapping[str, Any]]) -> Html:
    rows = [
        Bar(name=each["layer"], value=each["sqnr_db"])
        for each in layers
        if each["sqnr_db"] is not None
    ][:_MOST_BARS]
    if not rows:
        return Html("")
    caption = f"SQNR of the logits with one layer quantized, the {len(rows)} costliest."
    return figure(caption, bars("SQNR by layer", "dB", rows))
