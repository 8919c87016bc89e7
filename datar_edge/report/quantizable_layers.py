"""The layers that can be quantized, or left float, one by one."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from datar_edge.models import Network, WaveformModel

_SMALL_BUFFER = 1_024
"""Buffers below that many elements are no weights."""


def layer_weights(network: Network) -> dict[str, int]:
    """The layers that can be quantized or left float one by one, with their weights' elements.

    Front-end, adaptor, stem or patches, of each block its convolution, attention and MLP, the
    down-sampling between stages, and the heads.

    Args:
        network: DATAR or AST.
    """
    model = WaveformModel(network)
    return {path: _elements(model, path) for path in _layers(network)}


def _layers(network: Network) -> Iterator[str]:
    yield "fbank"
    for name in ("adaptor", "stem", "patches"):
        if _has_weights(getattr(network, name, None)):
            yield f"model.{name}"
    for name, module in network.named_modules():
        if hasattr(module, "attention") and hasattr(module, "mlp"):
            for part in ("local_unit", "attention", "mlp"):
                if _has_weights(getattr(module, part, None)):
                    yield f"model.{name}.{part}"
        elif name.startswith("stages.") and name.count(".") == 2 and name.endswith(".0"):
            yield f"model.{name}"
    yield "model.heads"


def _has_weights(module: object) -> bool:
    return isinstance(module, nn.Module) and any(True for _ in module.parameters())


def _elements(model: WaveformModel, path: str) -> int:
    module = model.get_submodule(path)
    kernels = [each for each in module.buffers() if each.numel() >= _SMALL_BUFFER]
    # Of the network only parameters are weights; the front-end's are buffers, as nothing trains it.
    counted = list(module.parameters()) or kernels
    return sum(each.numel() for each in counted)
