"""The picture, put together."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.figure import Figure

from datar_edge.explain.draw_attention import attention_panel
from datar_edge.explain.draw_comparison import differences_panel, layers_panel
from datar_edge.explain.draw_sound import events_panel, waveform_panel
from datar_edge.explain.draw_window import adaptor_panel, log_mel_panel
from datar_edge.explain.explanation import Explanation
from datar_edge.explain.panels import STYLE, Panel, figure_of
from datar_edge.explain.scores import scores_panel

FORMATS: tuple[str, ...] = ("png", "svg", "pdf")
"""What a picture can be written as."""

DPI = 150
_NO_DATE: Mapping[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
"""So that the same picture is the same file."""


def panels_of(explanation: Explanation) -> list[Panel]:
    """The parts of the picture, from top to bottom."""
    panels = [waveform_panel(explanation), scores_panel(explanation), events_panel(explanation)]
    compared = explanation.comparison
    if compared is not None and compared.departure is not None:
        panels.append(differences_panel(explanation, compared, compared.departure))
    if compared is not None and compared.layers is not None:
        panels.append(layers_panel(compared, compared.layers))
    panels.append(log_mel_panel(explanation))
    if explanation.window.added is not None:
        panels.append(adaptor_panel(explanation, explanation.window.added))
    return panels + [
        attention_panel(explanation, layer, first=not index)
        for index, layer in enumerate(explanation.layers)
    ]


def picture_of(explanation: Explanation, kind: str, *, dpi: int = DPI) -> bytes:
    """All panels below one another.

    Args:
        explanation: what is drawn.
        kind: of `FORMATS`.
        dpi: pixels an inch, of a PNG.
    """
    return saved(figure_of(panels_of(explanation)), kind, dpi=dpi)


def saved(figure: Figure, kind: str, *, dpi: int = DPI) -> bytes:
    """A figure as a file's content.

    Args:
        figure: the figure.
        kind: of `FORMATS`.
        dpi: pixels an inch, of a PNG and of images in the others.
    """
    file = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # A label in a script that the font lacks is drawn as boxes; the HTML page has it in words.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure.savefig(file, format=kind, dpi=dpi, metadata=_NO_DATE[kind])
    return file.getvalue()
