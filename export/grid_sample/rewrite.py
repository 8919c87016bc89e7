"""Bilinear and nearest sampling of anybody's program, in operators that runtimes run fast.

`F.grid_sample` is what spatial transformers, deformable attention and optical flow are made of, and
what runtimes on devices lack: a file gets tens of small operators for each call, or a slow one.
`rewrite_grid_sample` replaces each call in a `torch.export` program, whatever model it is of:

    import litert_torch
    import torch
    from datar_edge.export import rewrite_grid_sample

    program = torch.export.export(model.eval(), example)        # any model, any inputs
    program = rewrite_grid_sample(program, form="gather")       # the same program, without them

    # LiteRT and TensorFlow Lite
    litert_torch.convert(program.module(), example).export("model.tflite")

    # ExecuTorch
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge_transform_and_lower

    edge = to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()])
    Path("model.pte").write_bytes(edge.to_executorch().buffer)

    # ONNX
    torch.onnx.export(program, f="model.onnx", dynamo=True)

What it gains depends on the runtime: LiteRT lowers `F.grid_sample` badly and gains most; ExecuTorch
has a kernel of its own for it, which is as good for few points (`benchmarks/grid_sample.py`).

Everything else in the program stays as it is: parameters, the names of inputs and outputs, dynamic
shapes, and the modules that operators came from, to which the new operators are added.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast, get_args

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx

from datar_edge.errors import ConfigError
from datar_edge.export.grid_sample.forms import (
    INTERPOLATIONS,
    PADDINGS,
    RewrittenForm,
    sample_grid,
)

GridSampleForm: TypeAlias = Literal["native", "gather", "dense", "auto"]

GRID_SAMPLERS = (
    torch.ops.aten.grid_sampler.default,
    torch.ops.aten.grid_sampler_2d.default,
    torch.ops.aten.grid_sampler_3d.default,
)
"""What `F.grid_sample` becomes in a program: the first as exported, the others decomposed."""

DENSE_PIXELS = 64
"""With "auto", maps of up to so many pixels are sampled by the dense form."""

_PROVENANCE = ("nn_module_stack", "stack_trace", "source_fn_stack", "torch_fn", "from_node")
"""What a program knows of where an operator came from."""


def rewrite_grid_sample(
    exported_program: torch.export.ExportedProgram,
    form: GridSampleForm = "gather",
    *,
    dense_pixels: int = DENSE_PIXELS,
) -> torch.export.ExportedProgram:
    """A program that computes the same without `aten.grid_sampler`; see the module for its use.

    Bilinear and nearest sampling of images, with padding by zeros, border or reflection, aligned
    corners or not. Each result is within 1e-5 of `F.grid_sample` where the samples are of size 1.

    Args:
        exported_program: from `torch.export.export`, decomposed or not; not changed. Its weights
            are shared with the result.
        form: "gather" looks the neighbours up by index; "dense" multiplies by a matrix of weights,
            `[points, pixels]`, and needs no index; "native" leaves the program as it is; "auto" is
            dense for maps of up to `dense_pixels` pixels, else, and for maps of dynamic size,
            gather.
        dense_pixels: height × width of the largest map that "auto" samples by the dense form. The
            default is the largest at which `benchmarks/grid_sample.py --crossover` finds dense
            faster in TFLite and not slower in ExecuTorch and ONNX Runtime.

    Returns:
        A new program, or the given one if there is nothing to rewrite.

    Raises:
        ConfigError: a form that there is not, or that does not apply to all points ("stencil");
            a program with bicubic or volumetric sampling, which have no other form.
    """
    _check_form(form)
    if form == "native":
        return exported_program
    if not any(map(_samples, _nodes(exported_program.graph_module))):
        return exported_program
    root = _copied(exported_program.graph_module)
    for node in filter(_samples, _nodes(root)):
        _inline(node, _replacement(node, form, dense_pixels))
    for module in _graph_modules(root):
        module.graph.lint()
        module.recompile()
    return torch.export.ExportedProgram(
        root=root,
        graph=root.graph,
        graph_signature=copy.deepcopy(exported_program.graph_signature),
        state_dict=exported_program.state_dict,
        range_constraints=dict(exported_program.range_constraints),
        module_call_graph=list(exported_program.module_call_graph),
        example_inputs=exported_program.example_inputs,
        constants=exported_program.constants,
        verifiers=exported_program.verifiers,
    )


def _check_form(form: str) -> None:
    forms = get_args(GridSampleForm)
    if form == "stencil":
        raise ConfigError(
            "the form 'stencil' samples within a few pixels of a known place only, and a program's "
            "grid may point anywhere",
            fix="Take 'gather', 'dense' or 'auto'.",
        )
    if form not in forms:
        raise ConfigError(f"unknown form {form!r} of grid_sample", fix=f"Take {', '.join(forms)}.")


def _graph_modules(root: fx.GraphModule) -> list[fx.GraphModule]:
    """The program's graph, and those of the branches in it."""
    return [module for module in root.modules() if isinstance(module, fx.GraphModule)]


