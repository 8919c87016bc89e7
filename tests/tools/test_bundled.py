"""The parts of the bundled model's recipe that no command of datar-edge has."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from datar_edge.models import Checkpoint, build
from datar_edge.presets import preset

TOOLS = Path(__file__).parents[2] / "tools"


def tool(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOLS))
    return importlib.import_module(name)


def checkpoint(seed: int, *, labels: tuple[str, ...] = ("a", "b")) -> Checkpoint:
    torch.manual_seed(seed)
    model = build(preset("conv-micro"), heads={"class": len(labels)}).eval()
    torch.nn.init.constant_(model.get_parameter("heads.0.bias"), float(seed))
    return Checkpoint(model=model, heads={"class": labels}, provenance={"data": "some"})


def test_weights_are_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    average = tool("bundled_average", monkeypatch)
    members = [checkpoint(seed) for seed in (1, 2, 6)]
    kept = [{name: one.clone() for name, one in m.model.state_dict().items()} for m in members]
    mean = average.averaged(members)
    state = mean.model.state_dict()
    assert state["heads.0.bias"].tolist() == [3.0, 3.0]
    for name, tensor in state.items():
        expected = (kept[0][name].double() + kept[1][name] + kept[2][name]) / 3
        assert tensor.dtype == kept[0][name].dtype
        # One rounding to float32.
        torch.testing.assert_close(tensor.double(), expected.double(), rtol=1e-7, atol=1e-12)
    assert mean.provenance["data"] == "some"
    assert mean.provenance["averaged"] == "the mean of 3 runs from the same first weights"


def test_unlike_models_are_not_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    average = tool("bundled_average", monkeypatch)
    with pytest.raises(ValueError, match="more than their weights"):
        average.averaged([checkpoint(1), checkpoint(2, labels=("b", "a"))])


def test_the_card_counts_clips_not_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tool("bundled_card", monkeypatch)

    def evaluated(right: int, clips: int) -> dict[str, Any]:
        head = {"mean_average_precision": 0.5, "per_class": {"a": {"top1": 0.5, "clips": clips}}}
        return {"top1": right / clips, "top5": 1.0, "clips": clips, "heads": {"class": head}}

    runs = {(1, 1): evaluated(1, 4), (2, 1): evaluated(12, 12), (1, 2): evaluated(2, 4)}
    runs[2, 2] = evaluated(6, 12)
    results = cards.CrossValidation(runs, {1: evaluated(3, 4), 2: evaluated(9, 12)})
    assert cards._fold_rows(results) == [
        "| 1 | 4 | 25.0% | 50.0% | **75.0%** | 100.0% | 0.500 |",
        "| 2 | 12 | 100.0% | 50.0% | **75.0%** | 100.0% | 0.500 |",
        "| all | 16 | 81.2% | 50.0% | **75.0%** |  |  |",
    ]
    assert cards._class_rows(results.means.values()) == ["| a | 8 of 16 |"]
