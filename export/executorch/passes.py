"""Graphs made ready for XNNPACK: constants computed, views said in operators that it takes."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.export import ExportedProgram

from datar_edge.extras import require

_MAX_FOLDED_BYTES = 1 << 12
"""Larger constants stay computed: what a table of positions unfolds to is many times the table."""


def captured(module: nn.Module, window_samples: int) -> fx.GraphModule:
    """The graph of a module, all that does not depend on its input computed.

    Args:
        module: takes `[1, window_samples]`.
        window_samples: of its input.
    """
    program = torch.export.export(module, (torch.zeros(1, window_samples),), strict=False)
    graph = program.module(check_guards=False)
    _fold_constants(graph)
    return graph


def exported(graph: fx.GraphModule, window_samples: int) -> ExportedProgram:
    """A captured graph as a program that can be lowered."""
    return torch.export.export(graph, (torch.zeros(1, window_samples),), strict=False)


@torch.no_grad()
def _fold_constants(module: fx.GraphModule) -> None:
    """Replaces operators of constants (`arange`, looked-up tables…) by what they give."""
    known: dict[fx.Node, Tensor] = {}
    for node in list(module.graph.nodes):
        if node.op == "get_attr":
            value = _attribute(module, str(node.target))
            if isinstance(value, Tensor):
                known[node] = value
        elif node.op == "call_function" and isinstance(node.target, torch._ops.OpOverload):
            result = _computed(node, known)
            if result is not None:
                known[node] = result
    for index, (node, value) in enumerate(list(known.items())):
        if node.op != "call_function" or all(user in known for user in node.users):
            continue
        name = f"folded_{index}"
        module.register_buffer(name, value.contiguous().clone())
        with module.graph.inserting_before(node):
            constant = module.graph.get_attr(name)
        constant.meta = dict(node.meta)
        node.replace_all_uses_with(constant)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()


def _computed(node: fx.Node, known: dict[fx.Node, Tensor]) -> Tensor | None:
    """What an operator of constants gives, None if it is not one or gives too much."""
    value = node.meta.get("val")
    small = isinstance(value, Tensor) and value.numel() * value.element_size() <= _MAX_FOLDED_BYTES
    if not small or node.is_impure() or any(part not in known for part in node.all_input_nodes):
        return None
    arguments = fx.node.map_arg((node.args, node.kwargs), lambda part: known[part])
    result = node.target(*arguments[0], **arguments[1])  # type: ignore[operator]
    return result if isinstance(result, Tensor) else None


def _attribute(module: nn.Module, path: str) -> object:
    value: object = module
    for name in path.split("."):
        value = getattr(value, name)
    return value


def view_pass() -> Any:
    """A pass over an edge program: only views, slices and means that XNNPACK's delegate takes."""
    pass_base = require("executorch.exir.pass_base", extra="export", purpose="export to ExecuTorch")
    dialects = require("executorch.exir.dialects._ops", extra="export", purpose="export to PTE")
    aten = dialects.ops.edge.aten
    reshaping = (aten.unsqueeze_copy.default, aten.squeeze_copy.dim, aten.squeeze_copy.dims)

    class Views(pass_base.ExportPass):  # type: ignore[misc, name-defined]
        def call_operator(self, op: Any, args: Any, kwargs: Any, meta: Any) -> Any:
            def call(operator: Any, *arguments: Any) -> Any:
                return super(Views, self).call_operator(operator, arguments, {}, meta)

            shape = list(meta["val"].shape) if isinstance(meta["val"], Tensor) else []
            if op in reshaping:
                return call(aten.view_copy.default, args[0], shape)
            same = op is aten.expand_copy.default and list(args[0].to_tensor().shape) == shape
            if same or op is aten.alias_copy.default:  # the second of a slice that takes all
                return args[0]
            if op is aten.cat.default and len(args[0]) == 1:
                return args[0][0]
            if op is aten.select_copy.int:
                size = args[0].to_tensor().shape
                axis = args[1] % len(size)
                first = args[2] % size[axis]
                part = call(aten.slice_copy.Tensor, args[0], axis, first, first + 1)
                return call(aten.view_copy.default, part, shape)
            if op is aten.mean.dim and args[1]:
                # XNNPACK averages over the last two of four axes.
                size = args[0].to_tensor().shape
                gone = [axis % len(size) for axis in args[1]]
                kept = [axis for axis in range(len(size)) if axis not in gone]
                rows = [1, math.prod(size[a] for a in kept), math.prod(size[a] for a in gone), 1]
                moved = call(aten.permute_copy.default, args[0], [*kept, *gone])
                mean = call(aten.mean.dim, call(aten.view_copy.default, moved, rows), [2, 3], True)
                return call(aten.view_copy.default, mean, shape)
            return super().call_operator(op, args, kwargs, meta)

    return Views()
