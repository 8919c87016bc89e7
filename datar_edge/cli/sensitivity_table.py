"""What quantizing each layer costs, as data and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from datar_edge.cli.layers_table import finite
from datar_edge.cli.output import rendered

if TYPE_CHECKING:
    from datar_edge.export.verify import Parity
    from datar_edge.report.mix import Mix
    from datar_edge.report.sensitivity import LayerCost


def sensitivity_document(ranking: Sequence[LayerCost], mix: Mix) -> dict[str, Any]:
    """The ranking and the mix for `--json`."""
    return {
        "sensitivity": [
            {"layer": cost.layer, "weights": cost.weights, **_figures(cost.parity)}
            for cost in ranking
        ],
        "mix": {
            "float_layers": list(mix.float_layers),
            "float_share": round(mix.float_share, 4),
            **_figures(mix.parity),
        },
    }


def sensitivity_table(document: dict[str, Any]) -> str:
    """The document of `sensitivity_document` for people."""
    from rich.table import Table  # noqa: PLC0415 (60 ms that --json does not need)

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Quantized alone", no_wrap=True)
    for name in ("Weights", "SQNR dB", "Same label", "Logit diff"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("In the mix")
    mix = document["mix"]
    for row in document["sensitivity"]:
        table.add_row(
            row["layer"],
            f"{row['weights']:,}",
            *_cells(row),
            "float" if row["layer"] in mix["float_layers"] else "quantized",
        )
    table.add_row("the mix", f"{mix['float_share']:.1%} float", *_cells(mix), "", style="bold")
    return rendered(table)


def _cells(row: dict[str, Any]) -> tuple[str, str, str]:
    sqnr = row["sqnr_db"]
    return (
        "∞" if sqnr is None else f"{sqnr:.1f}",
        f"{row['top1_agreement']:.1%}",
        f"{row['max_abs_logit_diff']:.2e}",
    )


def _figures(parity: Parity) -> dict[str, Any]:
    return {
        "windows": parity.windows,
        "sqnr_db": finite(parity.sqnr_db),
        "top1_agreement": parity.top1_agreement,
        "max_abs_logit_diff": parity.max_abs_logit_diff,
    }
