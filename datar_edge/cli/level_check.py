"""`datar-edge listen --check`: whether the microphone hears anything, and not too much."""

from __future__ import annotations

import sys

import numpy as np
import typer

from datar_edge.cli.output import as_json
from datar_edge.cli.source_options import SourceOptions, open_source
from datar_edge.errors import DeviceError
from datar_edge.listen.level import LevelMeter
from datar_edge.listen.sources.source import Gap, Source
from datar_edge.runtime.scorer import MIN_LEVEL_DBFS

_CHECKED_S = 4.0
_RAW_RATE_HZ = 16_000
_BAR_WIDTH = 40
_BAR_FLOOR_DBFS = -80.0
_FAILED = 1


def check_level(sound: SourceOptions, *, to_json: bool) -> None:
    """Shows the level for a few seconds on standard error, then prints what was found.

    Exits with status 1 where only silence is heard, or sound that clips.

    Args:
        sound: what to hear.
        to_json: print one JSON document.

    Raises:
        InputError: there is no such source, or it gives no sound.
    """
    meter = LevelMeter()
    with open_source(sound, sample_rate_hz=_RAW_RATE_HZ) as source:
        name, rate_hz = source.name, source.sample_rate_hz
        _measure(source, meter)
    problem, told = _verdict(meter)
    if to_json:
        found = {
            "source": name,
            "sample_rate_hz": rate_hz,
            "rms_dbfs": _finite(meter.rms_dbfs),
            "peak_dbfs": _finite(meter.peak_dbfs),
            "clipped_samples": meter.clipped,
            "problem": problem or None,
        }
        typer.echo(as_json(found))
    else:
        levels = f"level {meter.rms_dbfs:.1f} dBFS, peak {meter.peak_dbfs:.1f} dBFS"
        typer.echo(f"{name}, {rate_hz} Hz: {levels}. {told}")
    if problem:
        raise typer.Exit(_FAILED)


def _measure(source: Source, meter: LevelMeter) -> None:
    """Takes sound at the source's own rate: resampling would round off what is clipped."""
    draws = sys.stderr.isatty()
    for heard in source.blocks(source.sample_rate_hz):
        if isinstance(heard, Gap) and heard.state == "device_lost":
            raise DeviceError(heard.reason, fix="Check that it is plugged in.")
        if not isinstance(heard, np.ndarray):
            continue
        meter.push(heard)
        if draws:
            sys.stderr.write(f"\r{_bar(heard)}")
            sys.stderr.flush()
        if meter.samples >= _CHECKED_S * source.sample_rate_hz:
            break
    if draws:
        sys.stderr.write("\r\033[K")


def _bar(samples: np.ndarray) -> str:
    now = LevelMeter()
    now.push(samples)
    share = max(0.0, 1.0 - max(now.rms_dbfs, _BAR_FLOOR_DBFS) / _BAR_FLOOR_DBFS)
    return f"{'█' * round(share * _BAR_WIDTH):<{_BAR_WIDTH}} {now.rms_dbfs:6.1f} dBFS"


def _verdict(meter: LevelMeter) -> tuple[str, str]:
    if meter.peak_dbfs == float("-inf"):
        return "zeros", "It hears only silence, every sample is zero: is the microphone muted?"
    if meter.rms_dbfs < MIN_LEVEL_DBFS:
        return "silence", "It hears only silence: raise the gain, or speak while this runs."
    if meter.clipped:
        return "clips", f"It clips, in {meter.clipped} samples: lower the gain of the recorder."
    return "", "It hears sound, and does not clip."


def _finite(level_dbfs: float) -> float | None:
    return None if level_dbfs == float("-inf") else round(level_dbfs, 1)
