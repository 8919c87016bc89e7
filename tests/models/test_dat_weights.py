"""DAT's weights in a DATAR: equal to the original code's numbers, and every tensor told of."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from datar_edge.config import DatarConfig, DeformableConfig, FbankConfig, StageConfig
from datar_edge.errors import ModelFileError
from datar_edge.models import build
from datar_edge.models.dat_weights import import_weights
from datar_edge.models.datar import Datar
from datar_edge.presets import preset
from datar_edge.variants import varied

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "dat_reference.npz"
needs_reference = pytest.mark.skipif(
    not REFERENCE.exists(), reason="numbers of DAT's original code are not beside the checkout"
)
SIDE = 224


def _stage(dim: int, heads: int, depth: int, deformable: DeformableConfig | None) -> StageConfig:
    second = "shifted" if deformable is None else "deformable"
    return StageConfig(
        embed_dim=dim,
        num_heads=heads,
        blocks=("local", second) * (depth // 2),
        window=(7, 7),
        deformable=deformable or DeformableConfig(),
    )


def _released(groups: int, kernel_size: int) -> DeformableConfig:
    return DeformableConfig(
        groups=groups,
        kernel_size=kernel_size,
        offset_range_px=1.0,
        offset_norm=True,
        reference="centre",
    )


CONFIG = DatarConfig(
    preset="reference",
    fbank=FbankConfig(num_mel_bins=SIDE, num_frames=SIDE, window_s=2.0),
    stages=(
        _stage(16, 1, 2, None),
        _stage(32, 2, 2, None),
        _stage(64, 4, 4, _released(2, 5)),
        _stage(128, 8, 2, _released(4, 3)),
    ),
)


def _state() -> dict[str, Tensor]:
    with np.load(REFERENCE, allow_pickle=False) as file:
        return {
            name.removeprefix("param."): torch.from_numpy(file[name])
            for name in file.files
            if name.startswith("param.")
        }


@needs_reference
def test_every_stage_equals_the_original_code() -> None:
    state = _state()
    model = build(CONFIG, heads={"class": 10})
    assert isinstance(model, Datar)
    rows = import_weights(model.eval(), state)
    assert {row.name for row in rows if row.fate == "resized"} == {"stem.0.conv.weight"}
    expected = dict(np.load(REFERENCE, allow_pickle=False))
    with torch.no_grad():
        # The original's three channels cannot be had of one: its own patches, then our stages.
        patches = torch.nn.functional.conv2d(
            torch.from_numpy(expected["input"]),
            state["patch_proj.0.weight"],
            state["patch_proj.0.bias"],
            stride=4,
        )
        features = model.stem[1](patches.permute(0, 2, 3, 1))
        for index, stage in enumerate(model.stages):
            for block in stage:
                features = block(features)
            reference = torch.from_numpy(expected[f"out.stage{index}"]).permute(0, 2, 3, 1)
            worst = float((features - reference).abs().max() / reference.abs().max())
            assert worst <= 1e-4, f"stage {index}"
        pooled = model.norm(features).mean(dim=(1, 2))
        logits = pooled @ state["cls_head.weight"].T + state["cls_head.bias"]
    reference = torch.from_numpy(expected["out.logits"])
    assert float((logits - reference).abs().max() / reference.abs().max()) <= 1e-4


@needs_reference
def test_one_channel_hears_what_three_equal_ones_see() -> None:
    state = _state()
    model = build(CONFIG, heads={"class": 10})
    assert isinstance(model, Datar)
    import_weights(model, state)
    image = torch.randn(1, 1, SIDE, SIDE)
    seen = torch.nn.functional.conv2d(
        image.expand(-1, 3, -1, -1), state["patch_proj.0.weight"], stride=4
    )
    heard = torch.nn.functional.conv2d(image, model.stem[0].conv.weight, stride=4)
    assert torch.allclose(seen, heard, atol=1e-5)


@needs_reference
def test_every_tensor_is_told_of_once() -> None:
    state = {**_state(), "stages.0.attns.0.relative_position_index": torch.zeros(49, 49)}
    model = build(CONFIG, heads={"verb": 3, "noun": 5})
    assert isinstance(model, Datar)
    rows = import_weights(model, state)
    ours = [row.name for row in rows if row.fate != "left over"]
    assert ours == list(model.state_dict())
    left = {row.name: row.note for row in rows if row.fate == "left over"}
    assert left == {
        "cls_head.weight": "",
        "cls_head.bias": "",
        "stages.0.attns.0.relative_position_index": "computed from the configuration",
    }
    new = {row.name for row in rows if row.fate == "new"}
    assert {"feature_mean", "adaptor.conv.weight", "heads.1.weight"} <= new
    assert not any(name.startswith("stages") for name in new)


def _as_saved_by_dat(config: DatarConfig) -> dict[str, Tensor]:
    """Random tensors of the shapes that DAT's tiny has, at 224 x 224 pixels and windows of 7."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    state = {"patch_proj.0.weight": random(96, 3, 4, 4), "unknown.weight": random(2)}
    stage = config.stages[2]
    side = 2 * 14 - 1
    state["stages.2.attns.1.rpe_table"] = random(stage.num_heads, side, side)
    state["stages.2.attns.1.conv_offset.0.weight"] = random(128, 1, 3, 3)
    state["stages.0.attns.0.relative_position_bias_table"] = random(169, 3)
    state["stages.3.attns.1.proj_q.weight"] = random(5, 5, 1, 1)
    return state


