"""Weights of DAT (Xia et al., 2022), trained on images, as the start of a DATAR.

Every tensor of the file and of the model is accounted for: taken, resized, new, or left over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from datar_edge.config import DatarConfig
from datar_edge.errors import ModelFileError
from datar_edge.models.network import Network

Fate = Literal["taken", "resized", "new", "left over"]

_DERIVED = ("relative_position_index", "attn_mask", "q_grid", "reference")
"""Buffers that DAT's code computes from its configuration and may have saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one tensor.

    Attributes:
        name: of the model's tensor, or of the file's where it is left over.
        fate: what became of it.
        shape: its shape in the model, or in the file where it is left over.
        note: where it comes from and how it was changed, or why not.
    """

    name: str
    fate: Fate
    shape: tuple[int, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How one tensor of the model is made of one of the file."""

    source: str
    make: Callable[[Tensor, torch.Size], Tensor]
    how: str = ""


def import_weights(model: Network, state: Mapping[str, Tensor]) -> list[Row]:
    """Fills a model with the weights of DAT's released code, as far as they fit.

    Three-channel patch weights are summed to one channel, tables of relative positions resized
    bicubically, kernels of the offset generator padded with zeros where ours are larger. Heads,
    adaptor and whatever DAT has nothing for keep the values they have.

    Args:
        model: a DATAR with the paper's patch stem; it is changed.
        state: tensors by the names of DAT's code.

    Returns:
        A row for each tensor of the model, then for each of the file that was not used.

    Raises:
        ModelFileError: nothing in the file belongs to DAT, or the model is no such pyramid.
    """
    config = model.config
    if not isinstance(config, DatarConfig) or config.stem != "patch":
        raise ModelFileError(
            f"the preset {config.preset} is no pyramid with a patch stem, as DAT is",
            fix="Take a preset of the paper's, such as datar-tiny.",
        )
    recipes = dict(_recipes(config))
    rows, used = [], set()
    for name, tensor in model.state_dict().items():
        recipe = recipes.get(name)
        row, made = _made(name, tensor, recipe, state)
        if made is not None and recipe is not None:
            tensor.copy_(made)
            used.add(recipe.source)
        rows.append(row)
    if not used:
        raise ModelFileError(
            f"none of its {len(state)} tensors belongs to DAT",
            fix="Give a state dict of DAT's released code, with names such as stages.0.mlps.0.",
        )
    return rows + list(_left_over(state, used))


def _made(
    name: str, tensor: Tensor, recipe: _Recipe | None, state: Mapping[str, Tensor]
) -> tuple[Row, Tensor | None]:
    shape = tuple(tensor.shape)
    if recipe is None:
        return Row(name=name, fate="new", shape=shape, note="DAT has no such part"), None
    source = state.get(recipe.source)
    if source is None:
        note = f"the file has no {recipe.source}"
        return Row(name=name, fate="new", shape=shape, note=note), None
    made = recipe.make(source, tensor.shape)
    if made.shape != tensor.shape:
        note = f"{recipe.source} is {list(source.shape)}"
        return Row(name=name, fate="new", shape=shape, note=note), None
    resized = bool(recipe.how) and made.numel() != source.numel()
    note = f"{recipe.source} {list(source.shape)}, {recipe.how}" if resized else recipe.source
    return Row(name=name, fate="resized" if resized else "taken", shape=shape, note=note), made


def _left_over(state: Mapping[str, Tensor], used: set[str]) -> Iterator[Row]:
    for name, tensor in state.items():
        if name not in used:
            derived = name.rsplit(".", 1)[-1] in _DERIVED
            note = "computed from the configuration" if derived else ""
            yield Row(name=name, fate="left over", shape=tuple(tensor.shape), note=note)


def _recipes(config: DatarConfig) -> Iterator[tuple[str, _Recipe]]:
    yield "stem.0.conv.weight", _Recipe("patch_proj.0.weight", _one_channel, "channels summed")
    yield "stem.0.conv.bias", _Recipe("patch_proj.0.bias", _same)
    yield from _both("stem.1", "patch_proj.1.norm")
    yield from _both("norm", "cls_norm.norm")
    for index, stage in enumerate(config.stages):
        first = 0
        if index:
            down = f"down_projs.{index - 1}"
            yield f"stages.{index}.0.0.conv.weight", _Recipe(f"{down}.0.weight", _same)
            yield from _both(f"stages.{index}.0.1", f"{down}.1.norm")
            first = 1
        for number, kind in enumerate(stage.blocks):
            ours, theirs = f"stages.{index}.{first + number}", f"stages.{index}"
            norms = f"{theirs}.layer_norms"
            yield from _both(f"{ours}.attention_norm", f"{norms}.{2 * number}.norm")
            yield from _both(f"{ours}.mlp_norm", f"{norms}.{2 * number + 1}.norm")
            mlp = f"{theirs}.mlps.{number}.chunk"
            yield from _both(f"{ours}.mlp.expand", f"{mlp}.linear1")
            yield from _both(f"{ours}.mlp.reduce", f"{mlp}.linear2")
            theirs_attention = f"{theirs}.attns.{number}"
            if kind == "deformable":
                yield from _deformable(f"{ours}.attention", theirs_attention)
            else:
                window = config.window(index)
                yield from _windowed(
                    f"{ours}.attention", theirs_attention, dim=stage.embed_dim, window=window
                )


