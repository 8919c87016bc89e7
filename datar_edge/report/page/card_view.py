"""What the model and its files are, and the model stage by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datar_edge.report.page.formats import megabytes
from datar_edge.report.page.markup import Html, facts, figure, folded, joined, table, tag, text
from datar_edge.report.page.plan import Figures
from datar_edge.report.svg import Bar, bars

_LONG = 200
"""Letters from which a text is folded away."""


def card_view(files: Sequence[tuple[str, Figures]]) -> Html:
    """The cards: of the model, and of what was exported from it.

    Args:
        files: each with its figures, the model first.
    """
    (_, model), *_ = files
    return joined(
        facts(_told(model)),
        *(_labels(head, labels) for head, labels in model["heads"].items()),
        _provenance(model["provenance"]),
        _files(files),
    )


def _told(card: Figures) -> dict[str, str]:
    return {
        "Preset": card["preset"],
        "Input": f"waveform, {card['sample_rate_hz']:,} Hz, windows of {card['window_s']:g} s",
        "Front-end": f"{card['fbank']['num_mel_bins']} mel bands, "
        f"{card['fbank']['num_frames']} frames a window",
        "Scores": card["activation"],
        "Window every": f"{card['hop_s']:g} s",
        "Threshold of an event": f"{card['threshold']:g}",
    }


def _labels(head: str, labels: Sequence[str]) -> Html:
    return folded(f"{len(labels)} labels of head {head}", tag("p", text(", ".join(labels))))


def _provenance(provenance: Mapping[str, str]) -> Html:
    short = {name: told for name, told in provenance.items() if 0 < len(told) <= _LONG}
    long = {name: told for name, told in provenance.items() if len(told) > _LONG}
    folds = (
        folded(f"Provenance: {_words(name)}", tag("pre", tag("code", text(told))))
        for name, told in long.items()
    )
    return joined(
        tag("h3", text("Provenance")) if provenance else Html(""),
        facts({_words(name): told for name, told in short.items()}),
        *folds,
    )


def _files(files: Sequence[tuple[str, Figures]]) -> Html:
    columns = ("File", "Format", "Quantization", "Sampler", "Size MB", "SHA-256")
    rows = [
        (
            name,
            card["format"],
            card["quantize"],
            card["sampler"],
            megabytes(card["size_bytes"]),
            card["sha256"][:16],
        )
        for name, card in files
    ]
    return table("Files, with the first 16 digits of their hash", columns, rows)


def architecture_view(files: Sequence[tuple[str, Figures]]) -> Html:
    """Stages and parts with what they hold and do.

    Args:
        files: the model with its figures.
    """
    ((_, model),) = files
    stages = [
        (
            str(number),
            "×".join(map(str, stage["map"])),
            f"{stage['embed_dim']:,}",
            str(stage["num_heads"]),
            ", ".join(stage["blocks"]),
        )
        for number, stage in enumerate(model["stages"], start=1)
    ]
    return joined(
        table("Stages", ("Stage", "Map", "Width", "Heads", "Blocks"), stages),
        _parts(model["parts"], model["parameters"], model["macs"]),
        figure(
            "Multiply-accumulates of one window by part; the front-end is left out.",
            bars("Multiply-accumulates by part", "millions", _bars(model["parts"])),
        ),
    )


def _parts(parts: Sequence[Mapping[str, Any]], parameters: int, macs: int) -> Html:
    rows = [
        (each["part"], f"{each['parameters']:,}", f"{each['macs'] / 1e6:,.2f}") for each in parts
    ]
    total = ("the model", f"{parameters:,}", f"{macs / 1e6:,.2f}")
    return table("Parts", ("Part", "Parameters", "MACs, millions"), [*rows, total])


def _bars(parts: Sequence[Mapping[str, Any]]) -> list[Bar]:
    return [Bar(name=each["part"], value=each["macs"] / 1e6) for each in parts]


def _words(name: str) -> str:
    return name.replace("_", " ")
