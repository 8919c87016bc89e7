"""How near the exported files are to the float model."""

from __future__ import annotations

from collections.abc import Sequence

from datar_edge.report.page.accuracy_view import clips_told, skipped
from datar_edge.report.page.formats import decibels, percent
from datar_edge.report.page.markup import Html, figure, joined, paragraph, table, tag, text
from datar_edge.report.page.plan import Figures
from datar_edge.report.svg import Bar, bars


def parity_view(files: Sequence[tuple[str, Figures]]) -> Html:
    """A row a file, then the clips that each is furthest on.

    Args:
        files: each with its figures.
    """
    columns = (
        *("File", "Same best label, clips", "windows", "SQNR dB", "Largest logit difference"),
        *("of scores", "Top-1, float", "Top-1, file", "Within its bound"),
    )
    (_, first), *_ = files
    return joined(
        paragraph(
            f"{clips_told(first)}, {first['over_windows']['windows']:,} windows. Logits are the "
            "logarithms of the scores; SQNR is the power of the float model's logits over that of "
            "the differences."
        ),
        table("Each file against the checkpoint", columns, [_row(*each) for each in files]),
        _sqnr(files),
        *(_drift(*each) for each in files),
        *(_worst(*each) for each in files),
    )


def _row(name: str, one: Figures) -> tuple[str, ...]:
    windows = one["over_windows"]
    return (
        name,
        percent(one["top1_agreement"]),
        percent(windows["top1_agreement"]),
        decibels(windows["sqnr_db"]),
        f"{windows['max_abs_logit_diff']:.2e}",
        f"{windows['max_abs_score_diff']:.2e}",
        percent(one["reference_top1"]),
        percent(one["artifact_top1"]),
        "no" if one["drift"] else "yes",
    )


def _sqnr(files: Sequence[tuple[str, Figures]]) -> Html:
    rows = [
        Bar(name=name, value=one["over_windows"]["sqnr_db"], colour=index)
        for index, (name, one) in enumerate(files)
        if one["over_windows"]["sqnr_db"] is not None
    ]
    if not rows:
        return Html("")
    caption = "SQNR of the logits: 6 dB are one bit, float32 has about 110 dB."
    return figure(caption, bars("SQNR of each file", "dB", rows))


def _drift(name: str, one: Figures) -> Html:
    if not one["drift"]:
        return Html("")
    return paragraph(f"{name} is outside its bound: {'; '.join(one['drift'])}.", class_="alarm")


def _worst(name: str, one: Figures) -> Html:
    columns = ("Clip", "Label", "Float says", "File says", "Logit difference")
    rows = [
        (
            each["path"],
            each["label"],
            each["reference_best"],
            each["artifact_best"],
            f"{each['max_abs_logit_diff']:.2e}",
        )
        for each in one["worst"]
    ]
    return joined(
        tag("h3", text(name)), skipped(one), table("Clips that differ most", columns, rows)
    )
