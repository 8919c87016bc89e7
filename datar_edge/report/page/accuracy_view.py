"""How often the model is right, label by label, and what it takes for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from datar_edge.report.confusion import confusion_picture
from datar_edge.report.page.formats import between, percent
from datar_edge.report.page.markup import Html, figure, joined, paragraph, table, tag, text
from datar_edge.report.page.plan import Figures
from datar_edge.report.svg import Bar, bars

_MOST_BARS = 30
_MOST_IN_PICTURE = 60
_CONFUSIONS = 10
_XMLNS = ' xmlns="http://www.w3.org/2000/svg"'


def accuracy_view(files: Sequence[tuple[str, Figures]]) -> Html:
    """Accuracy of each head.

    Args:
        files: the model with its figures.
    """
    ((_, figures),) = files
    heads = figures["heads"]
    both = f" All heads right: {percent(figures['all_heads_top1'])}." if len(heads) > 1 else ""
    return joined(
        paragraph(f"{clips_told(figures)}.{both}"),
        paragraph(
            "A clip's score is the mean over its windows, those left out that are more than 20 dB "
            "quieter than its loudest. Intervals are Wilson's at 95 %; they take the clips as "
            "independent, which those cut from one recording are not."
        ),
        _trained_on(figures["trained_on"]),
        skipped(figures),
        *(_head(name, head, many=len(heads) > 1) for name, head in heads.items()),
    )


def _trained_on(folds: str) -> Html:
    if not folds:
        return Html("")
    return paragraph(
        f"By its own card the model was trained on {folds} of these: this is no measure of how it "
        "does on new sound.",
        class_="alarm",
    )


def clips_told(figures: Figures) -> str:
    """On what was measured."""
    folds = f", folds {', '.join(map(str, figures['folds']))}" if figures["folds"] else ""
    return f"{figures['clips']:,} clips of {figures['data']}{folds}, a window every " + (
        f"{figures['hop_s']:g} s"
    )


def skipped(figures: Figures) -> Html:
    """Clips that could not be read."""
    if not figures["skipped"]:
        return Html("")
    return joined(
        paragraph(f"Left out, because they cannot be read: {figures['skipped']}.", class_="alarm"),
        tag("ul", *(tag("li", text(each)) for each in figures["skipped_first"])),
    )


def _head(name: str, head: Mapping[str, Any], *, many: bool) -> Html:
    rows = [_row(label, one) for label, one in head["per_class"].items()]
    columns = ("Label", "Clips", "Right", "Top-1", "95 % interval", "Top-5")
    return joined(
        tag("h3", text(f"Head {name}")) if many else Html(""),
        paragraph(
            f"Mean average precision {head['mean_average_precision']:.3f}, expected calibration "
            f"error {head['expected_calibration_error']:.3f}."
        ),
        table(f"Accuracy of head {name} by label", columns, [*rows, _row("all", head)]),
        _bars(name, head),
        _confusions(name, head),
    )


def _row(label: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        label,
        str(one["clips"]),
        str(one["right"]),
        percent(one["top1"]),
        between(one["top1_interval"]),
        percent(one["top5"]),
    )


def _bars(name: str, head: Mapping[str, Any]) -> Html:
    worst = sorted(head["per_class"].items(), key=lambda each: each[1]["top1"])[:_MOST_BARS]
    rows = [_bar("all", head, colour=1), *(_bar(label, one) for label, one in worst)]
    left_out = len(head["per_class"]) - len(worst)
    rest = f" The best {left_out} labels are left out." if left_out else ""
    return figure(
        f"Top-1 by label, the least first; the whiskers are the 95 % interval.{rest}",
        bars(f"Top-1 of head {name} by label", "%", rows),
    )


def _bar(name: str, one: Mapping[str, Any], *, colour: int = 0) -> Bar:
    low, high = one["top1_interval"]
    return Bar(name=name, value=100 * one["top1"], low=100 * low, high=100 * high, colour=colour)


def _confusions(name: str, head: Mapping[str, Any]) -> Html:
    labels, confusion = head["labels"], np.array(head["confusion"], np.int64)
    most = _most_frequent(labels, confusion)
    told = (
        table("Taken for another most often", ("Is", "Said", "Clips"), most)
        if most
        else paragraph("No clip was taken for another.")
    )
    if len(labels) > _MOST_IN_PICTURE:
        return joined(
            told,
            paragraph(
                f"The picture of {len(labels)} labels is left out: "
                "datar-edge evaluate --confusion FILE.svg draws it.",
                class_="missing",
            ),
        )
    picture = confusion_picture(name, labels, confusion).replace(_XMLNS, "", 1)
    caption = "A cell is as dark as its share of the row. Dark off the diagonal are confusions."
    return joined(told, figure(caption, picture, "confusion"))


def _most_frequent(labels: Sequence[str], confusion: np.typing.NDArray[np.int64]) -> list[Any]:
    wrong = confusion - np.diag(np.diag(confusion))
    order = np.argsort(-wrong, axis=None, kind="stable")[:_CONFUSIONS]
    places = [divmod(int(each), len(labels)) for each in order]
    return [
        (labels[row], labels[column], str(wrong[row, column]))
        for row, column in places
        if wrong[row, column]
    ]
