"""The page in Chromium: it asks for nothing, complains of nothing, and fits."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from datar_edge.report.page.page import as_page
from datar_edge.report.page.plan import Report

Browser = Any
"""Of conftest.py, which tests cannot import."""
MakeReport = Callable[..., Report]

PLACES = ("body", "a", ".source", ".missing", ".alarm", "dt", "summary", "figcaption",
          ".missing code", ".plot text", ".confusion text")  # fmt: skip
EVIL = "<script>document.title='taken'</script><img src=x onerror=document.title='taken'>"


@pytest.fixture(scope="module")
def page(make_report: MakeReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(
        as_page(make_report(("Dog bark", "Rain", EVIL), ("sensitivity",))), encoding="utf-8"
    )
    return path


@pytest.fixture
def served(page: Path) -> Iterator[tuple[str, list[str]]]:
    """The page's address on a server of ours, and the paths that the server was asked for."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(page.parent))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/report.html", asked
        server.shutdown()
        thread.join()


def test_what_a_page_asks_for_and_complains_of_is_seen(browser: Browser, tmp_path: Path) -> None:
    """Else the tests below would prove nothing."""
    bad = tmp_path / "bad.html"
    bad.write_text("<title>t</title><img src=none.png><script>console.error('hm')</script>")
    browser.open(bad.as_uri())
    assert browser.requests() == [bad.as_uri(), (tmp_path / "none.png").as_uri()]
    complaints = browser.complaints()
    assert any('"hm"' in each for each in complaints)
    assert any("none.png" in each for each in complaints)


def test_nothing_is_asked_for_and_nothing_complained_of(browser: Browser, page: Path) -> None:
    browser.open(page.as_uri())
    assert browser.requests() == [page.as_uri()]
    assert browser.complaints() == []
    assert browser.evaluate("document.title") == "Report on model.safetensors"
    assert browser.evaluate("document.scripts.length + document.images.length") == 0
    shown = browser.evaluate("[...document.querySelectorAll('th')].map(e => e.textContent)")
    assert EVIL in shown


def test_a_server_is_asked_for_the_page_alone(
    browser: Browser, served: tuple[str, list[str]]
) -> None:
    address, asked = served
    browser.open(address)
    assert browser.evaluate("document.readyState") == "complete"
    assert asked == ["/report.html"]
    assert browser.requests() == [address]
    assert browser.complaints() == []


def test_the_policy_stops_what_gets_in(browser: Browser, page: Path, tmp_path: Path) -> None:
    """A script or a picture that somehow stood in the page would neither run nor load."""
    text = page.read_text(encoding="utf-8")
    stained = tmp_path / "stained.html"
    stained.write_text(text.replace("<main>", f"<main>{EVIL}"), encoding="utf-8")
    browser.open(stained.as_uri())
    assert browser.evaluate("document.scripts.length") == 1
    assert browser.evaluate("document.title") == "Report on model.safetensors"
    assert any("Content Security Policy" in each for each in browser.complaints())


@pytest.mark.parametrize("dark", [False, True])
def test_ink_stands_out_from_paper(
    browser: Browser, page: Path, tmp_path: Path, *, dark: bool
) -> None:
    browser.open(page.as_uri(), dark=dark)
    browser.screenshot(tmp_path / "seen.png")
    seen = np.asarray(Image.open(tmp_path / "seen.png").convert("L"))
    assert (np.median(seen) < 60) == dark
    assert (np.median(seen) > 200) != dark
    for place in PLACES:
        ink = luminance(browser, place, "fill" if "text" in place else "color")
        paper = luminance(browser, "body", "backgroundColor")
        assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 4.5, place


def luminance(browser: Browser, place: str, name: str) -> float:
    """Relative luminance by the Web Content Accessibility Guidelines, 0 to 1."""
    told = browser.evaluate(f"getComputedStyle(document.querySelector('{place}')).{name}")
    channels = np.array([float(n) for n in told[told.index("(") + 1 : -1].split(",")[:3]]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_a_narrow_page_does_not_scroll_sideways_but_its_tables_do(
    browser: Browser, page: Path
) -> None:
    browser.open(page.as_uri(), width=360)
    assert browser.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [360, 360]
    widths = browser.evaluate(
        "[...document.querySelectorAll('.wide')].map(e => [e.clientWidth, e.scrollWidth])"
    )
    assert all(shown <= 360 for shown, _ in widths)
    assert any(whole > shown for shown, whole in widths)


def test_it_prints_with_all_that_is_folded(browser: Browser, page: Path) -> None:
    browser.open(page.as_uri(), dark=True)
    assert browser.evaluate("document.querySelectorAll('details[open]').length") == 0
    browser.tell("Emulation.setEmulatedMedia", media="print")
    background = "getComputedStyle(document.body).backgroundColor"
    assert browser.evaluate(background) == "rgb(255, 255, 255)"
    assert browser.evaluate("document.querySelector('details pre').offsetHeight") > 0
    assert browser.evaluate("document.querySelector('nav').offsetHeight") == 0
    printed = browser.tell("Page.printToPDF", printBackground=False)["data"]
    assert len(printed) > 20_000
    browser.tell("Emulation.setEmulatedMedia", media="")


def test_every_scrolling_part_can_be_reached_by_keyboard(browser: Browser, page: Path) -> None:
    browser.open(page.as_uri())
    reached = browser.evaluate(
        "[...document.querySelectorAll('.wide')].every(e => e.tabIndex === 0 && e.ariaLabel)"
    )
    assert reached
