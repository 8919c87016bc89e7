"""The window that is looked into: its spectrogram, and what the adaptor adds to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from datar_edge.explain.captured import AttentionLayer
from datar_edge.explain.explanation import Explanation
from datar_edge.explain.panels import Panel

Array = NDArray[np.floating[Any]]

_DB_PER_NAT = 10.0 / math.log(10.0)
_RANGE_DB = 80.0
_TICKS_HZ = (100.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0)
_PADDING = "#F2F2F2"
_MARGIN = 0.03


def log_mel_panel(explanation: Explanation) -> Panel:
    """The log-mel spectrogram as the front-end gives it."""
    fbank = explanation.card.fbank

    def draw(axes: Sequence[Axes], side: Axes) -> None:
        [ax] = axes
        image = show_log_mel(ax, explanation, colours="viridis")
        window_axes(ax, explanation)
        colour_bar(side, image, "dB below the loudest", extend="min")

    return Panel(
        title="Log-mel spectrogram of the window",
        caption=f"{fbank.num_mel_bins} mel filters, frames of {fbank.frame_length_ms:g} ms every "
        f"{fbank.frame_shift_ms:g} ms; a frame stands at its middle, a filter at its peak."
        + _told_padding(explanation),
        draw=draw,
        height_in=1.35,
    )


def adaptor_panel(explanation: Explanation, added: Array) -> Panel:
    """What the adaptor adds.

    Args:
        explanation: what is shown.
        added: `[num_mel_bins, num_frames]`.
    """
    largest = float(np.abs(added).max())

    def draw(axes: Sequence[Axes], side: Axes) -> None:
        [ax] = axes
        image = ax.imshow(
            added,
            cmap="PuOr_r",
            vmin=-largest,
            vmax=largest,
            extent=extent_of(explanation, added.shape[1]),
            aspect="auto",
            origin="lower",
            interpolation="nearest",
        )
        window_axes(ax, explanation)
        colour_bar(side, image, "normalised log-mel")

    return Panel(
        title="What the adaptor adds",
        caption="λ·conv(x), Eq. (5), in units of the normalised spectrogram x that it is added to "
        f"(mean 0, deviation 1 over the training set): {largest:.2g} at most; its RMS is "
        f"{explanation.window.added_share:.2%} of that of x.",
        draw=draw,
        height_in=1.35,
    )


def show_log_mel(ax: Axes, explanation: Explanation, *, colours: Any, vmax: float = 0.0) -> Any:
    """Draws the spectrogram in dB below its loudest pixel; gives the image.

    Args:
        ax: where.
        explanation: what is shown.
        colours: the colour map.
        vmax: dB of its last colour.
    """
    log_mel = explanation.window.log_mel
    return ax.imshow(
        (log_mel.T - log_mel.max()) * _DB_PER_NAT,
        cmap=colours,
        vmin=-_RANGE_DB,
        vmax=vmax,
        extent=extent_of(explanation, len(log_mel)),
        aspect="auto",
        origin="lower",
        interpolation="nearest",
    )


def extent_of(explanation: Explanation, frames: int) -> tuple[float, float, float, float]:
    """Where so many frames lie: seconds along, mel bins up; pixels are centred on their place."""
    left_s, right_s = explanation.axes.seconds(np.array([-0.5, frames - 0.5]))
    return float(left_s), float(right_s), -0.5, explanation.card.fbank.num_mel_bins - 0.5


def view_of(explanation: Explanation, layers: Sequence[AttentionLayer]) -> Array:
    """What shows the network's input and every point of these layers.

    Returns:
        `[2, 2]`: the lower left corner and the upper right one, as (seconds, mel bins).
    """
    fbank = explanation.card.fbank
    left_s, right_s, _, _ = extent_of(explanation, fbank.num_frames)
    # The first filter begins a bin before its peak, the last one ends a bin behind.
    corners = np.array([[left_s, -1.0], [right_s, fbank.num_mel_bins]])
    points = [places_of(explanation, each, each.points_px).reshape(-1, 2) for each in layers]
    places = np.concatenate([corners, *points])
    least, most = places.min(axis=0), places.max(axis=0)
    margin = _MARGIN * (corners[1] - corners[0])
    least = np.where(least < corners[0], least - margin, least)
    most = np.where(most > corners[1], most + margin, most)
    return np.stack([least, most])


def places_of(explanation: Explanation, layer: AttentionLayer, points_px: Array) -> Array:
    """`[..., 2]` as (y, x) in pixels of a layer's map gives `[..., 2]` as (seconds, mel bins)."""
    input_px = layer.scale.at(points_px)
    return np.stack([explanation.axes.seconds(input_px[..., 1]), input_px[..., 0]], axis=-1)


def window_axes(ax: Axes, explanation: Explanation) -> None:
    """Seconds of the sound along, hertz on the mel scale up; where the sound ends is marked."""
    fbank = explanation.card.fbank
    # One view for all panels of the window, so that times line up.
    ax.set_xlim(*view_of(explanation, explanation.layers)[:, 0])
    ax.set_ylim(*view_of(explanation, [])[:, 1])
    ax.set_facecolor(_PADDING)
    ticks_hz = [each for each in _TICKS_HZ if fbank.low_freq_hz < each <= fbank.upper_freq_hz]
    ax.set_yticks(explanation.axes.bins(np.array(ticks_hz)), [_told_hz(each) for each in ticks_hz])
    ax.set_ylabel("frequency, Hz")
    ax.set_xlabel("time in the sound, s", labelpad=1)
    _, end_s = explanation.shown_s
    if _is_padded(explanation):
        ax.axvline(end_s, color="#D55E00", linewidth=0.9, linestyle=(0, (4, 2)))


def colour_bar(side: Axes, image: Any, label: str, **style: Any) -> None:
    """A narrow bar of the image's colours on the strip."""
    place = side.inset_axes((0.0, 0.0, 0.09, 1.0))
    bar = side.figure.colorbar(image, cax=place, **style)
    bar.outline.set_linewidth(0.4)
    bar.ax.tick_params(labelsize=7, length=2)
    bar.set_label(label, size=7)


def _told_padding(explanation: Explanation) -> str:
    if not _is_padded(explanation):
        return ""
    return f" The sound ends at {explanation.shown_s[1]:.2f} s (broken line); zeros follow."


def _is_padded(explanation: Explanation) -> bool:
    shown = explanation.sound.shown
    return shown.valid < len(shown.samples)


def _told_hz(hertz: float) -> str:
    return f"{hertz:g}" if hertz < 1_000.0 else f"{hertz / 1_000.0:g}k"
