"""Half precision for ExecuTorch: the network computes in float16, the front-end in float32."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, fx, nn

from datar_edge.models import WaveformModel

# erf(x/√2) ≈ tanh(x·(a + b·u + c·u²)), u = min(x², 16); fitted to GELU by least squares, which it
# misses by 3e-5 at most, a tenth of what float16 can tell apart at 0.5.
_FIT = (0.797465117, 0.0370436307, -0.000357533027)
_SATURATED = 16.0


class HalfNetwork(nn.Module):
    """The waveform model with the network between front-end and softmax in float16.

    Energies of a spectrum span more than float16 holds, so the front-end stays float32.

    Args:
        model: rewritten already; its network is changed to float16.
    """

    def __init__(self, model: WaveformModel) -> None:
        super().__init__()
        self.fbank = model.fbank
        self.model = model.model.half()

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        """See `WaveformModel.forward`."""
        logits = self.model(self.fbank(waveform).half())
        return tuple(logits[name].float().softmax(dim=-1) for name in logits)


def replace_gelu(graph: fx.GraphModule) -> None:
    """GELU in operators that XNNPACK has in float16; it has GELU in float32 only."""
    aten = torch.ops.aten
    for node in list(graph.graph.nodes):
        if node.target is not aten.gelu.default or node.meta["val"].dtype != torch.float16:
            continue
        with graph.graph.inserting_before(node):

            def call(operator: Any, arguments: tuple[Any, ...], like: fx.Node = node) -> fx.Node:
                made = graph.graph.call_function(operator, arguments)
                made.meta = dict(like.meta)  # its type and layer
                return made

            x = node.args[0]
            square = call(aten.clamp.default, (call(aten.mul.Tensor, (x, x)), 0.0, _SATURATED))
            slope = call(aten.add.Tensor, (call(aten.mul.Tensor, (square, _FIT[2])), _FIT[1]))
            slope = call(aten.add.Tensor, (call(aten.mul.Tensor, (slope, square)), _FIT[0]))
            error = call(aten.tanh.default, (call(aten.mul.Tensor, (slope, x)),))
            half = call(aten.mul.Tensor, (x, 0.5))
            gelu = call(aten.add.Tensor, (call(aten.mul.Tensor, (half, error)), half))
        node.replace_all_uses_with(gelu)
    graph.graph.eliminate_dead_code()
    graph.recompile()


def halve_scalars(graph: fx.GraphModule) -> None:
    """Numbers among float16 tensors as float16 constants.

    ExecuTorch makes them float32 tensors, converted on each run by an operator that no delegate
    takes, which cuts the graph at each.
    """
    aten = torch.ops.aten
    for index, node in enumerate(list(graph.graph.nodes)):
        if node.target is aten.rsub.Scalar and len(node.args) == 2:
            node.target, node.args = aten.sub.Tensor, (node.args[1], node.args[0])
        if node.target not in (aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor):
            continue
        numbers = [part for part in node.args[:2] if isinstance(part, int | float)]
        if not numbers or node.meta.get("val", torch.empty(0)).dtype != torch.float16:
            continue
        name = f"half_{index}"
        graph.register_buffer(name, torch.tensor(numbers[0], dtype=torch.float16))
        with graph.graph.inserting_before(node):
            constant = graph.graph.get_attr(name)
        node.args = tuple(constant if part is numbers[0] else part for part in node.args)
    graph.recompile()
