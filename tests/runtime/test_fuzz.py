"""Damaged model files: no crash, no hang, nothing but our own errors; `make fuzz` has many more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datar_edge.card import ModelCard
from datar_edge.errors import CardError
from datar_edge.runtime import read_model_card
from tools.fuzz.run import escaped, fuzz

FEW_SEALED, FEW_BARE = 60, 20


def test_a_damaged_file_of_ours_is_refused(each_kind: list[Path], tmp_path: Path) -> None:
    """Each change of a file that tells its own hash is noticed, of weights as of structure."""
    with_seal, _ = each_kind
    check_sealed(fuzz("models", with_seal, FEW_SEALED, tmp_path))


def test_a_damaged_file_without_a_seal_harms_nothing(each_kind: list[Path], tmp_path: Path) -> None:
    _, bare = each_kind
    check_errors(fuzz("models", bare, FEW_BARE, tmp_path))


@pytest.mark.parametrize(
    "value",
    ["null", "-1", "0", "1e999", "NaN", "[]", "{}", '""', "true", "9" * 30, '"x"', "[[1]]", "0.5"],
)
def test_a_card_with_any_value_anywhere_is_read_or_refused(value: str) -> None:
    lines = read_model_card().to_json().splitlines(keepends=True)
    refused = 0
    for number, line in enumerate(lines):
        name, colon, old = line.partition(": ")
        if not colon:
            continue
        end = ",\n" if old.endswith(",\n") else "\n"
        opening = {"{\n": '{"rest": ', "[\n": '["rest", '}.get(old, "")
        changed = f"{name}: {opening}{value}{'' if opening else end}"
        try:
            ModelCard.from_json("".join([*lines[:number], changed, *lines[number + 1 :]]))
        except CardError:
            refused += 1
    assert refused > 5


def check_errors(results: list[dict[str, Any]]) -> None:
    assert escaped(results) == []


def check_sealed(results: list[dict[str, Any]]) -> None:
    check_errors(results)
    unnoticed = [result for result in results if result["ended"] == "ran" and not result["whole"]]
    assert unnoticed == []
    refused = [result for result in results if "is damaged" in result["told"]]
    assert len(refused) > len(results) / 3
