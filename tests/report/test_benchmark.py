from __future__ import annotations

import dataclasses
import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from datar_edge.bundled import bundled_tflite
from datar_edge.errors import ConfigError, InputError, RuntimeFailureError
from datar_edge.report.benchmark import (
    Measurement,
    Pair,
    Plan,
    Spread,
    measure,
    measure_pair,
)
from datar_edge.report.benchmark_page import as_page
from datar_edge.report.benchmark_process import WorkerProcess
from datar_edge.report.benchmark_worker import sound_windows
from datar_edge.report.machine import machine
from datar_edge.report.memory import peak_resident_bytes, reset_peak, resident_bytes
from datar_edge.report.svg import nice_ticks
from datar_edge.runtime import read_model_card

SHORT = Plan(rounds=4, warmup=1, timeout_s=60.0)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The bundled model against a copy of itself."""
    copy = tmp_path_factory.mktemp("copy") / "copy.tflite"
    shutil.copy(bundled_tflite(), copy)
    return measure_pair(bundled_tflite(), copy, SHORT)


def test_each_of_a_pair_is_measured(pair: Pair) -> None:
    for one in (pair.measured, pair.against):
        assert (one.target, one.quantize, one.preset) == ("tflite", "none", "datar-micro")
        assert len(one.runs_ms) == SHORT.rounds
        assert all(time_ms > 0.0 for time_ms in (*one.runs_ms, one.first_ms, one.load_ms))
        assert one.size_bytes == bundled_tflite().stat().st_size
        assert one.ops == one.delegated_ops
        assert one.ops is not None
        assert one.ops > 100
        assert one.delegate_calls == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_a_file_takes_at_least_its_weights_and_no_exporter(pair: Pair) -> None:
    added = pair.measured.added_rss_bytes
    assert added is not None
    assert pair.measured.peak_rss_bytes is not None
    assert pair.measured.size_bytes / 2 < added < pair.measured.peak_rss_bytes < 200e6


def test_the_ratio_is_that_of_the_rounds(pair: Pair) -> None:
    ratios = np.divide(pair.against.runs_ms, pair.measured.runs_ms)
    assert pair.ratio.median == pytest.approx(np.median(ratios))
    assert pair.ratio.p10 <= pair.ratio.median <= pair.ratio.p90


def test_a_budget_ends_the_rounds() -> None:
    shares: list[float] = []
    plan = Plan(rounds=1_000_000, seconds=0.05, warmup=0, timeout_s=60.0)
    measured = measure(bundled_tflite(), plan, progress=shares.append)
    assert 3 <= len(measured.runs_ms) < 1_000
    assert shares == sorted(shares)
    assert len(shares) == len(measured.runs_ms)
    assert 0.0 < shares[-1] <= 1.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rounds": 2}, "rounds is 2"),
        ({"threads": 0}, "threads is 0"),
        ({"seconds": -1.0}, "seconds is -1"),
        ({"timeout_s": float("nan")}, "timeout_s is nan"),
    ],
)
def test_a_plan_out_of_its_range_is_refused(change: dict[str, float], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        dataclasses.replace(SHORT, **change)  # type: ignore[arg-type]


def test_spread_is_that_of_the_sorted_values() -> None:
    values = [float(value) for value in np.random.default_rng(0).permutation(101)]
    assert Spread.of(values) == Spread(median=50.0, p10=10.0, p90=90.0)


def test_the_sound_is_real_and_fills_the_window() -> None:
    card = read_model_card()
    windows = sound_windows(card)
    assert len({window.tobytes() for window in windows}) == len(windows) == 4
    for window in windows:
        assert window.shape == (1, card.window_samples)
        assert window.dtype == np.float32
        assert 0.01 < np.sqrt(np.mean(np.square(window))) < 1.0
    longer = dataclasses.replace(card.fbank, window_s=60.0, num_frames=6_016)
    assert sound_windows(dataclasses.replace(card, fbank=longer))[3].shape == (1, 960_000)


@pytest.mark.parametrize(
    ("program", "timeout_s", "told"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 60, r"crashed \(SIGSEGV\)"),
        ("import sys; sys.exit(3)", 60, "ended with status 3"),
        ("import os, time; os.close(1); time.sleep(0.1)", 60, "ended with status 0"),
        ("import time; time.sleep(600)", 0.5, r"'load' of model.tflite took longer than 0\.5 s"),
    ],
)
def test_a_process_that_dies_or_hangs_is_told(program: str, timeout_s: float, told: str) -> None:
    path = Path("model.tflite")
    command = [sys.executable, "-c", program]
    with (
        WorkerProcess(path, threads=1, timeout_s=timeout_s, command=command) as process,
        pytest.raises(RuntimeFailureError, match=told) as raised,
    ):
        process.tell("load")
    assert "model.tflite" in str(raised.value)


def test_what_the_runtime_says_of_a_file_is_passed_on(tmp_path: Path) -> None:
    broken = tmp_path / "cut.tflite"
    broken.write_bytes(bundled_tflite().read_bytes()[:1_000])
    with pytest.raises(InputError, match="cut off"):
        measure(broken, SHORT)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
def test_memory_that_was_held_counts_until_the_peak_is_reset() -> None:
    size = 64 << 20
    before = resident_bytes()
    assert before is not None
    np.ones(size, np.uint8).sum()
    held = peak_resident_bytes()
    reset_peak()
    after = peak_resident_bytes()
    assert held is not None
    assert after is not None
    assert held > before + 0.9 * size
    assert after < held - 0.5 * size


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 7.3), (0.0, 1e-4), (5.8, 6.4), (0.97, 1.04), (3.0, 3.0), (0.0, 5e5)]
)
def test_ticks_are_few_even_and_around_the_values(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    steps = np.diff(ticks)
    assert 2 <= len(ticks) <= 9
    assert ticks[0] <= low <= high <= ticks[-1]
    assert steps == pytest.approx(steps[0])
    assert (high - low) == 0 or ticks[0] >= low - steps[0]


class Page(HTMLParser):
    """Tags still open, what is loaded, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.loaded += [str(value) for name, value in attrs if name in {"src", "href", "srcset"}]
        self.loaded += [tag] if tag in {"script", "link", "iframe", "img", "object"} else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, *_: object) -> None:
        return

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def named(one: Measurement, name: str) -> Measurement:
    return dataclasses.replace(one, artifact=Path(name))


def test_the_page_is_complete_in_itself(pair: Pair) -> None:
    odd = dataclasses.replace(pair, measured=named(pair.measured, "a&b/<script>.tflite"))
    where = machine()
    text = as_page([odd, pair.measured, pair.measured], where)
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.loaded == []
    assert not re.search(r"https?:|@import|url\(", text)
    words = "".join(page.words)
    assert "copy.tflite ÷ <script>.tflite" in words
    assert where["cpu"] in words
    assert f"{pair.measured.latency.median:.2f}" in words
    assert text.count("<svg") == 5
    assert all("aria-label" in opening for opening in re.findall("<svg[^>]*>", text))


def test_a_page_without_memory_and_delegation_says_so(pair: Pair) -> None:
    bare = dataclasses.replace(
        pair.measured,
        peak_rss_bytes=None,
        before_rss_bytes=None,
        ops=None,
        delegated_ops=None,
        delegate_calls=None,
    )
    text = as_page([bare], machine())
    assert "This system does not tell." in text
    assert "<td>?</td>" in text
