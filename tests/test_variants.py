"""Each switch of Table 4, and each option of DAT's code, is one change that trains and runs."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from datar_edge.config import DatarConfig, DeformableConfig, FbankConfig, StageConfig
from datar_edge.errors import ConfigError
from datar_edge.models import build
from datar_edge.presets import preset
from datar_edge.variants import VARIANTS, varied

SMALL = DatarConfig(
    preset="test",
    fbank=FbankConfig(num_mel_bins=32, window_s=0.3, num_frames=64),
    stages=tuple(
        StageConfig(
            embed_dim=8 * 2**index,
            num_heads=2,
            blocks=("local", "deformable"),
            window=(1, 2),
            deformable=DeformableConfig(groups=2),
        )
        for index in range(4)
    ),
)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_learns(name: str) -> None:
    torch.manual_seed(0)
    model = build(varied(SMALL, [name]), heads={"class": 3})
    logits = model(torch.randn(2, SMALL.fbank.frames_in_window, 32))["class"]
    logits.logsumexp(dim=1).sum().backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None]
    assert silent == []
    assert torch.isfinite(logits).all()


def test_variants_change_what_they_say_and_nothing_else() -> None:
    base = preset("datar-micro")
    assert isinstance(base, DatarConfig)
    assert varied(base, []) == base == varied(base, ["adaptor-0.005"])
    local = varied(base, ["no-deformable"])
    assert isinstance(local, DatarConfig)
    assert {kind for stage in local.stages for kind in stage.blocks} == {"local", "shifted"}
    assert dataclasses.replace(local, stages=base.stages) == base
    louder = varied(base, ["adaptor-0.2"])
    assert isinstance(louder, DatarConfig)
    assert louder.adaptor.scale == 0.2
    assert dataclasses.replace(louder, adaptor=base.adaptor) == base


@pytest.mark.parametrize("name", ["gaussian", "laplacian"])
def test_perturbations_are_of_the_scale_they_say_and_for_training_only(name: str) -> None:
    torch.manual_seed(0)
    config = varied(SMALL, [name])
    assert isinstance(config, DatarConfig)
    adaptor = build(config, heads={"class": 2}).adaptor
    quiet = torch.zeros(1, 1, 500, 400)
    noise = adaptor.train()(quiet)
    expected = {"gaussian": 0.005, "laplacian": 0.005 * 2**0.5}[name]  # scale b has deviation b√2
    assert noise.std().item() == pytest.approx(expected, rel=0.02)
    assert torch.equal(adaptor.eval()(quiet), quiet)


def test_the_bias_can_be_fixed_or_off() -> None:
    shapes = {
        name: {n: tuple(p.shape) for n, p in build(config, heads={"c": 2}).named_parameters()}
        for name in ("fixed-bias", "no-bias")
        if (config := varied(SMALL, [name]))
    }
    name = "stages.3.2.attention.bias_table"
    assert shapes["fixed-bias"][name] == (2, 2, 2)  # heads, queries, points of a map of 1 x 2
    assert name not in shapes["no-bias"]


def test_unknown_and_unfit_variants() -> None:
    with pytest.raises(ConfigError, match="unknown variant 'no-attention'"):
        varied(SMALL, ["no-attention"])
    with pytest.raises(ConfigError, match="ast-base has no variant 'gaussian'"):
        varied(preset("ast-base"), ["gaussian"])
    with pytest.raises(ConfigError, match="has 2 stages"):
        varied(dataclasses.replace(SMALL, stages=SMALL.stages[:2]), ["as-released"])
