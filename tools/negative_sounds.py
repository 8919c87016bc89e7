"""Sounds that hold nothing a model knows: silence, noise, hum, tones, speech. Nothing is random.

Each is float32 at the rate and the RMS level that is asked for.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Sound = NDArray[np.float32]
Make = Callable[[float, int], NDArray[np.float64]]

LOWEST_HZ = 20.0
VOICES = ("en-us", "en-gb", "en-us+f3", "de", "fr", "es", "ru")
TEXT = (
    "The station was almost empty when the last train came in. She put her bag on the bench and "
    "waited. One, two, three, four, five. Tomorrow it will be mild, with a light wind from the "
    "west. Please hold the line, somebody will answer soon. Are you coming? No, not today. He "
    "opened the window, looked into the garden, and counted the apples on the old tree."
)


def noise(exponent: float) -> Make:
    """Noise whose power falls with frequency to an exponent: -1 hiss, 0 white, 1 pink, 2 brown."""

    def make(seconds: float, rate_hz: int) -> NDArray[np.float64]:
        samples = round(seconds * rate_hz)
        spectrum = np.fft.rfft(np.random.default_rng(7).standard_normal(samples))
        frequencies_hz = np.maximum(np.fft.rfftfreq(samples, 1 / rate_hz), LOWEST_HZ)
        return np.fft.irfft(spectrum / frequencies_hz ** (exponent / 2), samples)

    return make


def hum(mains_hz: float) -> Make:
    """Mains hum: eight harmonics, each as loud as its number says, in fixed phases."""

    def make(seconds: float, rate_hz: int) -> NDArray[np.float64]:
        time_s = np.arange(round(seconds * rate_hz)) / rate_hz
        return sum(np.sin(2 * np.pi * mains_hz * k * time_s + k) / k for k in range(1, 9))

    return make


def tone(frequency_hz: float) -> Make:
    """A sine."""

    def make(seconds: float, rate_hz: int) -> NDArray[np.float64]:
        return np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)

    return make


def sweep(seconds: float, rate_hz: int) -> NDArray[np.float64]:
    """A sine that rises from 20 Hz to half the rate in 20 s, again and again."""
    share = np.arange(round(seconds * rate_hz)) / rate_hz % 20.0 / 20.0
    frequency_hz = LOWEST_HZ * (rate_hz / 2 / LOWEST_HZ) ** share
    return np.sin(2 * np.pi * np.cumsum(frequency_hz) / rate_hz)


def silence(seconds: float, rate_hz: int) -> NDArray[np.float64]:
    """Zeros."""
    return np.zeros(round(seconds * rate_hz))


MAKERS: dict[str, Make] = {
    "silence": silence,
    "hiss": noise(-1),
    "white noise": noise(0),
    "pink noise": noise(1),
    "brown noise": noise(2),
    "hum 50 Hz": hum(50),
    "hum 60 Hz": hum(60),
    "tone 1 kHz": tone(1_000),
    "sweep": sweep,
}


def at_level(sound: NDArray[np.floating], level_dbfs: float) -> Sound:
    """The sound with that RMS level; zeros stay zeros."""
    rms = np.sqrt(np.mean(np.square(sound)))
    return (sound * (10 ** (level_dbfs / 20) / rms if rms else 1.0)).astype(np.float32)


def speech(voice: str, rate_hz: int, *, text: str = TEXT) -> NDArray[np.float64] | None:
    """A text as espeak-ng speaks it; None where there is no espeak-ng."""
    program = shutil.which("espeak-ng")
    if program is None:
        return None
    spoken = subprocess.run(
        [program, "-v", voice, "--stdout", text], check=True, stdout=subprocess.PIPE
    )
    sound, own_rate_hz = soundfile.read(io.BytesIO(spoken.stdout))
    return soxr.resample(sound, own_rate_hz, rate_hz)
