"""The picture as one HTML page, which loads nothing from anywhere."""

from __future__ import annotations

import base64
from html import escape

from datar_edge.explain.explanation import Explanation
from datar_edge.explain.panels import Panel, figure_of
from datar_edge.explain.picture import DPI, panels_of, picture_of, saved

_STYLE = """
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif;
  color: #1a1a1a; background: #fff; }
h1 { font-size: 1.5rem; margin-bottom: .3rem; } figure { margin: 1.6rem 0; }
h2 { font-size: 1.1rem; margin: 0; } img { width: 100%; height: auto; display: block; }
figcaption { margin-bottom: .4rem; } figcaption p { margin: .2rem 0; color: #444; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem 1rem .2rem 0; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
"""


def drawn(explanation: Explanation, suffix: str, *, dpi: int = DPI) -> bytes:
    """What a file with that suffix is to hold.

    Args:
        explanation: what is drawn.
        suffix: ".html", or a dot and one of `FORMATS`.
        dpi: pixels an inch, of a PNG.
    """
    if suffix == ".html":
        return page_of(explanation).encode()
    return picture_of(explanation, suffix.removeprefix("."), dpi=dpi)


def page_of(explanation: Explanation) -> str:
    """The page: each panel with its words beside it, and the events as a table.

    Args:
        explanation: what is drawn.
    """
    title = f"{explanation.name}, as {explanation.model} hears it"
    figures = "\n".join(map(_figure, panels_of(explanation)))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>Attention tells where a layer looks, not why a label is given.</p>
{figures}
{_events(explanation)}
</body>
</html>
"""


def _figure(panel: Panel) -> str:
    picture = base64.b64encode(saved(figure_of([panel], worded=False), "svg")).decode("ascii")
    title, caption = escape(panel.title), escape(panel.caption)
    return (
        f"<figure><figcaption><h2>{title}</h2><p>{caption}</p></figcaption>"
        f'<img src="data:image/svg+xml;base64,{picture}" alt="{title}"></figure>'
    )


def _events(explanation: Explanation) -> str:
    rows = [
        f"<tr><td>{escape(event.label)}</td><td>{of}</td><td>{event.start_s:.2f}</td>"
        f"<td>{event.end_s:.2f}</td><td>{event.max_score:.3f}</td></tr>"
        for of, events in zip(("float", "file"), explanation.events, strict=False)
        for event in events
    ]
    if not rows:
        return ""
    heads = ("Event", "Of", "Start s", "End s", "Highest score")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
