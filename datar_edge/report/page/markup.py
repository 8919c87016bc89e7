"""HTML as text in which nothing that comes from a file can become markup.

What is of type `Html` was made here; every `str` is escaped on its way in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NewType

_FIGURE = re.compile(r"[–∞]|-?[\d.,]+(e[-+]\d+)?%?( (to|of) [\d.,%]+)?")

Html = NewType("Html", str)
"""Markup that may stand in a page as it is."""


def cleaned(data: Any) -> Any:
    """The same with every text fit for a page: no control characters, no halves of characters.

    Cards are JSON, which can hold both; a page with them cannot be written, or is read wrong.

    Args:
        data: as JSON holds it.
    """
    if isinstance(data, str):
        return "".join(c if _fit(c) else "\N{REPLACEMENT CHARACTER}" for c in data)
    if isinstance(data, Mapping):
        return {cleaned(name): cleaned(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [cleaned(each) for each in data]
    return data


def _fit(character: str) -> bool:
    return character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}


def text(value: object) -> Html:
    """A text, escaped."""
    return Html(escape(str(value)))


def joined(*parts: Html) -> Html:
    """Markup after markup."""
    return Html("".join(parts))


def tag(name: str, *content: Html, **attributes: str) -> Html:
    """An element.

    Args:
        name: of the element.
        content: what it holds.
        attributes: values are escaped; a name may end in `_`, and `_` in it stands for `-`.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{told}>{''.join(content)}</{name}>")


def paragraph(value: str, **attributes: str) -> Html:
    """A paragraph of text."""
    return tag("p", text(value), **attributes)


def wide(name: str, content: Html) -> Html:
    """What scrolls by itself where the page is narrow, by keyboard too.

    Args:
        name: for those who do not see it.
        content: a table, or a picture.
    """
    return tag("div", content, class_="wide", role="region", aria_label=name, tabindex="0")


def table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    """A table whose first column names its rows; columns of nothing but figures stand right.

    Args:
        caption: stands above it.
        columns: their heads.
        rows: a text a column each.
    """
    kinds = ["word", *(_kind([row[at] for row in rows]) for at in range(1, len(columns)))]
    heads = (
        tag("th", text(each), scope="col", class_=kind)
        for each, kind in zip(columns, kinds, strict=True)
    )
    body = (
        tag("tr", tag("th", text(row[0]), scope="row", class_=kinds[0]), *_cells(row, kinds))
        for row in rows
    )
    parts = (
        tag("caption", text(caption)),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
    )
    return wide(caption, tag("table", *parts))


def _cells(row: Sequence[str], kinds: Sequence[str]) -> list[Html]:
    return [
        tag("td", text(each), class_=kind) for each, kind in zip(row[1:], kinds[1:], strict=True)
    ]


def _kind(cells: Sequence[str]) -> str:
    return "figure" if all(_FIGURE.fullmatch(each) for each in cells) else "word"


def facts(values: Mapping[str, str]) -> Html:
    """Names and what they stand for."""
    return tag(
        "dl",
        *(
            tag("div", tag("dt", text(name)), tag("dd", text(value)))
            for name, value in values.items()
        ),
    )


def figure(caption: str, picture: str, kind: str = "plot") -> Html:
    """A picture with its caption.

    Args:
        caption: what it shows.
        picture: SVG that `datar_edge.report` drew, which escapes its texts itself.
        kind: class of the figure.
    """
    return tag(
        "figure", wide(caption, Html(picture)), tag("figcaption", text(caption)), class_=kind
    )


def folded(summary: str, content: Html) -> Html:
    """What is shown when asked for, and in print."""
    return tag("details", tag("summary", text(summary)), content)
