"""The front-end against Kaldi's, as torchaudio has it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchaudio

from datar_edge.config import FbankConfig
from datar_edge.features import Fbank
from datar_edge.features.fbank import LOG_FLOOR
from datar_edge.presets import FBANKS

MICRO = FBANKS["micro"]


def kaldi(waveform: torch.Tensor, config: FbankConfig) -> torch.Tensor:
    """The reference, in double precision: its own float32 is off by more than our bound."""
    return torchaudio.compliance.kaldi.fbank(
        waveform.double(),
        htk_compat=True,
        sample_frequency=config.sample_rate_hz,
        use_energy=False,
        window_type="hanning",
        num_mel_bins=config.num_mel_bins,
        dither=0.0,
        frame_shift=config.frame_shift_ms,
        frame_length=config.frame_length_ms,
    )


def sounds(rate_hz: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    time = np.arange(rate_hz) / rate_hz
    return {
        "silence": np.zeros(rate_hz),
        "full-scale noise": rng.uniform(-1.0, 1.0, rate_hz),
        "clipped noise": np.clip(rng.normal(0.0, 3.0, rate_hz), -1.0, 1.0),
        "direct current": np.ones(rate_hz),
        "quiet noise": 1e-4 * rng.normal(size=rate_hz),
        "click": np.eye(1, rate_hz, rate_hz // 2)[0],
        "chirp": 0.5 * np.sin(2 * np.pi * (100.0 + 1_000.0 * time) * time),
    }


@pytest.mark.parametrize("config", FBANKS.values(), ids=FBANKS)
@pytest.mark.parametrize("name", sounds(100))
def test_equals_kaldi_on_made_sounds(config: FbankConfig, name: str) -> None:
    waveform = torch.from_numpy(sounds(config.sample_rate_hz)[name]).float().unsqueeze(0)
    difference = (Fbank(config)(waveform)[0] - kaldi(waveform, config)).abs()
    # A chirp's energy is in one bin of a frame and the others lie 100 dB below it, at the last
    # bits of float32: torchaudio's own float32 differs by as much from its double precision.
    assert difference.max() <= (1e-2 if name == "chirp" else 1e-3)


@pytest.mark.parametrize(
    ("rate_hz", "length_ms", "shift_ms"),
    [
        (22_050, 25.0, 10.0),  # 551 samples every 220
        (44_100, 25.0, 10.0),  # 1,102 every 441
        (11_025, 10.0, 10.0),  # 110 every 110
        (16_000, 10.0, 25.0),  # frames with gaps between them
        (8_000, 25.0, 0.125),  # 200 every 1
        (16_000, 25.0, 6.3125),  # 400 every 101, a prime
    ],
)
def test_equals_kaldi_whatever_frame_and_shift(
    rate_hz: int, length_ms: float, shift_ms: float
) -> None:
    config = FbankConfig(
        sample_rate_hz=rate_hz,
        num_mel_bins=20,
        window_s=0.2,
        num_frames=2_000,
        frame_length_ms=length_ms,
        frame_shift_ms=shift_ms,
    )
    rng = np.random.default_rng(5)
    waveform = 0.2 + 0.1 * torch.from_numpy(rng.normal(size=(1, config.window_samples))).float()
    expected = kaldi(waveform, config)
    ours = Fbank(config)(waveform)[0]
    assert ours.shape == expected.shape == (config.frames_in_window, 20)
    assert (ours - expected).abs().max() <= 1e-3


def test_equals_kaldi_on_real_clips(esc10_waveforms) -> None:
    config = MICRO
    fbank = Fbank(config)
    differences = [
        (
            fbank(torch.from_numpy(waveform)[None])[0]
            - kaldi(torch.from_numpy(waveform)[None], config)
        )
        .abs()
        .flatten()
        for waveform in esc10_waveforms(config.sample_rate_hz)
    ]
    differences = torch.cat(differences)
    # 1e-3 nats is 0.004 dB. A few values in a million are over it: bins far below the loudest of
    # their frame, where float32 ends. There torchaudio's own float32 is 4.9e-3 from its double
    # precision (`benchmarks/front_end.py`), so a bound of 1e-3 on all of them asks too much.
    assert (differences > 1e-3).double().mean() < 2e-6
    assert differences.max() <= 2.5e-3


def test_frames_are_local() -> None:
    """A window of a longer sound has the frames of the longer sound: streaming changes nothing."""
    rng = np.random.default_rng(3)
    waveform = torch.from_numpy(rng.normal(0.0, 0.1, 32_000).astype(np.float32))[None]
    fbank = Fbank(MICRO)
    whole, part = fbank(waveform), fbank(waveform[:, 1_600:17_600])
    assert torch.equal(whole[:, 10 : 10 + part.shape[1]], part) or (
        (whole[:, 10 : 10 + part.shape[1]] - part).abs().max() <= 1e-5
    )


def test_silence_is_the_floor() -> None:
    assert Fbank(MICRO)(torch.zeros(1, 40_960)).unique().tolist() == pytest.approx([LOG_FLOOR])


@pytest.mark.parametrize(("samples", "frames"), [(399, 0), (400, 1), (559, 1), (560, 2)])
def test_counts_whole_frames(samples: int, frames: int) -> None:
    assert Fbank(MICRO).num_frames(samples) == frames


@pytest.mark.parametrize("config", FBANKS.values(), ids=FBANKS)
def test_has_no_fft_and_no_state(config: FbankConfig) -> None:
    fbank = Fbank(config)
    assert not fbank.state_dict()
    program = torch.export.export(fbank, (torch.zeros(1, config.window_samples),))
    operators = {str(node.target) for node in program.graph.nodes if node.op == "call_function"}
    assert not [name for name in operators if "fft" in name]
