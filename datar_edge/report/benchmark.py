"""Latency, memory and size of exported files, each measured in a process of its own."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datar_edge.errors import ConfigError
from datar_edge.report.benchmark_process import WorkerProcess

MIN_ROUNDS = 3
MAX_ROUNDS = 1_000_000
_ROUNDS_ON_A_CORE = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How long and how to measure.

    Attributes:
        rounds: runs of each file that count.
        seconds: no round begins after so many seconds, once there are three; 0 for no limit.
        warmup: runs before those that count, after the first.
        threads: that the runtime may use.
        timeout_s: how long loading, or one run, may take.
    """

    rounds: int = 50
    seconds: float = 20.0
    warmup: int = 5
    threads: int = 1
    timeout_s: float = 300.0

    def __post_init__(self) -> None:
        bounds = {
            "rounds": (MIN_ROUNDS, MAX_ROUNDS),
            "seconds": (0.0, 86_400.0),
            "warmup": (0, MAX_ROUNDS),
            "threads": (1, 64),
            "timeout_s": (0.1, 86_400.0),
        }
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"{name} is {value}", fix=f"Allowed: {low:g} to {high:g}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """Where the middle eight of ten values lie.

    Attributes:
        median: half of them are below.
        p10: one of ten is below.
        p90: one of ten is above.
    """

    median: float
    p10: float
    p90: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Of so many values, at least one."""
        p10, median, p90 = (float(value) for value in np.percentile(values, [10, 50, 90]))
        return cls(median=median, p10=p10, p90=p90)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one file costs.

    Attributes:
        artifact: the file.
        target: its kind: tflite, onnx or executorch.
        preset: configuration of its model.
        quantize: its quantization.
        sampler: form of φ in its graph.
        window_s: seconds of sound that one run takes.
        threads: that the runtime was allowed.
        load_ms: from the file to a session that is ready, the runtime imported before.
        first_ms: first run.
        runs_ms: the runs that count, in their order.
        peak_rss_bytes: the most memory of the process; None where the system does not tell.
        before_rss_bytes: its memory before the file was loaded.
        size_bytes: of the file.
        ops: operators; None without the export extra, as the two that follow.
        delegated_ops: those that the delegate takes.
        delegate_calls: in so many parts.
    """

    artifact: Path
    target: str
    preset: str
    quantize: str
    sampler: str
    window_s: float
    threads: int
    load_ms: float
    first_ms: float
    runs_ms: tuple[float, ...]
    peak_rss_bytes: int | None
    before_rss_bytes: int | None
    size_bytes: int
    ops: int | None
    delegated_ops: int | None
    delegate_calls: int | None

    @property
    def latency(self) -> Spread:
        """Milliseconds of a run."""
        return Spread.of(list(self.runs_ms))

    @property
    def added_rss_bytes(self) -> int | None:
        """The most memory that loading and running the file took."""
        if self.peak_rss_bytes is None or self.before_rss_bytes is None:
            return None
        return self.peak_rss_bytes - self.before_rss_bytes


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A file and another, run in turns.

    Attributes:
        measured: the file.
        against: the other.
        ratio: time of the other over time of the file, round by round; above 1 the file is faster.
    """

    measured: Measurement
    against: Measurement
    ratio: Spread


class _Runner:
    """One file in its process, loaded and warm.

    Args:
        process: which holds the file.
        path: the file.
        plan: how to measure.
    """

    def __init__(self, process: WorkerProcess, path: Path, plan: Plan) -> None:
        self._process = process
        self._path = path
        self._plan = plan
        self._loaded = process.tell("load")
        self._first_ms = self.run_ms()
        for _ in range(plan.warmup):
            self.run_ms()

    def run_on_core(self, number: int) -> None:
        self._process.run_on_core(number)

    def run_ms(self) -> float:
        return float(self._process.tell("run")["ms"])

    def measured(self, runs_ms: list[float]) -> Measurement:
        memory = self._process.tell("memory")
        status = self._path.stat()
        return Measurement(
            artifact=self._path,
            threads=self._plan.threads,
            first_ms=self._first_ms,
            runs_ms=tuple(runs_ms),
            peak_rss_bytes=memory["peak_bytes"],
            before_rss_bytes=memory["before_bytes"],
            size_bytes=status.st_size,
            **self._loaded,
            **_delegation(self._path, status.st_mtime_ns, self._plan.timeout_s),
        )


@functools.lru_cache
def _delegation(path: Path, changed_ns: int, timeout_s: float) -> dict[str, Any]:
    """In another process: what reads it imports the exporter, which takes memory and seconds."""
    del changed_ns  # so that a file is read again once it has changed
    with WorkerProcess(path, threads=1, timeout_s=timeout_s) as reader:
        return reader.tell("delegation")


def _process(path: Path, plan: Plan) -> WorkerProcess:
    return WorkerProcess(path, threads=plan.threads, timeout_s=plan.timeout_s)


def measure(
    path: Path, plan: Plan, *, progress: Callable[[float], None] = lambda _: None
) -> Measurement:
    """Measures one file.

    Args:
        path: an exported file.
        plan: how long.
        progress: told the share that is done, 0 to 1.

    Raises:
        InputError: it is not a file that a device runs.
        RuntimeFailureError: the runtime failed, died or hung.
    """
    (measurement,) = _measure([path], plan, progress)
    return measurement


def measure_pair(
    path: Path, against: Path, plan: Plan, *, progress: Callable[[float], None] = lambda _: None
) -> Pair:
    """Measures two files in turns, so that a machine that slows down slows both.

    With one thread both are on the same core, another one every ten rounds. Each finds the
    other's data in the core's cache, so their latencies are those of a device that does other
    things between two windows.

    Args:
        path: an exported file.
        against: another, or the same.
        plan: how long; rounds are of both.
        progress: told the share that is done, 0 to 1.

    Raises:
        InputError: one is not a file that a device runs.
        RuntimeFailureError: the runtime failed, died or hung.
    """
    measured, other = _measure([path, against], plan, progress)
    ratios = [b / a for a, b in zip(measured.runs_ms, other.runs_ms, strict=True)]
    return Pair(measured=measured, against=other, ratio=Spread.of(ratios))


def _measure(paths: list[Path], plan: Plan, progress: Callable[[float], None]) -> list[Measurement]:
    with ExitStack() as stack:
        runners = [_Runner(stack.enter_context(_process(path, plan)), path, plan) for path in paths]
        runs_ms: list[list[float]] = [[] for _ in runners]
        began_s = time.monotonic()
        for number in range(plan.rounds):
            elapsed_s = time.monotonic() - began_s
            if plan.seconds and elapsed_s > plan.seconds and number >= MIN_ROUNDS:
                break
            if len(paths) > 1 and plan.threads == 1 and number % _ROUNDS_ON_A_CORE == 0:
                # Else one of the two may sit beside another program for the whole time.
                for runner in runners:
                    runner.run_on_core(number // _ROUNDS_ON_A_CORE)
            order = range(len(runners)) if number % 2 == 0 else reversed(range(len(runners)))
            for index in order:
                runs_ms[index].append(runners[index].run_ms())
            spent = elapsed_s / plan.seconds if plan.seconds else 0.0
            progress(min(1.0, max((number + 1) / plan.rounds, spent)))
        return [runner.measured(times) for runner, times in zip(runners, runs_ms, strict=True)]
