"""Half precision for ExecuTorch: the network computes in float16, the front-end in float32."""

from __future__ import annotations

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
            call = graph.graph.call_function
            x = node.args[0]
            square = call(aten.clamp.default, (call(aten.mul.Tensor, (x, x)), 0.0, _SATURATED))
            slope = call(aten.add.Tensor, (call(aten.mul.Tensor, (square, _FIT[2])), _FIT[1]))
            slope = call(aten.add.Tensor, (call(aten.mul.Tensor, (slope, square)), _FIT[0]))
            error = call(aten.tanh.default, (call(aten.mul.Tensor, (slope, x)),))
            half = call(aten.mul.Tensor, (x, 0.5))
            gelu = call(aten.add.Tensor, (call(aten.mul.Tensor, (half, error)), half))
        for part in gelu.all_input_nodes:
            part.meta.setdefault("nn_module_stack", node.meta.get("nn_module_stack", {}))
        node.replace_all_uses_with(gelu)
    graph.graph.eliminate_dead_code()
    graph.recompile()
