"""The whole network: shapes, independence of form and batch, and what its parts may not do."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from datar_edge.config import (
    AdaptorConfig,
    AdaptorKind,
    DatarConfig,
    DeformableConfig,
    FbankConfig,
    StageConfig,
)
from datar_edge.errors import ConfigError
from datar_edge.models import WaveformModel, build
from datar_edge.models.adaptor import InputAdaptor
from datar_edge.models.deformable_attention import set_sampler
from datar_edge.models.sampling import SAMPLERS
from datar_edge.presets import preset

TINY = DatarConfig(
    preset="test",
    fbank=FbankConfig(num_mel_bins=16, window_s=0.3, num_frames=32),
    stages=(
        StageConfig(embed_dim=8, num_heads=2, blocks=("local", "shifted"), window=(2, 4)),
        StageConfig(
            embed_dim=16,
            num_heads=4,
            blocks=("local", "deformable"),
            window=(2, 4),
            deformable=DeformableConfig(groups=2),
        ),
    ),
)


def test_micro_is_about_three_million_parameters() -> None:
    count = sum(p.numel() for p in build("datar-micro", heads={"class": 10}).parameters())
    assert 2.5e6 < count < 3.5e6


@pytest.mark.parametrize("stem", ["patch", "conv"])
@pytest.mark.parametrize("local_unit", [False, True])
def test_heads_and_shapes(stem: str, local_unit: bool) -> None:
    config = dataclasses.replace(TINY, stem=stem, local_unit=local_unit)
    model = build(config, heads={"verb": 5, "noun": 7})
    logits = model(torch.randn(3, config.fbank.frames_in_window, 16))
    assert {name: tuple(values.shape) for name, values in logits.items()} == {
        "verb": (3, 5),
        "noun": (3, 7),
    }


def test_all_sampler_forms_give_the_same() -> None:
    torch.manual_seed(1)
    model = build("datar-micro", heads={"class": 10}).eval()
    log_mel = torch.randn(2, 254, 64)
    with torch.no_grad():
        expected = model(log_mel)["class"]
        for form in SAMPLERS:
            set_sampler(model, form)
            assert (model(log_mel)["class"] - expected).abs().max() <= 1e-5


def test_an_example_does_not_depend_on_its_batch() -> None:
    torch.manual_seed(2)
    model = build(TINY, heads={"class": 3}).eval()
    log_mel = torch.randn(4, TINY.fbank.frames_in_window, 16)
    with torch.no_grad():
        together = model(log_mel)["class"]
        alone = torch.cat([model(one[None])["class"] for one in log_mel])
    assert (together - alone).abs().max() <= 1e-5


def test_missing_frames_are_the_training_mean() -> None:
    model = build(TINY, heads={"class": 3})
    model.set_normalisation(-4.0, 3.0)
    frames = TINY.fbank.frames_in_window
    normalised = model.normalise(torch.full((1, frames, 16), -1.0))
    assert normalised.shape == (1, 1, 16, 32)
    assert torch.equal(normalised[..., :frames], torch.ones(1, 1, 16, frames))
    assert not normalised[..., frames:].any()


def test_every_parameter_learns() -> None:
    torch.manual_seed(3)
    model = build(TINY, heads={"class": 3})
    logits = model(torch.randn(2, TINY.fbank.frames_in_window, 16))["class"]
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 2])).backward()
    silent = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    # A key's bias moves all logits of a query alike, which the softmax takes out again.
    assert [name for name in silent if not name.endswith("key.linear.bias")] == []


def test_waveform_model_gives_scores() -> None:
    torch.manual_seed(4)
    model = WaveformModel(build("datar-micro", heads={"class": 10})).eval()
    for waveform in (torch.zeros(1, 40_960), torch.ones(1, 40_960), torch.randn(1, 40_960).sign()):
        with torch.no_grad():
            (scores,) = model(waveform)
        assert scores.shape == (1, 10)
        assert scores.sum().item() == pytest.approx(1.0, abs=1e-5)


def test_learned_adaptor_is_equation_5() -> None:
    torch.manual_seed(5)
    adaptor = InputAdaptor(AdaptorConfig(scale=0.2))
    image = torch.randn(1, 1, 5, 6)
    weight, bias = adaptor.conv.weight[0, 0], adaptor.conv.bias[0]
    padded = torch.zeros(7, 8)
    padded[1:6, 1:7] = image[0, 0]
    expected = torch.stack(
        [
            torch.stack(
                [
                    image[0, 0, y, x] + 0.2 * (bias + (weight * padded[y : y + 3, x : x + 3]).sum())
                    for x in range(6)
                ]
            )
            for y in range(5)
        ]
    )
    assert (adaptor(image)[0, 0] - expected).abs().max() <= 1e-6


@pytest.mark.parametrize("kind", ["gaussian", "laplacian"])
def test_a_perturbation_is_finite_however_many_values_it_has(kind: AdaptorKind) -> None:
    """Uniform float32 numbers are exactly zero once in 2^24, where a logarithm is infinite."""
    torch.manual_seed(1)  # has three such numbers
    adaptor = InputAdaptor(AdaptorConfig(kind=kind, scale=0.005)).train()
    assert adaptor(torch.zeros(1, 1, 1, 2**25)).isfinite().all()


@pytest.mark.parametrize(("kind", "deviation"), [("gaussian", 1.0), ("laplacian", 2**0.5)])
def test_perturbations_have_their_scale_and_only_train(kind: str, deviation: float) -> None:
    torch.manual_seed(6)
    adaptor = InputAdaptor(AdaptorConfig(kind=kind, scale=0.1))
    image = torch.zeros(1, 1, 300, 300)
    assert adaptor(image).std().item() == pytest.approx(0.1 * deviation, rel=0.03)
    assert torch.equal(adaptor.eval()(image), image)


def test_bad_configurations_name_field_value_and_range() -> None:
    with pytest.raises(ConfigError, match=r"num_heads is 3.*divisor of embed_dim \(8\)"):
        StageConfig(embed_dim=8, num_heads=3, blocks=("local",))
    with pytest.raises(ConfigError, match=r"fbank.num_frames is 36.*multiple of 8"):
        dataclasses.replace(TINY, fbank=dataclasses.replace(TINY.fbank, num_frames=36))
    with pytest.raises(ConfigError, match=r"blocks is 'global'.*local, shifted, deformable"):
        StageConfig(embed_dim=8, num_heads=2, blocks=("global",))
    with pytest.raises(ConfigError, match=r"unknown preset 'datar-nano'.*datar-micro"):
        preset("datar-nano")
    with pytest.raises(ConfigError, match="heads"):
        build(TINY, heads={})
