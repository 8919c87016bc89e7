"""The layers of an exported file beside the float model's, as data and as a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from datar_edge.cli.output import rendered

if TYPE_CHECKING:
    from datar_edge.report.layers import LayerReport


def finite(value: float) -> float | None:
    """JSON has no infinity: what is unbounded, or without noise, is null."""
    return value if math.isfinite(value) else None


def layers_document(report: LayerReport) -> dict[str, Any]:
    """The report for `--json`."""
    return {
        "first_below_bound": report.first,
        "bound_db": report.bound_db,
        "windows": report.windows,
        "probe": {
            "exported_from": str(report.source),
            "max_abs_score_diff_to_artifact": report.probe_score_diff,
            "is_artifact": report.probe_is_file,
        },
        "layers": [
            {
                "layer": each.layer,
                "sqnr_db": finite(each.sqnr_db),
                "max_rel_diff": finite(each.max_rel_diff),
            }
            for each in report.layers
        ],
    }


def layers_table(document: dict[str, Any], *, to_terminal: bool) -> str:
    """The document of `layers_document` for people."""
    from rich.table import Table  # noqa: PLC0415 (60 ms that --json does not need)

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Layer", no_wrap=True)
    table.add_column("SQNR dB", justify="right", no_wrap=True)
    table.add_column("Largest difference", justify="right", no_wrap=True)
    table.add_column("")
    first = document["first_below_bound"]
    for each in document["layers"]:
        sqnr, relative = each["sqnr_db"], each["max_rel_diff"]
        here = each["layer"] == first
        table.add_row(
            each["layer"],
            "∞" if sqnr is None else f"{sqnr:.1f}",
            "∞" if relative is None else f"{relative:.1e}",
            f"← first below {document['bound_db']:g} dB" if here else "",
            style="bold" if here else "",
        )
    return f"{_explained(document)}\n{rendered(table, to_terminal=to_terminal)}"


def _explained(document: dict[str, Any]) -> str:
    probe = document["probe"]
    same = probe["max_abs_score_diff_to_artifact"]
    verdict = (
        "so it speaks for the file"
        if probe["is_artifact"]
        else "so it is not quite the file: the file has other weights, another calibration, or "
        "was made by another version"
    )
    return (
        f"Layer by layer on {document['windows']} windows, the loudest of the first clips. A file "
        f"shows its scores only, so this is\na probe: {probe['exported_from']} exported the same "
        f"way once more, with the layers as outputs.\nIts scores differ from the file's by "
        f"{same:.1e} at most, {verdict}."
    )
