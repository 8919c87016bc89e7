"""Patch embeddings as linear layers, which runtimes run and quantize better."""

from __future__ import annotations

from torch import Tensor, nn

from datar_edge.models.layers import Conv


class PatchLinear(nn.Module):
    """A convolution whose kernels do not overlap, as a linear layer on patches.

    XNNPACK's delegate in ExecuTorch leaves such a convolution undone where its input is quantized
    at run time. On channels-last maps a convolution of ONNX costs two transposes and two changes
    of ONNX Runtime's own layout around it; a linear layer costs one copy, and is quantized with
    the others.

    Args:
        conv: its kernel is as large as its stride, without padding and groups.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        height, width = conv.kernel_size
        self.patch = (height, width)
        self.linear = nn.Linear(
            height * width * conv.in_channels, conv.out_channels, bias=conv.bias is not None
        )
        weight = conv.weight.detach().permute(0, 2, 3, 1).flatten(1)
        self.linear.weight = nn.Parameter(weight.contiguous())
        if conv.bias is not None:
            self.linear.bias = nn.Parameter(conv.bias.detach())

    def forward(self, features: Tensor) -> Tensor:
        """`[B, H, W, inputs]` gives `[B, H', W', outputs]`; rows and columns over are left out."""
        high, wide = self.patch
        rows, columns = features.shape[1] // high, features.shape[2] // wide
        whole = features[:, : rows * high, : columns * wide]
        patches = whole.reshape(-1, rows, high, columns, wide, features.shape[-1])
        result: Tensor = self.linear(patches.transpose(2, 3).flatten(3))
        return result


def patch_as_linear(module: nn.Module) -> nn.Module | None:
    """A `Rewrite` for the patch embeddings of stem and stages."""
    if not isinstance(module, Conv) or not isinstance(module.norm, nn.Identity):
        return None
    conv = module.conv
    if conv.kernel_size != conv.stride or conv.groups != 1 or any(map(bool, conv.padding)):
        return None
    return PatchLinear(conv)
