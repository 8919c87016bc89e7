"""What is drawn, read back from the figure, against what was taken down."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from datar_edge.explain.explanation import Comparison, Explanation
from datar_edge.explain.make import explain
from datar_edge.explain.page import page_of
from datar_edge.explain.panels import figure_of
from datar_edge.explain.picture import panels_of
from datar_edge.listen.event_config import EventConfig
from datar_edge.models import Checkpoint
from datar_edge.report.layers import LayerDifference, LayerReport


@pytest.fixture(scope="module")
def explanation(small_checkpoint: Callable[..., Checkpoint]) -> Explanation:
    """A real rooster, heard by the small model; every score begins an event."""
    return explain(
        Path(__file__).parents[2] / "examples" / "rooster.ogg",
        small_checkpoint(),
        model="small",
        name="rooster.ogg",
        hop_s=0.32,
        events=lambda _: EventConfig(start_threshold=0.4),
    )


def figure(explanation: Explanation, title: str) -> tuple[Figure, list[Axes]]:
    """The panel with that title, alone, and its axes but for the strip."""
    [panel] = [panel for panel in panels_of(explanation) if panel.title.startswith(title)]
    drawn = figure_of([panel])
    return drawn, drawn.axes[: panel.count]


def test_the_panels_of_a_model_with_all_parts(explanation: Explanation) -> None:
    titles = [panel.title for panel in panels_of(explanation)]
    assert titles == [
        "Waveform of rooster.ogg",
        "Scores over time",
        "Events",
        "Log-mel spectrogram of the window",
        "What the adaptor adds",
        "Attention of stage 1, block 2",
        "Attention of stage 2, block 1",
        "Attention of stage 2, block 3",
    ]
    fewer = dataclasses.replace(explanation, stages=(2,))
    assert [panel.title for panel in panels_of(fewer)] == titles[:5] + titles[6:]


def test_the_adaptor_s_picture_is_what_it_adds(explanation: Explanation) -> None:
    _, [ax] = figure(explanation, "What the adaptor adds")
    [image] = ax.images
    assert np.array_equal(image.get_array(), explanation.window.added)
    low, high = image.get_clim()
    assert low == -high  # white is nothing
    assert high == pytest.approx(np.abs(explanation.window.added).max())


def test_points_are_drawn_where_they_sample_as_heavy_as_they_are(explanation: Explanation) -> None:
    layer = explanation.layers[1]
    _, axes = figure(explanation, "Attention of stage 2, block 1")
    assert len(axes) == layer.groups == 2
    fbank = explanation.card.fbank
    shift_s = fbank.frame_shift_ms / 1000
    for group, ax in enumerate(axes):
        # By hand, for two 3x3 convolutions of stride 2 and a third: 8 input pixels a pixel.
        seconds = explanation.shown_s[0] + fbank.frame_length_ms / 2000
        wanted = layer.points_px[group, :, ::-1] * 8.0 * [shift_s, 1.0] + [seconds, 0.0]
        _, discs, _ = ax.collections[1:4]
        order = np.argsort(layer.mean_weights()[group])
        assert np.allclose(discs.get_offsets(), wanted[order], atol=1e-4)
        shares = np.sort(layer.mean_weights()[group]) * len(layer.reference_px)
        assert np.allclose(discs.get_array(), shares, atol=1e-5)
        assert (np.diff(discs.get_sizes()) >= 0).all()
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        inside = (wanted > [left, low]) & (wanted < [right, high])
        assert inside.all()  # no point is cut off


def test_scores_and_events_are_those_of_the_sound(explanation: Explanation) -> None:
    _, [ax] = figure(explanation, "Scores over time")
    steps = [line for line in ax.lines if len(line.get_xdata()) > 2]
    highest = max(float(np.nanmax(line.get_ydata())) for line in steps)
    wanted = max(float(each.scores["class"].max()) for each in explanation.sound.scores[0])
    assert highest == pytest.approx(wanted)
    levels = [float(line.get_ydata()[0]) for line in ax.lines if len(line.get_xdata()) == 2]
    assert levels == pytest.approx([0.4, 0.24])
    _, [ax] = figure(explanation, "Events")
    bars = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches[:-1])
    events = sorted((event.start_s, event.end_s) for event in explanation.events[0])
    assert len(events) >= 1
    assert np.allclose(bars, events)


def test_layers_below_the_bound_stand_out(explanation: Explanation) -> None:
    sqnr_db = {"fbank": np.inf, "model.stem": 31.0, "model.norm": 12.0}
    layers = [
        LayerDifference(layer=name, sqnr_db=value, max_rel_diff=0.1)
        for name, value in sqnr_db.items()
    ]
    report = LayerReport(
        layers=tuple(layers),
        bound_db=20.0,
        first="model.norm",
        source=Path("model.safetensors"),
        windows=1,
        probe_score_diff=1e-6,
        probe_is_file=True,
    )
    compared = Comparison(file="a.tflite", quantize="int8", departure=None, layers=report)
    beside = dataclasses.replace(explanation, comparison=compared)
    _, [ax] = figure(beside, "a.tflite against the float model, layer by layer")
    _, dots = ax.collections
    assert dots.get_offsets()[:, 1].tolist() == [160.0, 31.0, 12.0]
    colours = dots.get_facecolors()
    assert (colours[0] == colours[1]).all()
    assert (colours[1] != colours[2]).any()
    assert "the first below the bound is norm" in page_of(beside)


def test_names_are_words_and_no_markup(explanation: Explanation) -> None:
    named = dataclasses.replace(explanation, name="<b>$x^2$ & 鶏.wav")
    page = page_of(named)
    assert "<b>" not in page
    assert "&lt;b&gt;$x^2$ &amp; 鶏.wav" in page
    assert re.search(r"<img src=\"data:image/svg\+xml;base64,", page)
