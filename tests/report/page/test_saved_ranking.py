from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datar_edge.errors import ConfigError
from datar_edge.report.page.saved_ranking import read_ranking

WEIGHTS = {"model.stem": 10, "model.heads": 20}


def document(**changes: object) -> dict[str, Any]:
    row = {"windows": 4, "sqnr_db": 30.0, "top1_agreement": 1.0, "max_abs_logit_diff": 0.1}
    return {
        "target": "tflite",
        "quantize": "int8",
        "recipe": "a_recipe",
        "sensitivity": [
            {"layer": layer, "weights": count, **row, **changes} for layer, count in WEIGHTS.items()
        ],
        "mix": {"float_layers": ["model.stem"]},
    }


def test_what_quantize_printed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ranking.json"
    path.write_text(json.dumps(document(sqnr_db=None)))
    found = read_ranking(path, WEIGHTS)
    assert [each["layer"] for each in found["layers"]] == list(WEIGHTS)
    assert [each["sqnr_db"] for each in found["layers"]] == [None, None]
    assert found["float_layers"] == ["model.stem"]
    assert (found["quantize"], found["saved_in"]) == ("int8", str(path))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("", "holds no ranking"),
        ("{}", "holds no ranking"),
        ("[" * 100_000, "holds no ranking"),
        (json.dumps({**document(), "sensitivity": "none"}), "holds no ranking"),
        (json.dumps(document(sqnr_db="30")), "holds no ranking"),
        (json.dumps(document(sqnr_db=float("nan"))), "holds no ranking"),
        (json.dumps(document(top1_agreement=True)), "holds no ranking"),
        (json.dumps(document(weights=11)), "the layers of another model"),
        (json.dumps({**document(), "sensitivity": []}), "the layers of another model"),
    ],
)
def test_anything_else_is_refused(text: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "ranking.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=told):
        read_ranking(path, WEIGHTS)
