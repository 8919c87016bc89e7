from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from datar_edge.report.page.page import as_page
from datar_edge.report.page.plan import SECTIONS, Report

MakeReport = Callable[..., Report]

LABELS = ("Dog bark", "Rain", "Rooster")
EVIL = "</td><script>alert('1')</script>\"&\x00"
VOID = {"meta"}


class Page(HTMLParser):
    """Tags still open, what is loaded, ids, links, and the text by tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.style = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [str(value) for key, value in self.attributes if key == name]


def cells(page: str) -> list[str]:
    return re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", page)


def test_the_page_is_whole_and_loads_nothing(make_report: MakeReport) -> None:
    text = as_page(make_report(LABELS))
    page = Page(text)
    assert page.open == []
    assert not set(page.tags) & {"script", "link", "img", "iframe", "object", "embed", "form"}
    assert page.values("src") == page.values("style") == []
    assert page.values("href") == [f"#{name}" for name in SECTIONS]
    assert not any(name.startswith("on") for name, _ in page.attributes)
    assert not re.search(r"https?:|@import|url\(", text)
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    assert {*SECTIONS, *page.values("aria-labelledby")} <= set(ids)
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert page.tags.count("svg") == text.count('role="img"') == 8
    assert page.tags.count("table") == page.tags.count("caption")


def test_the_policy_forbids_all_but_the_style_of_the_page(make_report: MakeReport) -> None:
    page = Page(as_page(make_report(LABELS)))
    (policy,) = (each for each in page.values("content") if "default-src" in each)
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_each_figure_is_there_with_its_date_and_command(make_report: MakeReport) -> None:
    report = make_report(LABELS)
    text = as_page(report)
    found = set(cells(text))
    accuracy = {"8", "10", "80.0%", "49.0% to 94.3%", "28", "93.3%", "78.7% to 98.2%"}
    parity = {"97.0%", "96.0%", "31.2", "112.5", "5.00e-01", "2.50e-01", "85.0%", "yes", "no"}
    benchmark = {"7.25", "7.05", "7.85", "9.25", "12.5", "61.00", "30.00", "12.98", "99.5% of 200"}
    architecture = {"16×64", "local, deformable", "2,920,730", "29.95", "156.95"}
    sensitivity = {"-3.5", "41.5", "∞", "1,234", "97.5%"}
    expected = accuracy | parity | benchmark | architecture | sensitivity
    assert expected <= found, expected - found
    words = "".join(Page(text).words)
    assert "int8.tflite is outside its bound: 97.0% of 1 clips" in words
    assert "Left out, because they cannot be read: 1.x.wav is empty" in words
    assert "trained on" not in words
    assert "5 November 2026, 09:03 UTC" in words
    assert report.machine["cpu"] in words
    assert f"numpy {report.machine['versions']['numpy']}" in words
    for entry in report.entries:
        assert entry.command in words
    assert "Not measured" not in words


def test_what_is_not_measured_is_named_with_its_command(make_report: MakeReport) -> None:
    report = make_report(LABELS, ("accuracy", "parity", "benchmark", "sensitivity"))
    page = Page(as_page(report))
    assert page.open == []
    words = "".join(page.words)
    assert words.count("Not measured: ") == 6
    assert "Not measured: accuracy of model.safetensors. It…" in words
    assert "datar-edge benchmark int8.tflite" in words
    assert "datar-edge report --sections parity" in words
    assert not re.search(r"\b(nan|none|inf)\b", words[words.index("Accuracy") :].lower())


def test_what_comes_from_files_stays_text(make_report: MakeReport) -> None:
    text = as_page(make_report((EVIL, "\ud800", "日本")))
    page = Page(text)
    assert page.open == []
    assert "script" not in page.tags
    assert "<script" not in text
    shown = EVIL.replace("\x00", "\ufffd")
    assert "".join(page.words).count(shown) >= 8  # card, tables, pictures, parity
    text.encode("utf-8")


def test_a_figure_measured_elsewhere_says_where(make_report: MakeReport) -> None:
    report = make_report(LABELS)
    other = dataclasses.replace(report, machine={**report.machine, "cpu": "Another One"})
    words = "".join(Page(as_page(other)).words)
    assert f"09:03 UTC, on {report.machine['cpu']}, with " in words
    assert f", on {report.machine['cpu']}" not in "".join(Page(as_page(report)).words)


def test_clips_of_the_training_are_told(make_report: MakeReport) -> None:
    report = make_report(LABELS)
    (accuracy,) = report.of("accuracy")
    assert accuracy.figures is not None
    trained = {**accuracy.figures, "trained_on": "folds 5"}
    entries = [
        dataclasses.replace(each, figures=trained) if each is accuracy else each
        for each in report.entries
    ]
    text = as_page(dataclasses.replace(report, entries=entries))
    assert "Top-1 on ESC-10, 30 clips of its training" in text
    assert '<p class="alarm">By its own card the model was trained on folds 5' in text


def test_files_are_told_apart_by_their_folders_where_names_are_the_same(
    make_report: MakeReport,
) -> None:
    report = make_report(LABELS)
    moved = {"float.tflite": "a/x.tflite", "int8.tflite": "b/x.tflite"}
    entries = [
        dataclasses.replace(each, file=moved.get(each.file, f"c/{each.file}"))
        for each in report.entries
    ]
    found = cells(as_page(dataclasses.replace(report, entries=entries)))
    assert {"a/x.tflite", "b/x.tflite", "c/model.safetensors"} <= set(found)
    assert "model.safetensors" in cells(as_page(report))


@pytest.mark.parametrize("count", [2, 61, 309])
def test_any_number_of_labels(count: int, make_report: MakeReport) -> None:
    labels = tuple(f"label {number}" for number in range(count))
    text = as_page(make_report(labels))
    assert Page(text).open == []
    assert len(text) < 400_000
    assert ('class="confusion"' in text) == (count <= 60)
    assert ("is left out: datar-edge evaluate --confusion" in text) == (count > 60)
    assert [c for c in cells(text) if c == "label 0"]
