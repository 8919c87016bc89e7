"""`datar-edge import-weights`: a checkpoint that starts from weights of DAT, trained on images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from datar_edge.cli.options import ForceOption, JsonOption, VariantsOption
from datar_edge.cli.output import as_json, check_output, emit, rendered
from datar_edge.errors import ConfigError
from datar_edge.extras import require
from datar_edge.presets import preset as known_preset
from datar_edge.variants import varied

if TYPE_CHECKING:
    from datar_edge.models.dat_weights import Row

_PURPOSE = "importing weights"
_FATES = ("taken", "resized", "new", "left over")


def import_weights(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="State dict of DAT's released code: .pth, .pt or .safetensors."
        ),
    ],
    *,
    heads: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=N|FILE",
            help="A classifier: number of classes, or a file with a label a line; may be given "
            "again.",
        ),
    ],
    output: Annotated[Path, typer.Option(metavar="FILE", help="The checkpoint to write.")],
    preset: Annotated[
        str, typer.Option(help="The model; its widths and depths have to be the file's.")
    ] = "datar-tiny",
    variants: VariantsOption = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of what is new.")] = 1,
    force: ForceOption = False,
    to_json: JsonOption = False,
) -> None:
    """Writes a checkpoint from weights of DAT, and tells what became of each tensor.

    The file is read as tensors only; no code in it is run. With --variant as-released the model's
    offset generator is that of DAT's code, and what it computes of an image is the same.

    Example: datar-edge import-weights dat.pth --heads class=labels.txt --output start.safetensors
    """
    check_output(output, force=force)
    labels = dict(_head(text) for text in heads)
    require("torch", extra="train", purpose=_PURPOSE)
    rows = _write(file, labels, output, preset=preset, variants=variants or (), seed=seed)
    if to_json:
        emit(as_json({"checkpoint": str(output), "tensors": [_fields(row) for row in rows]}), None)
    else:
        emit(_table(rows, output), None)


def _head(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, given = text.partition("=")
    if not name or not given:
        raise ConfigError(f"--heads is {text!r}", fix="Give it as class=10 or class=labels.txt.")
    if given.isdecimal():
        if int(given) < 1:
            raise ConfigError(f"--heads is {text!r}", fix="Give 1 class or more.")
        return name, tuple(f"{name} {number}" for number in range(int(given)))
    try:
        lines = Path(given).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"--heads {text}: {given} cannot be read: {error}",
            fix="Give a number of classes, or a text file with a label a line.",
        ) from error
    labels = tuple(line.strip() for line in lines if line.strip())
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if not labels or twice is not None:
        problem = "holds no labels" if not labels else f"holds the label {twice!r} twice"
        raise ConfigError(f"--heads {text}: {given} {problem}", fix="Write each label once.")
    return name, labels


def _write(
    file: Path,
    heads: dict[str, tuple[str, ...]],
    output: Path,
    *,
    preset: str,
    variants: Sequence[str],
    seed: int,
) -> Sequence[Row]:
    import torch  # noqa: PLC0415 (after the extra is there)

    from datar_edge.models.checkpoint import Checkpoint, save_checkpoint  # noqa: PLC0415
    from datar_edge.models.construct import build  # noqa: PLC0415
    from datar_edge.models.dat_weights import import_weights as fill  # noqa: PLC0415
    from datar_edge.models.foreign_state import read_state  # noqa: PLC0415

    config = varied(known_preset(preset), variants)
    torch.manual_seed(seed)
    model = build(config, heads={name: len(labels) for name, labels in heads.items()})
    with torch.no_grad():
        rows = fill(model, read_state(file))
    provenance = {"weights": f"DAT, imported from {file.name}"}
    save_checkpoint(output, Checkpoint(model=model.eval(), heads=heads, provenance=provenance))
    return rows


def _fields(row: Row) -> dict[str, Any]:
    return {"name": row.name, "fate": row.fate, "shape": list(row.shape), "note": row.note}


def _table(rows: Sequence[Row], output: Path) -> str:
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Tensor", "Became", "Shape", "From, or why"):
        table.add_column(name, no_wrap=name == "Became")
    for row in rows:
        shape = "×".join(map(str, row.shape)) or "scalar"
        table.add_row(escape(row.name), row.fate, shape, escape(row.note))
    counts = {fate: sum(row.fate == fate for row in rows) for fate in _FATES}
    told = ", ".join(f"{count} {fate}" for fate, count in counts.items())
    return f"{rendered(table)}\n{told}\nWrote {output}"
