"""`datar-edge info`: what a preset or a model file is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from datar_edge.bundled import bundled_tflite
from datar_edge.cli.options import JsonOption
from datar_edge.cli.output import as_json, emit, rendered
from datar_edge.extras import require
from datar_edge.presets import PRESETS
from datar_edge.runtime import read_model_card
from datar_edge.runtime.open import kind_of

_PURPOSE = "telling what a preset or a checkpoint is"


def info(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="A preset, a checkpoint or an exported file.",
            show_default="the bundled model",
        ),
    ] = None,
    to_json: JsonOption = False,
) -> None:
    """Tells what a model is: input, labels, size, origin.

    Example: datar-edge info model.tflite --json
    """
    facts = _facts(model)
    emit(as_json(facts) if to_json else _table(facts), None)


def _facts(model: str | None) -> Mapping[str, Any]:
    path = bundled_tflite() if model is None else Path(model)
    if model in PRESETS and not path.exists():
        return _described("describe_preset", model)
    if kind_of(path) == "checkpoint":
        return _described("describe_checkpoint", path)
    return _exported_facts(path)


def _described(function: str, subject: object) -> Mapping[str, Any]:
    describe = require("datar_edge.report.describe", extra="train", purpose=_PURPOSE)
    facts: Mapping[str, Any] = getattr(describe, function)(subject)
    return facts


def _exported_facts(path: Path) -> Mapping[str, Any]:
    card = read_model_card(path)
    return {
        "preset": card.preset,
        "parameters": card.parameters,
        "macs": card.macs,
        "input": {
            "kind": card.input_kind,
            "sample_rate_hz": card.sample_rate_hz,
            "samples": card.window_samples,
        },
        "heads": {head: list(labels) for head, labels in card.heads.items()},
        "file": str(path),
        "format": kind_of(path),
        "size_bytes": path.stat().st_size,
        "window_s": card.window_s,
        "hop_s": card.hop_s,
        "activation": card.activation,
        "threshold": card.threshold,
        "quantize": card.quantize,
        "sampler": card.sampler,
        "fbank": dataclasses.asdict(card.fbank),
        "provenance": dict(card.provenance),
        "parity": dict(card.parity),
    }


def _table(facts: Mapping[str, Any]) -> str:
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    result = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    result.add_column(style="bold", no_wrap=True)
    result.add_column(overflow="fold")
    for name, value in _rows(facts):
        result.add_row(escape(name), escape(value))
    return rendered(result)


def _rows(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _rows(value, f"{prefix}{name}.")
        elif isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            for number, item in enumerate(value, start=1):
                yield (
                    f"{prefix}{name}.{item.get('part', number)}",
                    ", ".join(f"{k} {_told(v)}" for k, v in item.items() if k != "part"),
                )
        elif isinstance(value, list):
            yield f"{prefix}{name}", ", ".join(map(str, value))
        else:
            yield f"{prefix}{name}", _number(value)


def _told(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return _number(value)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)
