"""Writes what the Android demo's tests compare themselves with.

    python tools/android_vectors.py               android_demo/testdata/{scores,segments}.json
    python tools/android_vectors.py --recordings  android_demo/build/recordings/**/*.wav

The scores are those of the bundled model on the recordings of examples/, cut into windows by the
card's hop and by a hop that is no divisor of the window. The JVM cannot decode Ogg, and
resampling differs between libraries: so its tests read the very samples that were scored here, as
16-bit WAV at the model's rate, made again at each build and not committed. The segments are those
of a sound put together from these samples, and of the same sound at the recordings' own rate.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from datar_edge.audio.files import AudioReader
from datar_edge.bundled import bundled_tflite
from datar_edge.runtime import open_session
from datar_edge.runtime.scorer import WindowScorer, WindowScores
from datar_edge.runtime.session import Session
from datar_edge.tagger import Tagger

ROOT = Path(__file__).resolve().parents[1]
SCORES = ROOT / "android_demo" / "testdata" / "scores.json"
SEGMENTS = ROOT / "android_demo" / "testdata" / "segments.json"
RECORDINGS = ROOT / "android_demo" / "build" / "recordings"
NAMES = ("dog.ogg", "helicopter.wav", "rain.ogg", "rooster.ogg")
ODD_HOP_S = 0.7
TOGETHER = ("rooster.ogg", "rain.ogg", "rooster.ogg")
SEGMENTS_HOP_S = 0.5
TAGS = 3
"""Of a segment, as the app shows them."""


def samples_of(name: str, rate_hz: int | None = None) -> tuple[NDArray[np.int16], int]:
    """A recording of examples/ in 16 bits, `[n]`, and its rate: the one asked for, or its own."""
    with AudioReader(ROOT / "examples" / name) as reader:
        rate_hz = reader.sample_rate_hz if rate_hz is None else rate_hz
        sound = np.concatenate(list(reader.blocks(rate_hz)))
    return np.clip(np.round(sound * 32_768.0), -32_768, 32_767).astype(np.int16), rate_hz


def vectors() -> dict[str, Any]:
    """The content of scores.json."""
    with open_session(bundled_tflite()) as session:
        card = session.card
        recordings = {
            Path(name).stem: [
                _case(session, samples_of(name, card.sample_rate_hz)[0], hop_s)
                for hop_s in (card.hop_s, ODD_HOP_S)
            ]
            for name in NAMES
        }
    return {
        "model": bundled_tflite().name,
        "labels": card.labels,
        "sample_rate_hz": card.sample_rate_hz,
        "window_samples": card.window_samples,
        "recordings": recordings,
    }


def _case(session: Session, samples: NDArray[np.int16], hop_s: float) -> dict[str, Any]:
    scorer = WindowScorer(session, hop_s=hop_s)
    windows = scorer.score_all([samples.astype(np.float32) / np.float32(32_768.0)])
    return {"hop_s": hop_s, "windows": [_window(each) for each in windows]}


def _window(window: WindowScores) -> dict[str, Any]:
    scores = window.scores
    return {
        "start_s": window.start_s,
        "end_s": window.end_s,
        "padded_s": window.padded_s,
        "level_dbfs": window.level_dbfs if math.isfinite(window.level_dbfs) else None,
        "scores": None if scores is None else next(iter(scores.values())).tolist(),
    }


def segments() -> dict[str, Any]:
    """The content of segments.json."""
    with open_session(bundled_tflite()) as session:
        tagger = Tagger(session, hop_s=SEGMENTS_HOP_S)
        return {
            "recordings": [Path(name).stem for name in TOGETHER],
            "hop_s": SEGMENTS_HOP_S,
            "at_the_models_rate": _told(tagger, session.card.sample_rate_hz),
            "at_their_own_rate": _told(tagger, None),
        }


def _told(tagger: Tagger, rate_hz: int | None) -> list[dict[str, Any]]:
    sounds = [samples_of(name, rate_hz) for name in TOGETHER]
    (rate_hz,) = {rate_hz for _, rate_hz in sounds}
    together = np.concatenate([samples for samples, _ in sounds]) / np.float32(32_768.0)
    return [
        {
            "start_s": segment.start_s,
            "end_s": segment.end_s,
            "tags": [{"label": tag.label, "score": tag.score} for tag in segment.tags[:TAGS]],
        }
        for segment in tagger.tag(together, rate_hz)
    ]


def write_recordings(rate_hz: int, folder: Path) -> None:
    """Writes the samples that were scored as WAV files, and the same sounds at their own rate."""
    for place, wanted_hz in ((folder, rate_hz), (folder / "own-rate", None)):
        place.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            samples, found_hz = samples_of(name, wanted_hz)
            soundfile.write(place / f"{Path(name).stem}.wav", samples, found_hz, subtype="PCM_16")


def main() -> None:
    """Writes the one or the other."""
    if sys.argv[1:] == ["--recordings"]:
        with open_session(bundled_tflite()) as session:
            write_recordings(session.card.sample_rate_hz, RECORDINGS)
        print(RECORDINGS)
    else:
        for place, content in ((SCORES, vectors()), (SEGMENTS, segments())):
            place.write_text(json.dumps(content, indent=1) + "\n")
            print(place)


if __name__ == "__main__":
    main()
