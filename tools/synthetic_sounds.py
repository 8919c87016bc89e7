"""Writes made-up sounds to learn hearing from, before there is any recording.

    python tools/synthetic_sounds.py runs/bundled/synthetic

Each folder is one sound of a synthesiser whose settings were drawn at random, and holds it many
times over with the settings a little changed and all its noise, phases and moments drawn anew. To
tell the folders apart, a model has to hear pitch, timbre, rhythm and texture; it never hears one
of the labels that it is to learn later. After "Contrastive Learning from Synthetic Audio
Doppelgangers" (Cherep and Singh, 2024), with labels in place of contrasts. All of it follows from
the seed.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 16_000
SECONDS = 3.2
SEED = 20_261_129
LEVELS_DBFS = (-50.0, -10.0)

Random = np.random.Generator
Samples = NDArray[np.float64]

_COUNT = round(SECONDS * RATE_HZ)
_TIME_S = np.arange(_COUNT) / RATE_HZ
_FREQUENCY_HZ = np.maximum(np.fft.rfftfreq(_COUNT, 1 / RATE_HZ), 20.0)


def between(chance: Random, low: float, high: float) -> float:
    """Equally likely in each octave."""
    return float(np.exp(chance.uniform(np.log(low), np.log(high))))


@dataclass(frozen=True, kw_only=True)
class Voice:
    """Settings of one voice: a source, its colour, and how its loudness goes.

    Attributes:
        source: "noise", "tone" of harmonics, or "strokes", short sounds that follow each other.
        pitch_hz: of the tone, or of what is struck.
        glide_octaves: the tone's pitch from the beginning to the end of an event.
        vibrato_hz: how often its pitch goes up and down.
        vibrato_octaves: how far.
        roll_off: a harmonic's amplitude is its number to the power of -this.
        stroke_hz: strokes a second.
        disorder: of the strokes, 0 for a clock's and 1 for rain's.
        ring_s: until a stroke has died away.
        click: share of noise in a stroke.
        tilt: power goes with frequency to the power of this.
        peaks: centre in hertz, width in octaves and gain in nats of each resonance.
        form: of the loudness: "steady", "beats", "swells", "events".
        beat_hz: beats or swells a second.
        depth: of beats and swells in nats.
        attack_s: until an event is at its loudest.
        decay_s: until it has died away.
        events: in a recording, about.
        level_nats: against the other voices.
    """

    source: str
    pitch_hz: float
    glide_octaves: float
    vibrato_hz: float
    vibrato_octaves: float
    roll_off: float
    stroke_hz: float
    disorder: float
    ring_s: float
    click: float
    tilt: float
    peaks: tuple[tuple[float, float, float], ...]
    form: str
    beat_hz: float
    depth: float
    attack_s: float
    decay_s: float
    events: int
    level_nats: float

    @classmethod
    def drawn(cls, chance: Random) -> Voice:
        """Any voice."""
        moves = chance.random() < 0.4
        return cls(
            source=str(chance.choice(["noise", "tone", "strokes"], p=[0.35, 0.35, 0.3])),
            pitch_hz=between(chance, 40.0, 3_000.0),
            glide_octaves=chance.normal(0.0, 0.6) if moves else 0.0,
            vibrato_hz=between(chance, 2.0, 40.0),
            vibrato_octaves=between(chance, 0.01, 0.3) if chance.random() < 0.5 else 0.0,
            roll_off=chance.uniform(0.0, 2.0),
            stroke_hz=between(chance, 1.0, 60.0),
            disorder=float(chance.choice([0.0, 0.1, 1.0])),
            ring_s=between(chance, 0.004, 0.4),
            click=chance.uniform(),
            tilt=chance.uniform(-2.5, 1.0),
            peaks=tuple(
                (between(chance, 100.0, 7_000.0), between(chance, 0.1, 1.5), chance.uniform(1, 5))
                for _ in range(int(chance.integers(0, 4)))
            ),
            form=str(chance.choice(["steady", "beats", "swells", "events"])),
            beat_hz=between(chance, 2.0, 40.0),
            depth=chance.uniform(0.5, 4.0),
            attack_s=between(chance, 0.002, 0.3),
            decay_s=between(chance, 0.03, 1.2),
            events=int(chance.integers(1, 7)),
            level_nats=chance.uniform(-3.0, 0.0),
        )

    def varied(self, chance: Random) -> Voice:
        """Nearly the same: another clap of the same hands."""

        def near(value: float, spread: float = 0.1) -> float:
            return value * float(np.exp(chance.normal(0.0, spread)))

        return replace(
            self,
            pitch_hz=near(self.pitch_hz, 0.05),
            glide_octaves=near(self.glide_octaves, 0.2),
            vibrato_hz=near(self.vibrato_hz),
            vibrato_octaves=near(self.vibrato_octaves, 0.2),
            roll_off=near(self.roll_off),
            stroke_hz=near(self.stroke_hz),
            ring_s=near(self.ring_s, 0.2),
            click=float(np.clip(near(self.click), 0.0, 1.0)),
            tilt=self.tilt + chance.normal(0.0, 0.2),
            peaks=tuple(
                (near(centre, 0.05), near(width), gain + chance.normal(0.0, 0.3))
                for centre, width, gain in self.peaks
            ),
            beat_hz=near(self.beat_hz),
            depth=near(self.depth),
            attack_s=near(self.attack_s, 0.2),
            decay_s=near(self.decay_s, 0.2),
            level_nats=self.level_nats + chance.normal(0.0, 0.3),
        )

    def sound(self, chance: Random) -> Samples:
        """`[N]` at a root mean square of e^level_nats / 2."""
        loudness, age_s = self._loudness(chance)
        if self.source == "tone":
            source = self._tone(chance, age_s)
        else:
            source = self._strokes(chance) if self.source == "strokes" else _noise(chance)
        total = self._coloured(source) * loudness
        return total * np.exp(self.level_nats / 2) / max(float(np.sqrt(np.mean(total**2))), 1e-9)

    def _tone(self, chance: Random, age_s: Samples) -> Samples:
        swing = np.sin(2 * np.pi * (self.vibrato_hz * _TIME_S + chance.uniform()))
        octaves = self.vibrato_octaves * swing
        if self.form == "events":
            octaves += self.glide_octaves * np.clip(age_s / (self.attack_s + self.decay_s), 0, 1)
        pitch_hz = self.pitch_hz * 2**octaves
        phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
        total = np.zeros(_COUNT)
        for number in range(1, min(24, int(RATE_HZ / 2 / pitch_hz.min())) + 1):
            wave = np.sin(number * phase + chance.uniform(0, 2 * np.pi))
            total += float(number) ** -self.roll_off * wave * (number * pitch_hz < RATE_HZ / 2)
        return total

    def _strokes(self, chance: Random) -> Samples:
        gaps_s = np.full(round(3 + 2 * self.stroke_hz * SECONDS), 1 / self.stroke_hz)
        gaps_s *= 1 - self.disorder + self.disorder * chance.exponential(size=len(gaps_s))
        moments = (np.cumsum(gaps_s) - chance.uniform() / self.stroke_hz) * RATE_HZ
        moments = moments[(moments >= 0) & (moments < _COUNT)].astype(int)
        if not len(moments):  # rain of a drop in a while
            moments = chance.integers(_COUNT, size=1)
        train = np.zeros(_COUNT)
        train[moments] = np.exp(chance.normal(0.0, 0.2 + self.disorder, size=len(moments)))
        ring = np.sin(2 * np.pi * self.pitch_hz * _TIME_S) * (1 - self.click)
        ring += chance.standard_normal(_COUNT) * self.click
        ring *= np.exp(-5 * _TIME_S / self.ring_s)
        return np.fft.irfft(np.fft.rfft(train, 2 * _COUNT) * np.fft.rfft(ring, 2 * _COUNT))[:_COUNT]

    def _coloured(self, source: Samples) -> Samples:
        octave = np.log2(_FREQUENCY_HZ / 1_000.0)
        gain = np.full_like(octave, 0.0)
        if self.source != "tone":
            gain += self.tilt * octave * np.log(2) / 2
        for centre_hz, width, peak in self.peaks:
            gain += peak * np.exp(-(((octave - np.log2(centre_hz / 1_000.0)) / width) ** 2))
        return np.fft.irfft(np.fft.rfft(source) * np.exp(gain), _COUNT)

    def _loudness(self, chance: Random) -> tuple[Samples, Samples]:
        """Amplitude, and the seconds since an event began."""
        if self.form == "beats":
            swing = np.cos(2 * np.pi * (self.beat_hz * _TIME_S + chance.uniform()))
            return np.exp(self.depth * (swing - 1) / 2), _TIME_S
        if self.form == "swells":
            knots = chance.normal(size=max(3, round(SECONDS * self.beat_hz / 8)))
            smooth = np.interp(np.linspace(0, len(knots) - 1, _COUNT), np.arange(len(knots)), knots)
            return np.exp(self.depth * smooth / 2), _TIME_S
        if self.form == "steady":
            return np.ones(_COUNT), _TIME_S
        begins_s = np.sort(chance.uniform(0.0, SECONDS * 0.9, size=self.events))
        latest = np.searchsorted(begins_s, _TIME_S, side="right") - 1
        age_s = _TIME_S - begins_s[np.maximum(latest, 0)]
        rise = np.clip(age_s / self.attack_s, 0.0, 1.0)
        fall = np.exp(-4 * np.maximum(age_s - self.attack_s, 0.0) / self.decay_s)
        return np.where(latest >= 0, rise * fall, 0.0), np.maximum(age_s, 0.0)


def _noise(chance: Random) -> Samples:
    return chance.standard_normal(_COUNT)


def reverberated(sound: Samples, chance: Random) -> Samples:
    """In a room, or not."""
    if chance.random() < 0.5:
        return sound
    decay_s = between(chance, 0.05, 1.0)
    tail = chance.standard_normal(_COUNT) * np.exp(-7 * _TIME_S / decay_s)
    tail *= between(chance, 0.1, 1.0) / np.sqrt(np.sum(tail**2))
    tail[0] += 1.0
    return np.fft.irfft(np.fft.rfft(sound, 2 * _COUNT) * np.fft.rfft(tail, 2 * _COUNT))[:_COUNT]


def write_sound(folder: Path, number: int, takes: int) -> None:
    """Writes all takes of one sound."""
    settings = np.random.default_rng((SEED, number))
    voices = [Voice.drawn(settings) for _ in range(int(settings.integers(1, 3)))]
    place = folder / f"sound-{number:04}"
    place.mkdir(exist_ok=True)
    for take in range(takes):
        chance = np.random.default_rng((SEED, number, take))
        total = sum((voice.varied(chance).sound(chance) for voice in voices), np.zeros(_COUNT))
        total = reverberated(total, chance)
        total += _noise(chance) * np.sqrt(np.mean(total**2)) * between(chance, 1e-4, 0.1)
        total *= 10 ** (chance.uniform(*LEVELS_DBFS) / 20) / np.sqrt(np.mean(total**2))
        samples = np.clip(total, -1.0, 1.0)
        soundfile.write(place / f"{take:03}.wav", samples, RATE_HZ, subtype="PCM_16")


def main() -> None:
    """Writes each as WAV."""
    parser = argparse.ArgumentParser(description="Writes made-up sounds to learn hearing from.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sounds", type=int, default=400)
    parser.add_argument("--takes", type=int, default=16)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with Pool(2) as pool:
        wanted = [(options.folder, number, options.takes) for number in range(options.sounds)]
        pool.starmap(write_sound, wanted, chunksize=4)
    print(f"{options.sounds * options.takes} recordings in {options.folder}")


if __name__ == "__main__":
    main()
