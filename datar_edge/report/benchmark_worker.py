"""The process that holds one model file while it is measured.

    python -m datar_edge.report.benchmark_worker FILE THREADS

It answers one JSON line for each line it is asked: `load`, `run`, `memory` or `delegation`. What
native code prints on standard output goes to standard error.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.audio.files import read_audio
from datar_edge.bundled import verification_sounds
from datar_edge.card import ModelCard
from datar_edge.errors import MissingExtraError
from datar_edge.report.memory import peak_resident_bytes, reset_peak, resident_bytes
from datar_edge.runtime import Session, open_session, read_model_card
from datar_edge.runtime.child import answering
from datar_edge.runtime.open import kind_of

_PACKAGES = {
    "tflite": ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite"),
    "onnx": ("onnxruntime",),
    "executorch": ("executorch.runtime",),
}
"""Imported before the file is loaded, so that neither its time nor its memory counts them."""

_WINDOWS = 4


class Worker:
    """One model file, loaded when asked.

    Args:
        path: the file.
        threads: that the runtime may use.
    """

    def __init__(self, path: Path, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._session: Session | None = None
        self._windows: Iterator[NDArray[np.float32]] = iter(())
        self._before_bytes: int | None = None

    def load(self) -> dict[str, Any]:
        """Loads the file; tells how long that took and what the file says of itself."""
        kind = kind_of(self._path)
        _import_runtime(kind)
        self._windows = itertools.cycle(sound_windows(read_model_card(self._path)))
        reset_peak()
        self._before_bytes = resident_bytes()
        began_s = time.perf_counter()
        self._session = open_session(self._path, threads=self._threads, isolated=False)
        load_ms = _ms_since(began_s)
        card = self._session.card
        return {
            "load_ms": load_ms,
            "target": kind,
            "quantize": card.quantize,
            "sampler": card.sampler,
            "preset": card.preset,
            "window_s": card.window_s,
        }

    def run(self) -> dict[str, Any]:
        """Runs the next window of real sound; tells how long that took."""
        assert self._session is not None
        window = next(self._windows)
        began_s = time.perf_counter()
        self._session.run(window)
        return {"ms": _ms_since(began_s)}

    def memory(self) -> dict[str, Any]:
        """Tells the most memory so far, and what there was before the file was loaded."""
        return {"before_bytes": self._before_bytes, "peak_bytes": peak_resident_bytes()}

    def delegation(self) -> dict[str, Any]:
        """Tells what the delegate takes of the file; nulls where the export extra is missing."""
        names = ("ops", "delegated_ops", "delegate_calls")
        try:
            targets = importlib.import_module("datar_edge.export.target")
            found = targets.load_target(kind_of(self._path)).delegation(self._path)
        except (ModuleNotFoundError, MissingExtraError):
            return dict.fromkeys(names)
        return {name: getattr(found, name) for name in names}


def sound_windows(card: ModelCard) -> list[NDArray[np.float32]]:
    """The package's recordings, one after the other, from four places on: `[1, window_samples]`."""
    sounds = [read_audio(path, card.sample_rate_hz) for path in verification_sounds()]
    joined = np.concatenate(sounds)
    starts = range(0, len(joined), -(-len(joined) // _WINDOWS))
    return [np.resize(np.roll(joined, -start), (1, card.window_samples)) for start in starts]


def _import_runtime(kind: str) -> None:
    for name in _PACKAGES.get(kind, ()):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
            return


def _ms_since(began_s: float) -> float:
    return 1_000.0 * (time.perf_counter() - began_s)


def main() -> None:
    """Answers until standard input ends."""
    worker = Worker(Path(sys.argv[1]), int(sys.argv[2]))
    asks = {name: getattr(worker, name) for name in ("load", "run", "memory", "delegation")}
    with answering() as answer:
        for line in sys.stdin:
            answer(asks[line.strip()])


if __name__ == "__main__":
    main()