def _nodes(root: fx.GraphModule) -> list[fx.Node]:
    return [node for module in _graph_modules(root) for node in module.graph.nodes]


def _copied(root: fx.GraphModule) -> fx.GraphModule:
    """A copy whose nodes have the names of the original's."""
    copied = copy.deepcopy(root)
    for node, original in zip(_nodes(copied), _nodes(root), strict=True):
        node.name = original.name  # copying renames an input called "input", as builtins are
    return copied


def _samples(node: fx.Node) -> bool:
    return node.op == "call_function" and node.target in GRID_SAMPLERS


def _replacement(
    node: fx.Node, form: GridSampleForm, dense_pixels: int
) -> Callable[[Tensor, Tensor], Tensor]:
    """The function of maps and grid that computes what the node does."""
    maps, _, interpolation, padding, align_corners = node.args
    shape = cast(fx.Node, maps).meta["val"].shape
    if len(shape) != 4:
        raise ConfigError(
            f"the call {node.name!r} samples a volume of shape {tuple(shape)}; only images "
            "[batch, channels, height, width] have another form",
            fix="Leave the program as it is with form 'native'.",
        )
    if interpolation not in INTERPOLATIONS:
        raise ConfigError(
            f"the call {node.name!r} samples with mode 'bicubic', which has no other form",
            fix="Use mode 'bilinear' or 'nearest' in the model, or form 'native'.",
        )
    chosen: RewrittenForm
    if form == "auto":
        chosen = "dense" if _pixels(shape) <= dense_pixels else "gather"
    else:
        chosen = cast(RewrittenForm, form)
    mode, outside = INTERPOLATIONS[cast(int, interpolation)], PADDINGS[cast(int, padding)]

    def sample(maps: Tensor, grid: Tensor) -> Tensor:
        return sample_grid(
            maps,
            grid,
            form=chosen,
            interpolation=mode,
            padding=outside,
            align_corners=bool(align_corners),
        )

    return sample


def _pixels(shape: torch.Size) -> float:
    """Pixels of a map `[B, C, H, W]`; one of dynamic size may become of any."""
    sides = shape[2:]
    return math.prod(sides) if all(type(side) is int for side in sides) else math.inf


def _inline(node: fx.Node, replacement: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Puts the operators of a replacement where the node was, under the node's name."""
    inputs = cast(tuple[fx.Node, fx.Node], node.args[:2])
    values = tuple(source.meta["val"] for source in inputs)
    # Before dispatch, as torch.export traces: reshapes stay reshapes, good for any strides.
    with values[0].fake_mode:
        traced = make_fx(replacement, pre_dispatch=True)(*values)
    provenance = {key: node.meta[key] for key in _PROVENANCE if key in node.meta}
    places: dict[fx.Node, Any] = {}
    parameters = [one for one in traced.graph.nodes if one.op == "placeholder"]
    places.update(zip(parameters, inputs, strict=True))
    with node.graph.inserting_before(node):
        result = node.graph.graph_copy(traced.graph, places)
    for copied in places.values():
        if copied not in inputs:
            copied.meta.update(provenance)
    node.replace_all_uses_with(cast(fx.Node, result))
    name = node.name
    node.graph.erase_node(node)
    cast(fx.Node, result).name = name  # outputs are known to the signature by name
