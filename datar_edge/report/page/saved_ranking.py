"""A ranking of layers that `datar-edge quantize --sensitivity --json` printed into a file."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datar_edge.errors import ConfigError
from datar_edge.report.page.plan import Figures

_FIX = "Give what `datar-edge quantize MODEL --sensitivity --data SET --json` printed."
_NUMBERS = ("weights", "windows", "top1_agreement", "max_abs_logit_diff")


def read_ranking(path: Path, weights: Mapping[str, int]) -> Figures:
    """The ranking, once it is one of a model with these layers.

    Args:
        path: the file.
        weights: elements of each layer's weights, by the layer's name.

    Raises:
        ConfigError: the file is missing, holds something else, or ranks another model.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        layers = [_layer(row) for row in document["sensitivity"]]
        about = {name: str(document[name]) for name in ("target", "quantize", "recipe")}
        float_layers = [str(layer) for layer in document["mix"]["float_layers"]]
        written_s = path.stat().st_mtime
    except OSError as error:
        raise ConfigError(f"--ranking {path} cannot be read: {error.strerror}", fix=_FIX) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(f"--ranking {path} holds no ranking of layers", fix=_FIX) from error
    if {each["layer"]: each["weights"] for each in layers} != dict(weights):
        raise ConfigError(f"--ranking {path} ranks the layers of another model", fix=_FIX)
    written = dt.datetime.fromtimestamp(written_s, dt.timezone.utc)
    return {
        **about,
        "saved_in": str(path),
        "saved": written.isoformat(timespec="seconds"),
        "float_layers": float_layers,
        "layers": layers,
    }


def _layer(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row, its types checked.

    Raises:
        KeyError: a figure is missing.
        TypeError: a figure is no finite number.
    """
    sqnr = row["sqnr_db"]
    numbers = {name: row[name] for name in _NUMBERS}
    for each in (*numbers.values(), *(() if sqnr is None else (sqnr,))):
        if isinstance(each, bool) or not math.isfinite(each):
            raise TypeError(each)
    return {"layer": str(row["layer"]), "sqnr_db": sqnr, **numbers}
