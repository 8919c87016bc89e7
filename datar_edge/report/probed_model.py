"""A model that also gives what its layers give, for runtimes that show nothing but outputs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from torch import Tensor, nn

from datar_edge.models import Network, WaveformModel
from datar_edge.models.ast import AstBlock
from datar_edge.models.block import Block

_PARTS_OF_BLOCK = ("attention", "mlp")
_NETWORK_BEFORE = ("adaptor", "stem", "patches")
_NETWORK_AFTER = ("norm", "dropout")


def layer_paths(network: Network) -> tuple[str, ...]:
    """The layers whose outputs are compared, in the order that they run in.

    Front-end, adaptor, stem, of each block its attention, its MLP and the block whole, the
    down-sampling between stages, the last norm, the pooled features, and each head's logits.

    Args:
        network: DATAR or AST.

    Returns:
        Paths of modules of a `WaveformModel`, such as "fbank" and "model.stages.0.1.mlp".
    """
    paths = ["fbank"]
    paths += [f"model.{name}" for name in _NETWORK_BEFORE if hasattr(network, name)]
    for name, module in network.named_modules():
        if isinstance(module, Block | AstBlock):
            paths += [f"model.{name}.{part}" for part in _PARTS_OF_BLOCK]
            paths.append(f"model.{name}")
        elif _is_downsampling(network, name):
            paths.append(f"model.{name}")
    paths += [f"model.{name}" for name in _NETWORK_AFTER]
    return (*paths, *(f"model.heads.{index}" for index in range(len(network.heads))))


def _is_downsampling(network: Network, name: str) -> bool:
    """Whether that is the first entry of a stage, before its blocks."""
    stage, _, index = name.rpartition(".")
    if not stage.startswith("stages.") or stage.count(".") != 1 or index != "0":
        return False
    return not isinstance(network.get_submodule(name), Block)


class ProbedModel(WaveformModel):
    """A `WaveformModel` whose outputs are the scores, then the outputs of layers.

    It has the modules of a `WaveformModel` under the same paths, so that rewrites and recipes
    treat it alike.

    Args:
        model: the network.
        layers: paths of the layers, each of which runs once and gives one tensor.
    """

    def __init__(self, model: Network, layers: Sequence[str]) -> None:
        super().__init__(model)
        self.layers = tuple(layers)

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        """`[B, window_samples]` gives the scores of each head, then what each layer gives."""
        with _captured(self, self.layers) as outputs:
            scores = super().forward(waveform)
        return (*scores, *(outputs[path] for path in self.layers))


@contextlib.contextmanager
def _captured(model: nn.Module, layers: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """What these layers give while the model runs; hooks are set for one run, traced or not."""
    outputs: dict[str, Tensor] = {}

    def remember(path: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            outputs[path] = output

        return hook

    handles = [model.get_submodule(path).register_forward_hook(remember(path)) for path in layers]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()
