from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from datar_edge.config import DatarConfig, FbankConfig, StemKind
from datar_edge.explain.axes import PixelScale, SpectrogramAxes
from datar_edge.explain.capture import deformable_places
from datar_edge.features import Fbank
from datar_edge.features.mel import mel_filters
from datar_edge.models import Datar, build
from datar_edge.models.block import Block
from datar_edge.presets import PRESETS

RATE_HZ = 16_000


@pytest.mark.parametrize("config", [FbankConfig(), FbankConfig(num_mel_bins=64, low_freq_hz=300.0)])
def test_hertz_of_a_bin_is_where_its_filter_peaks(config: FbankConfig) -> None:
    filters = mel_filters(config).numpy()
    spacing_hz = config.sample_rate_hz / config.n_fft
    peaks_hz = filters.argmax(axis=1) * spacing_hz
    found_hz = SpectrogramAxes(fbank=config).hertz(np.arange(config.num_mel_bins))
    wide = np.arange(config.num_mel_bins) > config.num_mel_bins // 2  # wider than a Fourier bin
    assert np.abs(found_hz - peaks_hz)[wide].max() <= spacing_hz
    assert (np.diff(found_hz) > 0).all()


def test_a_tone_is_brightest_at_its_hertz() -> None:
    config = FbankConfig(num_mel_bins=64, window_s=2.56, num_frames=256)
    axes = SpectrogramAxes(fbank=config)
    for tone_hz in (500.0, 1_500.0, 4_000.0):
        time_s = np.arange(config.window_samples) / RATE_HZ
        tone = 0.5 * np.sin(2 * np.pi * tone_hz * time_s).astype(np.float32)
        log_mel = Fbank(config)(torch.from_numpy(tone)[None].float())[0].numpy()
        brightest = float(log_mel.mean(axis=0).argmax())
        assert abs(brightest - axes.bins(np.array(tone_hz))) <= 0.75


def test_a_click_is_brightest_at_its_second() -> None:
    config = FbankConfig(num_mel_bins=64, window_s=2.56, num_frames=256)
    axes = SpectrogramAxes(fbank=config, start_s=3.0)
    click = torch.zeros(1, config.window_samples)
    click[0, RATE_HZ] = 1.0
    log_mel = Fbank(config)(click)[0].numpy()
    brightest = log_mel.mean(axis=1).argmax()
    assert float(axes.seconds(np.array(brightest))) == pytest.approx(4.0, abs=0.006)


def test_bins_and_hertz_are_inverse() -> None:
    axes = SpectrogramAxes(fbank=FbankConfig(num_mel_bins=64))
    bins = np.linspace(-5.0, 70.0, 50)
    assert np.allclose(axes.bins(axes.hertz(bins)), bins)


def receptive_field(network: Datar, stage: int, pixel: tuple[int, int]) -> torch.Tensor:
    """Which input pixels reach a pixel of a stage's map by convolutions alone: `[mels, frames]`."""
    fbank = network.config.fbank
    spectrogram = torch.rand(1, fbank.num_mel_bins, fbank.num_frames, 1, requires_grad=True)
    features = network.stem(spectrogram)
    for layers in network.stages[1 : stage + 1]:
        assert not isinstance(layers[0], Block)
        features = layers[0](features)
    features[0, pixel[0], pixel[1]].square().sum().backward()
    assert spectrogram.grad is not None
    return spectrogram.grad[0, :, :, 0].abs()


@pytest.mark.parametrize("stem", ["conv", "patch"])
def test_a_pixel_lies_in_the_middle_of_what_it_sees(stem: StemKind) -> None:
    micro = PRESETS["datar-micro"]
    assert isinstance(micro, DatarConfig)
    config = dataclasses.replace(micro, stem=stem)
    network = build(config, heads={"class": 2}).eval()
    assert isinstance(network, Datar)
    places = deformable_places(network)
    wanted = [
        (index + 1, block + 1)
        for index, stage in enumerate(config.stages)
        for block, kind in enumerate(stage.blocks)
        if kind == "deformable"
    ]
    assert [(place.stage, place.block) for place in places] == wanted
    for place in {place.stage: place for place in places}.values():
        height, width = config.map_size(place.stage - 1)
        pixel = (height // 2, width // 2)  # away from the map's edge, which cuts the field
        rows, columns = receptive_field(network, place.stage - 1, pixel).nonzero(as_tuple=True)
        middle = [(float(each.min()) + float(each.max())) / 2 for each in (rows, columns)]
        assert place.scale.at(np.array(pixel, float)).tolist() == middle


def test_scales_follow_one_another() -> None:
    one = PixelScale().behind(kernel_size=4, stride=4, padding=0)
    assert (one.step, one.offset) == (4.0, 1.5)
    two = one.behind(kernel_size=2, stride=2, padding=0)
    assert two.at(np.array([0.0, 1.0])).tolist() == [3.5, 11.5]