def test_tables_are_resized_and_kernels_padded_for_a_spectrogram() -> None:
    config = preset("datar-tiny")
    assert isinstance(config, DatarConfig)
    model = build(config, heads={"class": 4})
    assert isinstance(model, Datar)
    state = _as_saved_by_dat(config)
    rows = {row.name: row for row in import_weights(model, state)}
    table = rows["stages.2.2.attention.bias_table"]
    assert (table.fate, table.shape) == ("resized", (12, 15, 127))
    ours = dict(model.state_dict())["stages.2.2.attention.bias_table"]
    theirs = state["stages.2.attns.1.rpe_table"]
    assert torch.allclose(ours[:, 7, 63], theirs[:, 13, 13], atol=1e-5)  # displacement zero
    assert torch.allclose(ours[:, ::14, ::126], theirs[:, ::26, ::26], atol=1e-5)  # the corners
    kernel = model.state_dict()["stages.2.2.attention.offsets.depthwise.conv.weight"]
    assert torch.equal(kernel[..., 1:-1, 1:-1], state["stages.2.attns.1.conv_offset.0.weight"])
    assert kernel.count_nonzero() == kernel[..., 1:-1, 1:-1].count_nonzero()
    misfit = rows["stages.3.2.attention.query.linear.weight"]
    assert (misfit.fate, misfit.note) == ("new", "stages.3.attns.1.proj_q.weight is [5, 5, 1, 1]")
    assert {row.name for row in rows.values() if row.fate == "left over"} == {
        "unknown.weight",
        "stages.3.attns.1.proj_q.weight",
    }


def test_as_released_is_what_dats_code_does() -> None:
    released = varied(preset("datar-tiny"), ["as-released"])
    assert isinstance(released, DatarConfig)
    last = released.stages[-1].deformable
    assert (last.reference, last.offset_norm, last.kernel_size) == ("centre", True, 3)
    assert [stage.deformable.kernel_size for stage in released.stages] == [9, 7, 5, 3]
    assert released.stages[2].deformable.offset_range_px == 1.0


def test_what_is_no_dat_is_refused() -> None:
    model = build("datar-tiny", heads={"class": 4})
    with pytest.raises(ModelFileError, match="none of its 1 tensors"):
        import_weights(model, {"classifier.weight": torch.zeros(1)})
    other = dataclasses.replace(CONFIG, stem="conv")
    with pytest.raises(ModelFileError, match="no pyramid with a patch stem"):
        import_weights(Datar(other, {"class": 2}), {})
