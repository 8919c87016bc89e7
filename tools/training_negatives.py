"""Writes recordings of what the bundled model must not take for one of its labels, to train with.

    python tools/training_negatives.py runs/bundled/negatives

Noise, hum, tones, chords, sweeps, and speech by espeak-ng (apt install espeak-ng), each of other
kinds, voices and words than those of negative_sounds.py, which the model is measured on. All of it
follows from the seed and the version of espeak-ng.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import numpy as np
import soundfile
from negative_sounds import Sound, at_level, speech
from numpy.typing import NDArray

RATE_HZ = 16_000
SECONDS = 5.0
SEED = 20_261_124
LEVELS_DBFS = (-60.0, -15.0)
VOICES = ("it", "pt", "nl", "pl", "sv", "tr", "cs", "en-us+m3", "en-gb+f2", "de+m5", "fr+f4", "ro")
TEXTS = (
    "The meeting begins at half past nine in the large room on the second floor, and it will not "
    "take long. Whoever cannot come should write a short note to the office.",
    "Nobody knew why the old bridge was closed, but every morning people stood there and talked "
    "about the river, the weather and the price of bread.",
)

Random = np.random.Generator
Samples = NDArray[np.float64]

_COUNT = round(SECONDS * RATE_HZ)
_TIME_S = np.arange(_COUNT) / RATE_HZ


def noise(chance: Random) -> Samples:
    """Steady noise whose power goes with any power of frequency, -2.5 to 0.5."""
    frequency_hz = np.maximum(np.fft.rfftfreq(_COUNT, 1 / RATE_HZ), 20.0)
    spectrum = np.fft.rfft(chance.standard_normal(_COUNT))
    return np.fft.irfft(spectrum * frequency_hz ** (chance.uniform(-2.5, 0.5) / 2), _COUNT)


def hum(chance: Random) -> Samples:
    """Mains or a motor: harmonics of any strength, and some noise."""
    base_hz = chance.choice([50.0, 60.0, 100.0, 120.0, chance.uniform(25.0, 200.0)])
    return harmonic(chance, base_hz, 12) + 0.1 * chance.uniform() * noise(chance)


def harmonic(chance: Random, base_hz: float, harmonics: int) -> Samples:
    """Harmonics that fall off, each in a phase of its own."""
    total = np.zeros(_COUNT)
    for number in range(1, harmonics + 1):
        if number * base_hz < RATE_HZ / 2:
            phase = chance.uniform(0.0, 2 * np.pi)
            strength = chance.uniform(0.2, 1.0) / number
            total += strength * np.sin(2 * np.pi * number * base_hz * _TIME_S + phase)
    return total


def tone(chance: Random) -> Samples:
    """A sine."""
    return harmonic(chance, float(np.exp(chance.uniform(np.log(60.0), np.log(7_000.0)))), 1)


def chord(chance: Random) -> Samples:
    """Three to five voices that change together, two to eight times."""
    total = np.zeros(_COUNT)
    edges = np.linspace(0, _COUNT, int(chance.integers(3, 10)), dtype=int)
    for begin, end in itertools.pairwise(edges):
        base_hz = 110.0 * 2 ** (chance.integers(0, 24) / 12)
        steps = chance.choice([0, 3, 4, 5, 7, 9, 12, 16], size=chance.integers(3, 6))
        fade = np.minimum(
            1.0, np.minimum(np.arange(end - begin), np.arange(end - begin)[::-1]) / 400
        )
        for step in steps:
            total[begin:end] += fade * harmonic(chance, base_hz * 2 ** (step / 12), 6)[begin:end]
    return total


def sweep(chance: Random) -> Samples:
    """A sine that moves between two frequencies, there and back, in one to eight seconds."""
    low, high = np.sort(np.exp(chance.uniform(np.log(40.0), np.log(7_500.0), size=2)))
    share = 0.5 - 0.5 * np.cos(2 * np.pi * _TIME_S / chance.uniform(1.0, 8.0))
    return np.sin(2 * np.pi * np.cumsum(low * (high / low) ** share) / RATE_HZ)


def spoken(voice: str, text: str) -> list[Samples]:
    """A text in pieces of `SECONDS`."""
    said = speech(voice, RATE_HZ, text=text)
    if said is None:
        raise SystemExit("error: there is no espeak-ng. Install it: apt install espeak-ng")
    return [said[at : at + _COUNT] for at in range(0, len(said) - RATE_HZ, _COUNT)]


def made() -> list[tuple[str, Sound]]:
    """All of them: name and samples."""
    chance = np.random.default_rng(SEED)
    kinds = ((noise, 14), (hum, 8), (tone, 5), (chord, 8), (sweep, 5))
    sounds = [
        (f"{make.__name__}-{number:02}", make(chance)) for make, of in kinds for number in range(of)
    ]
    for number, voice in enumerate(VOICES):
        pieces = spoken(voice, TEXTS[number % len(TEXTS)])
        sounds += [(f"speech-{voice}-{part}", piece) for part, piece in enumerate(pieces[:3])]
    return [(name, at_level(sound, chance.uniform(*LEVELS_DBFS))) for name, sound in sounds]


def main() -> None:
    """Writes each as 24-bit FLAC."""
    parser = argparse.ArgumentParser(description="Writes negatives to train with.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    sounds = made()
    order = np.random.default_rng(SEED).permutation(len(sounds))  # of five, one is measured on
    for place, index in enumerate(order):
        name, sound = sounds[index]
        path = folder / f"{place:03}-{name}.flac"
        soundfile.write(path, np.clip(sound, -1.0, 1.0), RATE_HZ, subtype="PCM_24")
    print(f"{len(sounds)} recordings in {folder}")


if __name__ == "__main__":
    main()
