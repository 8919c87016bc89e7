"""ExecuTorch's quantization: of the captured program, by PT2E and the XNNPACK quantizer.

What is quantized are linear layers and convolutions; XNNPACK's delegate has no int8 kernels for
products of two activations, normalisation, GELU and softmax, which stay float.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from datar_edge.errors import ConfigError
from datar_edge.extras import require
from datar_edge.quantize.recipe import Recipe

_PURPOSE = "quantizing for ExecuTorch"
_LINEAR = torch.ops.aten.linear.default
_CONV = torch.ops.aten.conv2d.default


def quantized(
    graph: fx.GraphModule, recipe: Recipe, calibration: Sequence[NDArray[np.float32]]
) -> fx.GraphModule:
    """A captured graph with int8 linear layers and convolutions, weights by output channel.

    Args:
        graph: as `torch.export` captures it, in evaluation mode.
        recipe: int8 with ranges of activations measured on `calibration`, or, where it does not
            calibrate, by XNNPACK on each run.
        calibration: windows, float32 `[1, window_samples]`.

    Raises:
        ConfigError: the recipe calibrates and there is nothing to calibrate on.
        MissingExtraError: the packages are not installed.
    """
    if recipe.calibrated and not calibration:
        raise ConfigError(
            f"recipe {recipe.name} calibrates, and there is no sound to calibrate on",
            fix="Give recordings with --calibration.",
        )
    pt2e = require("torchao.quantization.pt2e.quantize_pt2e", extra="export", purpose=_PURPOSE)
    prepared = pt2e.prepare_pt2e(graph, quantizer(recipe))
    for window in calibration if recipe.calibrated else ():
        prepared(torch.from_numpy(window))
    if not recipe.calibrated:  # observers of weights look when they run
        prepared(torch.zeros(_input_shape(graph)))
    converted: fx.GraphModule = pt2e.convert_pt2e(prepared)
    # Layers that share an input share its ranges, and XNNPACK's partitioner takes only chains.
    chains = require(
        "executorch.backends.transforms.duplicate_dynamic_quant_chain",
        extra="export",
        purpose=_PURPOSE,
    )
    separate: fx.GraphModule = chains.DuplicateDynamicQuantChainPass()(converted).graph_module
    return separate


def quantizer(recipe: Recipe) -> Any:
    """XNNPACK's quantizer of a recipe's layers, dynamic and calibrated ones.

    Args:
        recipe: of the target "executorch", with int8 weights.

    Raises:
        MissingExtraError: the packages are not installed.
    """
    composable = require(
        "torchao.quantization.pt2e.quantizer.composable_quantizer",
        extra="export",
        purpose=_PURPOSE,
    )
    kinds = (True, False) if recipe.calibrated else (True,)
    return composable.ComposableQuantizer([_of_kind(recipe, dynamic=kind) for kind in kinds])


def _of_kind(recipe: Recipe, *, dynamic: bool) -> Any:
    """A quantizer of the layers whose ranges are found at run time, or of those calibrated."""
    xnnpack = require(
        "executorch.backends.xnnpack.quantizer.xnnpack_quantizer", extra="export", purpose=_PURPOSE
    )
    config = xnnpack.get_symmetric_quantization_config(is_per_channel=True, is_dynamic=dynamic)
    made = xnnpack.XNNPACKQuantizer().set_filter_function(_chooses(recipe, dynamic=dynamic))
    # By operator: asked for all, it quantizes `cat` whatever the filter says, and a reshape after
    # it between two ranges, which XNNPACK refuses when the file runs.
    for operator in (_LINEAR, _CONV):
        made.set_operator_type(operator, config)
    return made


def _chooses(recipe: Recipe, *, dynamic: bool) -> Callable[[fx.Node], bool]:
    """Whether an operator is to be quantized; the quantizer asks for its weights too."""

    def chosen(node: fx.Node) -> bool:
        if node.op == "get_attr":
            return True
        if node.target not in (_LINEAR, _CONV) or in_layers(node, recipe.float_layers):
            return False
        # Depth-wise, XNNPACK has no kernel that measures ranges on each run, and none for measured
        # ranges that is faster than float.
        if node.target is _CONV and _groups(node) != 1:
            return False
        return recipe.is_dynamic(_row_inputs(node)) == dynamic

    return chosen


def _row_inputs(node: fx.Node) -> int:
    """Inputs of one row of the product."""
    weight = node.args[1]
    assert isinstance(weight, fx.Node)
    shape = weight.meta["val"].shape
    return int(shape[1:].numel())


def in_layers(node: fx.Node, layers: Sequence[str]) -> bool:
    """Whether a node comes from a layer of these names, or from one inside."""
    stack = node.meta.get("nn_module_stack") or {}
    paths = [str(path).removeprefix("L['self'].") for path, _ in stack.values()]
    return any(path == layer or path.startswith(f"{layer}.") for path in paths for layer in layers)


def _groups(node: fx.Node) -> int:
    groups = node.args[6] if len(node.args) > 6 else node.kwargs.get("groups", 1)
    assert isinstance(groups, int)
    return groups


def _input_shape(graph: fx.GraphModule) -> tuple[int, ...]:
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            return tuple(node.meta["val"].shape)
    raise ValueError("the graph has no input")
