"""A browser that tells what a page asks for and complains of, and a report to open in it."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datar_edge.bundled import bundled_tflite
from datar_edge.data.dataset import Clip, ClipSet
from datar_edge.export.verify import BOUNDS, Parity
from datar_edge.report.benchmark import Measurement
from datar_edge.report.evaluate import Accuracy, Evaluation, HeadAccuracy
from datar_edge.report.machine import machine
from datar_edge.report.page.figures import (
    accuracy_figures,
    benchmark_figures,
    card_figures,
    parity_figures,
)
from datar_edge.report.page.plan import SECTIONS, Entry, Report
from datar_edge.report.parity import ClipParity, ParityReport
from datar_edge.runtime import read_model_card

_INSTALL = "apt-get install --no-install-recommends chromium chromium-driver"
_ARGUMENTS = ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars")


class Browser:
    """Chromium through its driver, by the W3C's WebDriver protocol: JSON over HTTP.

    Args:
        driver: address of the driver.
        chromium: the program.
        folder: becomes its profile.
    """

    def __init__(self, driver: str, chromium: str, folder: Path) -> None:
        wanted = {
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [*_ARGUMENTS, f"--user-data-dir={folder}"],
            },
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self._address = f"{driver}/session"
        session = self._ask("", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self._address += f"/{session}"

    def open(self, address: str, *, dark: bool = False, width: int = 1_000) -> None:
        """Opens a page, and forgets what was asked for and complained of before."""
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.tell("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.tell("Emulation.setDeviceMetricsOverride", **size)
        self.requests(), self.complaints()
        self._ask("/url", {"url": address})

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call."""
        events = [json.loads(each["message"])["message"] for each in self._log("performance")]
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """The lines of the console since the last call."""
        return [f"{each['level']}: {each['message']}" for each in self._log("browser")]

    def evaluate(self, expression: str) -> Any:
        """What a line of JavaScript comes to."""
        return self._ask("/execute/sync", {"script": f"return {expression}", "args": []})

    def tell(self, command: str, **parameters: object) -> Any:
        """A command of the DevTools protocol."""
        return self._ask("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def screenshot(self, path: Path) -> None:
        """What is seen at the top of the page, as PNG."""
        path.write_bytes(base64.b64decode(self.tell("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """Ends the browser."""
        self._ask("", method="DELETE")

    def _log(self, kind: str) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self._ask("/se/log", {"type": kind})
        return lines

    def _ask(self, place: str, body: object = None, *, method: str = "POST") -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._address}{place}", data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]


@contextlib.contextmanager
def running_driver(program: str, home: Path) -> Iterator[str]:
    """The address of Chromium's driver, which chooses a free port itself."""
    environment = {**os.environ, "HOME": str(home)}
    with subprocess.Popen(
        [program, "--port=0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as driver:
        try:
            assert driver.stdout is not None
            found = (re.search(r"successfully on port (\d+)", line) for line in driver.stdout)
            yield f"http://localhost:{next(each[1] for each in found if each)}"
        finally:
            driver.terminate()


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium without a window."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip(f"Chromium or its driver is not installed: {_INSTALL}")
    home = tmp_path_factory.mktemp("browser")
    with running_driver(driver, home) as address:
        opened = Browser(address, chromium, home / "profile")
        try:
            yield opened
        finally:
            opened.close()


MakeReport = Callable[..., Report]

_SQNR_DB = {"float.tflite": 112.5, "int8.tflite": 31.25}


@pytest.fixture(scope="session")
def make_report() -> MakeReport:
    """A report on a model of any labels, its figures foreseen; `without` names sections."""

    def make(labels: tuple[str, ...], without: tuple[str, ...] = ()) -> Report:
        figures = {
            "card": {name: _card(labels) for name in ("model.safetensors", *_SQNR_DB)},
            "architecture": {"model.safetensors": _architecture()},
            "accuracy": {"model.safetensors": _accuracy(labels)},
            "parity": {name: _parity(name, labels) for name in _SQNR_DB},
            "benchmark": {name: _benchmark(name) for name in _SQNR_DB},
            "sensitivity": {"model.safetensors": _sensitivity()},
        }
        place = machine()
        entries = [
            Entry(section=section, file=file, command=f"datar-edge {section} {file}", needs="It…")
            if section in without
            else Entry(
                section=section,
                file=file,
                command=f"datar-edge {section} {file}",
                figures=json.loads(json.dumps(each)),  # as it comes back from the folder
                measured="2026-11-05T09:03:00+00:00",
                machine=place,
            )
            for section, files in figures.items()
            for file, each in files.items()
        ]
        return Report(
            model="runs/model.safetensors",
            made="2026-11-24T18:50:00+00:00",
            machine=place,
            entries=entries,
            commands={section: f"datar-edge report --sections {section}" for section in SECTIONS},
        )

    return make


def _clips(labels: tuple[str, ...]) -> ClipSet:
    clip = Clip(path=Path("clip.wav"), targets={"class": labels[0]}, fold=5)
    return ClipSet(name="ESC-10", heads={"class": labels}, clips=(clip,))


def _card(labels: tuple[str, ...]) -> Any:
    card = read_model_card()
    told = {"heads": {"class": labels}, "provenance": {"data": labels[0], "recipe": "long " * 99}}
    figures = card_figures(card, bundled_tflite(), "tflite", "0123456789abcdef" * 4)
    return {**figures, **told}


def _architecture() -> Any:
    stage = {"map": [16, 64], "embed_dim": 32, "num_heads": 1, "blocks": ["local", "deformable"]}
    part = {"part": "stages.0", "parameters": 26_258, "macs": 29_949_952}
    return {"stages": [stage], "parts": [part], "parameters": 2_920_730, "macs": 156_948_992}


def _accuracy(labels: tuple[str, ...]) -> Any:
    """Of ten clips a label, the first label's are right eight times, the others' always."""
    confusion = 10 * np.eye(len(labels), dtype=np.int64)
    confusion[0, :2] = 8, 2
    shares = [0.8, *(1.0 for _ in labels[1:])]
    head = HeadAccuracy(
        overall=Accuracy(clips=10 * len(labels), top1=float(np.mean(shares)), top5=1.0),
        per_class={
            label: Accuracy(clips=10, top1=share, top5=1.0)
            for label, share in zip(labels, shares, strict=True)
        },
        mean_average_precision=0.875,
        calibration_error=0.125,
        confusion=confusion,
    )
    result = Evaluation(
        clips=10 * len(labels), all_right=0.9, heads={"class": head}, skipped=("x.wav is empty",)
    )
    card = dataclasses.replace(read_model_card(), heads={"class": labels})
    return accuracy_figures(result, _clips(labels), card, 1.0)


def _parity(name: str, labels: tuple[str, ...]) -> Any:
    clip = ClipParity(
        path=Path(f"sounds/{labels[0].replace('/', '')}.wav"),
        label=labels[0],
        max_abs_logit_diff=0.5,
        reference_best=labels[0],
        artifact_best=labels[1],
        agrees=False,
    )
    windows = Parity(
        windows=321,
        max_abs_logit_diff=0.5,
        max_abs_score_diff=0.25,
        top1_agreement=0.96,
        sqnr_db=_SQNR_DB[name],
    )
    report = ParityReport(
        clips=(clip,),
        windows=windows,
        top1_agreement=0.97,
        reference_top1=0.9,
        artifact_top1=0.85,
        skipped=(),
    )
    drift = ["97.0% of 1 clips have the same best label (at least 98%)"]
    return parity_figures(
        report, BOUNDS["int8"], drift if name == "int8.tflite" else [], _clips(labels), 1.0
    )


def _benchmark(name: str) -> Any:
    return benchmark_figures(
        Measurement(
            artifact=Path(name),
            target="tflite",
            preset="datar-micro",
            quantize="none",
            sampler="stencil",
            window_s=2.56,
            threads=1,
            load_ms=12.5,
            first_ms=9.25,
            runs_ms=(7.0, 7.25, 8.0),
            peak_rss_bytes=61_000_000,
            before_rss_bytes=31_000_000,
            size_bytes=12_981_562,
            ops=200,
            delegated_ops=199,
            delegate_calls=2,
        )
    )


def _sensitivity() -> Any:
    costs = {"model.stem": -3.5, "model.heads": 41.5, "fbank": None}
    figures = {"windows": 40, "max_abs_logit_diff": 0.125, "top1_agreement": 0.975}
    return {
        "layers": [
            {"layer": layer, "weights": 1_234, "sqnr_db": cost, **figures}
            for layer, cost in costs.items()
        ]
    }
