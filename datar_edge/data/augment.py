"""Augmentation of log-mel spectrograms for training, in numpy, one generator per example.

Spectrograms are float32 `[frames, mels]` in natural logarithm of power ("nats"; 1 nat is 4.3 dB).
Every part is switched off by its zero. Mixing is after "Learning from Between-class Examples"
(Tokozume et al., 2018), masks are after SpecAugment (Park et al., 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datar_edge.errors import ConfigError

Spectrogram = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class AugmentConfig:
    """How strongly to change an example.

    Attributes:
        stretch_time: time runs faster or slower by a factor e^±this.
        stretch_frequency: mel bins are spread by a factor e^±this.
        shift_bins: mel bins are moved by ± this.
        equaliser_nats: deviation of a random equaliser of five knots.
        equaliser_p: probability of the equaliser.
        gain_nats: gain in ± this.
        mix_p: probability of mixing two clips at equal loudness.
        noise_p: probability of adding tilted noise.
        edge_p: probability that a crop runs past the clip's end, silence following, instead of
            going around.
        masks: masked bands of frames and of bins, each.
        mask_share: the widest mask, as a share of the axis.
    """

    stretch_time: float = 0.1
    stretch_frequency: float = 0.06
    shift_bins: float = 1.5
    equaliser_nats: float = 0.5
    equaliser_p: float = 0.3
    gain_nats: float = 2.5
    mix_p: float = 0.3
    noise_p: float = 0.15
    edge_p: float = 0.15
    masks: int = 2
    mask_share: float = 0.1

    def __post_init__(self) -> None:
        for name in ("equaliser_p", "mix_p", "noise_p", "edge_p", "mask_share"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ConfigError(f"augment.{name} is {value!r}", fix="Allowed: 0 to 1.")
        strengths = ("stretch_time", "stretch_frequency", "shift_bins", "equaliser_nats")
        for name in (*strengths, "gain_nats", "masks"):
            value = getattr(self, name)
            if not 0.0 <= value < math.inf:
                raise ConfigError(f"augment.{name} is {value!r}", fix="Allowed: 0 or more.")


def loudness(spectrogram: Spectrogram) -> float:
    """Logarithm of the mean power, in nats."""
    peak = float(spectrogram.max())
    return peak + float(np.log(np.mean(np.exp(spectrogram - peak), dtype=np.float64)))


def crop(
    clip: Spectrogram,
    frames: int,
    config: AugmentConfig,
    rng: np.random.Generator,
    *,
    floor: float,
) -> Spectrogram:
    """A random crop, stretched in time and frequency, that has sound in it.

    Of three starts the first is taken whose crop reaches within 4 nats of the clip's loudest
    frame; clips are often padded with silence, which is no example of its label.

    Args:
        clip: `[N, mels]`.
        frames: frames wanted.
        config: how strongly to stretch.
        rng: the example's generator.
        floor: log-mel value of silence.

    Returns:
        `[frames, mels]`.
    """
    pace = np.exp(rng.uniform(-1.0, 1.0) * config.stretch_time)
    around = rng.random() >= config.edge_p
    span = (frames - 1) * pace
    levels = clip.max(axis=1)
    latest = len(clip) if around else max(1.0, len(clip) - span / 2)
    for _ in range(3):
        start = rng.uniform(0.0, latest)
        times = start + pace * np.arange(frames)
        heard = (
            levels[times.astype(np.int64) % len(clip)]
            if around
            else levels[times[times < len(clip)].astype(np.int64)]
        )
        if heard.max() >= levels.max() - 4.0:
            break
    rows = _interpolate_rows(clip, times, around=around, floor=floor)
    return _stretch_bins(rows, config, rng)


def _interpolate_rows(
    clip: Spectrogram, times: NDArray[np.float64], *, around: bool, floor: float
) -> Spectrogram:
    below = np.floor(times).astype(np.int64)
    part = (times - below).astype(np.float32)[:, None]
    size = len(clip)
    if around:
        first, second = clip[below % size], clip[(below + 1) % size]
    else:
        padded = np.vstack([clip, np.full((1, clip.shape[1]), floor, np.float32)])
        first, second = padded[np.minimum(below, size)], padded[np.minimum(below + 1, size)]
    return np.asarray(first + part * (second - first), dtype=np.float32)


def _stretch_bins(
    rows: Spectrogram, config: AugmentConfig, rng: np.random.Generator
) -> Spectrogram:
    mels = rows.shape[1]
    factor = np.exp(rng.uniform(-1.0, 1.0) * config.stretch_frequency)
    shift = rng.uniform(-1.0, 1.0) * config.shift_bins
    bins = np.clip(np.arange(mels) * factor + shift, 0.0, mels - 1.0)
    below = np.minimum(bins.astype(np.int64), mels - 2)
    part = (bins - below).astype(np.float32)
    return np.asarray(rows[:, below] * (1.0 - part) + rows[:, below + 1] * part, dtype=np.float32)


def colour(example: Spectrogram, config: AugmentConfig, rng: np.random.Generator) -> Spectrogram:
    """A random equaliser and gain, as another microphone in another place would have."""
    mels = example.shape[1]
    gain = np.full(mels, rng.uniform(-1.0, 1.0) * config.gain_nats)
    if rng.random() < config.equaliser_p:
        knots = rng.normal(0.0, config.equaliser_nats, size=5)
        gain += np.interp(np.linspace(0.0, 4.0, mels), np.arange(5.0), knots)
    return np.asarray(example + gain.astype(np.float32), dtype=np.float32)


def mix(first: Spectrogram, second: Spectrogram, share: float) -> Spectrogram:
    """Adds two examples in power, made equally loud, `share` being the first one's amplitude.

    Args:
        first: `[frames, mels]`.
        second: the same shape.
        share: 0 to 1; the label's share as well.

    Returns:
        `[frames, mels]`, as loud as the first.
    """
    second = second + np.float32(loudness(first) - loudness(second))
    shares = np.log(np.clip([share, 1.0 - share], 1e-4, 1.0)).astype(np.float32)
    mixed = np.logaddexp(first + 2.0 * shares[0], second + 2.0 * shares[1])
    return np.asarray(mixed, dtype=np.float32)


def add_noise(example: Spectrogram, rng: np.random.Generator) -> Spectrogram:
    """Adds steady noise of a random level and tilt, 1 to 8 nats below the example."""
    frames, mels = example.shape
    level = loudness(example) - rng.uniform(1.0, 8.0)
    tilt = rng.uniform(-3.0, 3.0) * np.linspace(-0.5, 0.5, mels)
    # The power of noise in a band of a few bins is gamma distributed.
    power = rng.gamma(2.0, 0.5, size=(frames, mels))
    noise = level + tilt + np.log(power + 1e-6)
    return np.asarray(np.logaddexp(example, noise), dtype=np.float32)


def mask(
    example: Spectrogram, config: AugmentConfig, rng: np.random.Generator, *, fill: float
) -> Spectrogram:
    """Replaces a few bands of frames and of bins by `fill`."""
    masked: Spectrogram = example.copy()
    for axis in (0, 1):
        size = example.shape[axis]
        for _ in range(config.masks):
            width = int(rng.integers(0, int(size * config.mask_share) + 1))
            start = int(rng.integers(0, size - width + 1))
            index = [slice(None), slice(None)]
            index[axis] = slice(start, start + width)
            masked[tuple(index)] = fill
    return masked
