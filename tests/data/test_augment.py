"""Each augmentation does what it says, no more."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from datar_edge.data import augment
from datar_edge.data.augment import AugmentConfig
from datar_edge.errors import ConfigError

FLOOR = -15.9
OFF = AugmentConfig(
    stretch_time=0.0,
    stretch_frequency=0.0,
    shift_bins=0.0,
    equaliser_p=0.0,
    gain_nats=0.0,
    mix_p=0.0,
    noise_p=0.0,
    edge_p=0.0,
    masks=0,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(21)


@pytest.fixture
def clip(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(-5.0, 2.0, (100, 16)).astype(np.float32)


def test_all_off_is_a_circular_crop(clip: np.ndarray, rng: np.random.Generator) -> None:
    part = augment.colour(augment.crop(clip, 40, OFF, rng, floor=FLOOR), OFF, rng)
    assert part.shape == (40, 16)
    # Starts lie between frames: each row is one mixture of two neighbours, the same all along.
    twice = np.vstack([clip, clip])
    best = min(
        np.abs(twice[s : s + 40] * (1 - a) + twice[s + 1 : s + 41] * a - part).max()
        for s in range(100)
        for a in np.linspace(0, 1, 401)
    )
    assert best <= 0.02


def test_a_short_clip_goes_around(rng: np.random.Generator) -> None:
    clip = np.arange(10, dtype=np.float32)[:, None].repeat(4, axis=1)
    assert augment.crop(clip, 35, OFF, rng, floor=FLOOR).shape == (35, 4)


def test_a_crop_has_sound_in_it(rng: np.random.Generator) -> None:
    """Three tries: a clip that is silent but for a tenth is seldom cropped in its silence."""
    clip = np.full((500, 8), FLOOR, dtype=np.float32)
    clip[100:150] = 0.0
    heard = [augment.crop(clip, 100, OFF, rng, floor=FLOOR).max() > -1.0 for _ in range(300)]
    assert np.mean(heard) > 0.6  # one try: 0.3


def test_past_the_edge_is_silence(rng: np.random.Generator) -> None:
    config = dataclasses.replace(OFF, edge_p=1.0)
    clip = np.zeros((60, 4), dtype=np.float32)
    crops = [augment.crop(clip, 50, config, rng, floor=FLOOR) for _ in range(50)]
    assert min(crop.min() for crop in crops) == np.float32(FLOOR)
    assert all((np.diff(crop[:, 0]) <= 0).all() for crop in crops)  # sound, then silence


def test_mixing_is_at_equal_loudness(rng: np.random.Generator) -> None:
    loud = rng.normal(0.0, 1.0, (50, 8)).astype(np.float32)
    quiet = rng.normal(-9.0, 1.0, (50, 8)).astype(np.float32)
    assert augment.loudness(augment.mix(loud, quiet, 1.0)) == pytest.approx(
        augment.loudness(loud), abs=1e-3
    )
    half = augment.mix(loud, quiet, 0.5)
    lifted = np.exp(quiet + augment.loudness(loud) - augment.loudness(quiet))
    assert np.allclose(np.exp(half), 0.25 * np.exp(loud) + 0.25 * lifted, rtol=1e-4)


def test_loudness_is_the_mean_power() -> None:
    values = np.log(np.array([[1.0, 3.0], [5.0, 7.0]], dtype=np.float32))
    assert augment.loudness(values) == pytest.approx(np.log(4.0), abs=1e-6)


def test_noise_only_adds(clip: np.ndarray, rng: np.random.Generator) -> None:
    noisy = augment.add_noise(clip, rng)
    assert (noisy >= clip - 1e-5).all()
    assert augment.loudness(noisy) < augment.loudness(clip) + 1.0


def test_masks_are_bands(clip: np.ndarray, rng: np.random.Generator) -> None:
    config = dataclasses.replace(OFF, masks=2, mask_share=0.25)
    masked = augment.mask(clip, config, rng, fill=99.0)
    hidden = masked == 99.0
    assert np.array_equal(masked[~hidden], clip[~hidden])
    rows, columns = hidden.all(axis=1), hidden.all(axis=0)
    assert np.array_equal(hidden, rows[:, None] | columns[None, :])
    assert rows.sum() <= 50
    assert columns.sum() <= 8
    assert not (clip == 99.0).any()


def test_the_same_generator_gives_the_same(clip: np.ndarray) -> None:
    def make(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        config = AugmentConfig()
        return augment.colour(augment.crop(clip, 40, config, rng, floor=FLOOR), config, rng)

    assert np.array_equal(make(3), make(3))
    assert not np.array_equal(make(3), make(4))


def test_probabilities_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"augment\.mix_p is 1\.5"):
        AugmentConfig(mix_p=1.5)
