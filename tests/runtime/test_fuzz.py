"""Damaged model files: no crash, no hang, nothing but our own errors."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from datar_edge.card import ModelCard
from datar_edge.errors import CardError
from datar_edge.runtime import read_model_card

WORKER = Path(__file__).with_name("fuzz_worker.py")
SEED = 20_260_101
PROCESSES = 2
ALLOWED_S = 120.0
"""For one mutation; it takes a second, where a runtime is imported and others work some more."""

FEW_SEALED, FEW_BARE, MANY = 60, 20, 1_000


def test_a_damaged_file_of_ours_is_refused(each_kind: list[Path], tmp_path: Path) -> None:
    """Each change of a file that tells its own hash is noticed, of weights as of structure."""
    with_seal, _ = each_kind
    check_sealed(fuzz(with_seal, FEW_SEALED, tmp_path))


def test_a_damaged_file_without_a_seal_harms_nothing(each_kind: list[Path], tmp_path: Path) -> None:
    _, bare = each_kind
    check_errors(fuzz(bare, FEW_BARE, tmp_path))


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


@pytest.mark.slow
def test_a_thousand_damaged_files_of_ours_are_refused(
    each_kind: list[Path], tmp_path: Path
) -> None:
    with_seal, _ = each_kind
    check_sealed(fuzz(with_seal, MANY, tmp_path))


@pytest.mark.slow
def test_a_thousand_damaged_files_without_a_seal_harm_nothing(
    each_kind: list[Path], tmp_path: Path
) -> None:
    _, bare = each_kind
    results = fuzz(bare, MANY, tmp_path)
    check_errors(results)
    assert any(result["ended"] == "ran" for result in results)  # weights may be what they like


def check_errors(results: list[dict[str, Any]]) -> None:
    escaped = [result for result in results if result["ended"] == "escaped"]
    assert escaped == []
    slow = [result for result in results if result["took_s"] > ALLOWED_S]
    assert slow == []


def check_sealed(results: list[dict[str, Any]]) -> None:
    check_errors(results)
    unnoticed = [result for result in results if result["ended"] == "ran" and not result["whole"]]
    assert unnoticed == []
    refused = [result for result in results if "is damaged" in result["told"]]
    assert len(refused) > len(results) / 3


def fuzz(source: Path, count: int, folder: Path) -> list[dict[str, Any]]:
    """What each of so many mutations came to, in their order."""
    share = -(-count // PROCESSES)
    with ThreadPoolExecutor(PROCESSES) as pool:
        firsts = range(0, count, share)
        parts = pool.map(lambda first: run_worker(source, first, share, folder), firsts)
        results = [result for part in parts for result in part]
    assert [result["number"] for result in results] == list(range(len(firsts) * share))
    return results


def run_worker(source: Path, first: int, count: int, folder: Path) -> list[dict[str, Any]]:
    """Results of a process that must live to its end and answer all the time."""
    output = folder / f"results-{first}.jsonl"
    command = [WORKER, source, SEED, first, count, folder]
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, *map(str, command)], stdout=stream, stderr=subprocess.STDOUT
        )
        seen, since_s = 0, time.monotonic()
        while process.poll() is None:
            time.sleep(0.2)
            size = output.stat().st_size
            if size != seen:
                seen, since_s = size, time.monotonic()
            elif time.monotonic() - since_s > 2 * ALLOWED_S:
                process.kill()
    lines = output.read_text(encoding="utf-8").splitlines()
    assert process.returncode == 0, f"status {process.returncode} after {lines[-1:]}"
    return [result for result in map(json.loads, lines) if "ended" in result]
