"""Takes down what a network computes on one window, while it computes it.

G: offset groups, N: points, M: heads, Q: queries.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from datar_edge.explain.axes import PixelScale
from datar_edge.explain.captured import AttentionLayer, CapturedWindow
from datar_edge.models import Checkpoint, Network, WaveformModel
from datar_edge.models.block import Block
from datar_edge.models.datar import Datar
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.models.sampling import SAMPLERS


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A deformable attention in its network.

    Attributes:
        path: of its module in the network.
        stage: number of its stage, from 1.
        block: number of its block in the stage, from 1.
        scale: where the pixels of its map lie in the spectrogram.
        attention: the module.
    """

    path: str
    stage: int
    block: int
    scale: PixelScale
    attention: DeformableAttention


def deformable_places(network: Network) -> list[Place]:
    """The deformable attentions of a network, in the order that they run in; AST has none."""
    if not isinstance(network, Datar):
        return []
    places: list[Place] = []
    scale = _behind(PixelScale(), network.stem)
    for stage, layers in enumerate(network.stages):
        block = 0
        for name, layer in layers.named_children():
            if not isinstance(layer, Block):
                scale = _behind(scale, layer)
                continue
            block += 1
            if isinstance(layer.attention, DeformableAttention):
                path = f"stages.{stage}.{name}.attention"
                places.append(
                    Place(
                        path=path,
                        stage=stage + 1,
                        block=block,
                        scale=scale,
                        attention=layer.attention,
                    )
                )
    return places


def capture(checkpoint: Checkpoint, window: NDArray[np.float32]) -> CapturedWindow:
    """Runs a network on one window.

    Args:
        checkpoint: the model; of any architecture.
        window: float32 `[window_samples]` at the model's rate.
    """
    network = checkpoint.model
    model = WaveformModel(network).eval()
    places = deformable_places(network)
    with torch.inference_mode(), _watched(model, places) as seen:
        scores = model(torch.from_numpy(window)[None])
        network_input = network.normalise(seen["fbank"])
        added = seen["adaptor"] - network_input if "adaptor" in seen else None
    return CapturedWindow(
        log_mel=seen["fbank"][0].numpy(),
        network_input=network_input[0, 0].numpy(),
        added=added[0, 0].numpy() if added is not None and added.any() else None,
        layers=tuple(_layer(place, seen) for place in places),
        scores={
            head: values[0].numpy() for head, values in zip(checkpoint.heads, scores, strict=True)
        },
    )


def _behind(scale: PixelScale, layers: nn.Module) -> PixelScale:
    """The scale of the map that the convolutions of these layers make, one after the other."""
    for conv in layers.modules():
        if isinstance(conv, nn.Conv2d):
            scale = scale.behind(
                kernel_size=conv.kernel_size[0],
                stride=conv.stride[0],
                padding=int(conv.padding[0]),
            )
    return scale


def _layer(place: Place, seen: dict[str, Tensor]) -> AttentionLayer:
    attention = place.attention
    # Forms of the sampler may give points back in another order; weights are in that order too.
    order = SAMPLERS[attention.sampler].order(attention.grid)
    points = attention.reference + seen[f"{place.path}.offsets"][0]
    return AttentionLayer(
        path=place.path,
        stage=place.stage,
        block=place.block,
        map_size=attention.grid.map_size,
        scale=place.scale,
        reference_px=attention.reference[order].numpy(),
        points_px=points[:, order].numpy(),
        weights=seen[f"{place.path}.weights"][0].numpy(),
    )


@contextlib.contextmanager
def _watched(model: WaveformModel, places: Sequence[Place]) -> Iterator[dict[str, Tensor]]:
    """What these parts of the model give while it runs, by name."""
    seen: dict[str, Tensor] = {}
    parts: dict[str, nn.Module] = {"fbank": model.fbank}
    if isinstance(model.model, Datar):
        parts["adaptor"] = model.model.adaptor
    parts |= {f"{place.path}.offsets": place.attention.offsets for place in places}
    handles = [
        part.register_forward_hook(lambda *run, name=name: seen.update({name: run[-1]}))
        for name, part in parts.items()
    ]
    with _SoftmaxWatch() as softmaxes:
        for place in places:
            handles += softmaxes.attach(place.attention, f"{place.path}.weights", seen)
        try:
            yield seen
        finally:
            for handle in handles:
                handle.remove()


class _SoftmaxWatch(TorchFunctionMode):
    """Sees every softmax: attention weights are no module's output.

    A layer may attend some heads after the others, so it may take several.
    """

    def __init__(self) -> None:
        super().__init__()
        self._given: list[Tensor] = []

    def attach(self, attention: nn.Module, name: str, seen: dict[str, Tensor]) -> list[Any]:
        """Keeps what an attention's softmax gives, all heads together, under that name."""

        def forget(*_: object) -> None:
            self._given.clear()

        def keep(*_: object) -> None:
            seen[name] = torch.cat(self._given, dim=1)

        return [
            attention.register_forward_pre_hook(forget),
            attention.register_forward_hook(keep),
        ]

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See `TorchFunctionMode`."""
        del types
        given = func(*args, **(kwargs or {}))
        if func is Tensor.softmax:
            self._given.append(given)
        return given
