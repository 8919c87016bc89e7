"""The plain convolutional network: its shape, its count by hand, and its way into a file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from datar_edge.config import ConvConfig, config_from_dict
from datar_edge.errors import ConfigError
from datar_edge.models import Checkpoint, build, load_checkpoint, save_checkpoint
from datar_edge.models.count import count_macs, count_parameters
from datar_edge.presets import FBANKS

TOY = ConvConfig(preset="toy", fbank=FBANKS["micro"], widths=(4, 8), depth=2)


def test_its_parameters_and_products_are_those_counted_by_hand() -> None:
    model = build(TOY, heads={"class": 3})
    kernels = 9 * (1 * 4 + 4 * 4 + 4 * 8 + 8 * 8)
    norms = 2 * (4 + 4 + 8 + 8)
    assert count_parameters(model) == kernels + norms + 8 * 3 + 3
    first, second = (32 * 128, 16 * 64)
    by_hand = 9 * (first * (1 * 4 + 4 * 4) + second * (4 * 8 + 8 * 8)) + 8 * 3
    assert count_macs(model) == by_hand


def test_maps_are_halved_and_their_mean_is_what_heads_see() -> None:
    model = build(TOY, heads={"class": 3}).eval()
    log_mel = torch.randn(2, 256, 64, generator=torch.Generator().manual_seed(1))
    maps = []
    for stage in model.stages:
        stage.register_forward_hook(lambda _module, _given, out: maps.append(out))
    logits = model(log_mel)["class"]
    assert [tuple(each.shape[1:3]) for each in maps] == [TOY.map_size(0), TOY.map_size(1)]
    expected = maps[-1].mean(dim=(1, 2)) @ model.heads[0].weight.T + model.heads[0].bias
    torch.testing.assert_close(logits, expected)


def test_it_is_read_back(tmp_path: Path) -> None:
    assert config_from_dict(TOY.to_dict()) == TOY
    checkpoint = Checkpoint(model=build(TOY, heads={"class": 2}), heads={"class": ("a", "b")})
    save_checkpoint(tmp_path / "a.safetensors", checkpoint)
    again = load_checkpoint(tmp_path / "a.safetensors").model
    for name, tensor in checkpoint.model.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], tensor, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"widths": ()}, "widths"),
        ({"widths": (1,) * 7}, "widths"),
        ({"widths": (4, 0)}, "widths"),
        ({"depth": 0}, "depth"),
        ({"dropout": 1.0}, "dropout"),
        ({"drop_path": 0.1}, "drop_path"),
    ],
)
def test_values_out_of_range_are_told(change: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        ConvConfig(**{"preset": "toy", "fbank": FBANKS["micro"], **change})


@pytest.mark.parametrize("name", ["conv-micro", "ast-micro"])
def test_what_datar_micro_is_compared_with_costs_about_the_same(name: str) -> None:
    ours, other = (count_macs(build(each, heads={"class": 10})) for each in ("datar-micro", name))
    assert 0.7 < other / ours < 1.4