def _windowed(
    ours: str, theirs: str, *, dim: int, window: tuple[int, int]
) -> Iterator[tuple[str, _Recipe]]:
    for place, part in enumerate(("query", "key", "value")):
        third = _third(place * dim, dim)
        for kind in ("weight", "bias"):
            yield f"{ours}.{part}.linear.{kind}", _Recipe(f"{theirs}.proj_qkv.{kind}", third)
    yield from _both(f"{ours}.project", f"{theirs}.proj_out")
    table = f"{theirs}.relative_position_bias_table"
    yield f"{ours}.bias_table", _Recipe(table, _window_table(window), "resized bicubically")


def _deformable(ours: str, theirs: str) -> Iterator[tuple[str, _Recipe]]:
    for part, name in (("query", "proj_q"), ("key", "proj_k"), ("value", "proj_v")):
        yield f"{ours}.{part}.linear.weight", _Recipe(f"{theirs}.{name}.weight", _linear)
        yield f"{ours}.{part}.linear.bias", _Recipe(f"{theirs}.{name}.bias", _same)
    yield f"{ours}.project.weight", _Recipe(f"{theirs}.proj_out.weight", _linear)
    yield f"{ours}.project.bias", _Recipe(f"{theirs}.proj_out.bias", _same)
    offset = f"{theirs}.conv_offset"
    kernel = _Recipe(f"{offset}.0.weight", _padded_kernel, "padded with zeros")
    yield f"{ours}.offsets.depthwise.conv.weight", kernel
    yield f"{ours}.offsets.depthwise.conv.bias", _Recipe(f"{offset}.0.bias", _same)
    yield from _both(f"{ours}.offsets.norm", f"{offset}.1.norm")
    yield f"{ours}.offsets.to_offset.weight", _Recipe(f"{offset}.3.weight", _linear)
    yield f"{ours}.bias_table", _Recipe(f"{theirs}.rpe_table", _table, "resized bicubically")


def _both(ours: str, theirs: str) -> Iterator[tuple[str, _Recipe]]:
    for kind in ("weight", "bias"):
        yield f"{ours}.{kind}", _Recipe(f"{theirs}.{kind}", _same)


def _same(source: Tensor, _: Sequence[int]) -> Tensor:
    return source


def _one_channel(source: Tensor, _: Sequence[int]) -> Tensor:
    return source.sum(dim=1, keepdim=True)


def _linear(source: Tensor, _: Sequence[int]) -> Tensor:
    """A 1x1 convolution as a linear layer."""
    return source.flatten(1)


def _third(first: int, size: int) -> Callable[[Tensor, torch.Size], Tensor]:
    return lambda source, _: source[first : first + size]


def _padded_kernel(source: Tensor, shape: Sequence[int]) -> Tensor:
    """A kernel with zeros around it, which computes the same; one too large stays as it is."""
    more = (shape[-1] - source.shape[-1]) // 2
    return F.pad(source, (more, more, more, more)) if more > 0 else source


def _table(source: Tensor, shape: Sequence[int]) -> Tensor:
    """Tables `[M, 2H - 1, 2W - 1]` of another size, displacement zero staying in the middle."""
    if source.shape == torch.Size(shape):
        return source
    resized = F.interpolate(
        source.float().unsqueeze(0), tuple(shape[-2:]), mode="bicubic", align_corners=True
    )
    return resized[0].to(source.dtype)


def _window_table(window: tuple[int, int]) -> Callable[[Tensor, torch.Size], Tensor]:
    """The table of DAT's square windows, `[(2S - 1)², M]`, for a window of ours."""

    def make(source: Tensor, _: Sequence[int]) -> Tensor:
        side, heads = math.isqrt(source.shape[0]), source.shape[1]
        square = source.t().reshape(heads, side, side)
        return _table(square, (heads, 2 * window[0] - 1, 2 * window[1] - 1)).flatten(1)

    return make
