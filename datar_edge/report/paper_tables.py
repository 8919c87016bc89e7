"""The paper's tables as data: what each row trains, and the figures that it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Model = Literal["datar", "ast"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperRow:
    """One row.

    Attributes:
        name: as in the paper.
        figures: percent by metric, as the paper reports them.
        model: which of the two is trained; None for another's work, which is not run.
        variants: what is changed of DATAR, see `datar_edge.variants`.
    """

    name: str
    figures: Mapping[str, float]
    model: Model | None = None
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperTable:
    """One table.

    Attributes:
        title: as in the paper.
        data: the data set's own name, as its reader gives it.
        epochs: that the paper trained.
        rows: in the paper's order.
        learning_rate: of AdamW.
        start: what weights the paper started from.
    """

    title: str
    data: str
    epochs: int
    rows: tuple[PaperRow, ...]
    learning_rate: float = 1e-5
    start: str = field(default="ImageNet-1K weights")


def _one_head(
    name: str,
    top1: float,
    top5: float,
    *,
    model: Model | None = None,
    variants: tuple[str, ...] = (),
) -> PaperRow:
    figures = {"top1": top1, "top5": top5}
    return PaperRow(name=name, figures=figures, model=model, variants=variants)


def _kitchen(
    name: str, verb: float, noun: float, action: float, *, model: Model | None = None
) -> PaperRow:
    figures = {"verb_top1": verb, "noun_top1": noun, "all_heads_top1": action}
    return PaperRow(name=name, figures=figures, model=model)


TABLES: Mapping[str, PaperTable] = {
    "table1": PaperTable(
        title="Comparison on Kinetics-Sounds",
        data="Kinetics-Sounds",
        epochs=300,
        rows=(
            _one_head("AST", 52.6, 71.5, model="ast"),
            _one_head("DATAR (deformable + adaptor)", 71.5, 90.5, model="datar"),
        ),
    ),
    "table2": PaperTable(
        title="Comparison on VGGSound",
        data="VGGSound",
        epochs=50,
        rows=(
            _one_head("AST", 52.3, 78.1, model="ast"),
            _one_head("Chen et al.", 48.8, 76.5),
            _one_head("AudioSlowFast", 50.1, 77.9),
            _one_head("DATAR (deformable + adaptor)", 55.5, 80.2, model="datar"),
        ),
    ),
    "table3": PaperTable(
        title="Comparison on EPIC-KITCHENS-100",
        data="EPIC-KITCHENS-100",
        epochs=100,
        rows=(
            _kitchen("AST", 44.3, 22.4, 13.0, model="ast"),
            _kitchen("Damen et al.", 42.1, 21.5, 14.8),
            _kitchen("AudioSlowFast", 46.5, 22.8, 15.4),
            _kitchen("DATAR (deformable + adaptor)", 48.7, 22.9, 16.3, model="datar"),
        ),
    ),
    "table4": PaperTable(
        title="Ablation on Kinetics-Sounds",
        data="Kinetics-Sounds",
        epochs=300,
        rows=(
            _one_head(
                "without deformable",
                69.4,
                86.6,
                model="datar",
                variants=("no-deformable", "no-adaptor"),
            ),
            _one_head("with deformable", 70.5, 89.9, model="datar", variants=("no-adaptor",)),
            _one_head(
                "deformable + N(0, 0.005)", 70.2, 90.1, model="datar", variants=("gaussian",)
            ),
            _one_head(
                "deformable + L(0, 0.005)", 70.5, 89.6, model="datar", variants=("laplacian",)
            ),
            _one_head(
                "deformable + adaptor, λ = 0.2",
                70.5,
                90.2,
                model="datar",
                variants=("adaptor-0.2",),
            ),
            _one_head(
                "deformable + adaptor, λ = 0.005",
                71.5,
                90.5,
                model="datar",
                variants=("adaptor-0.005",),
            ),
        ),
    ),
}
"""By the names that `datar-edge reproduce` takes."""
