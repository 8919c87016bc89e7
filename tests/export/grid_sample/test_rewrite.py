from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.audio.files import read_audio
from datar_edge.bundled import bundled_checkpoint, verification_sounds
from datar_edge.errors import ConfigError
from datar_edge.export import rewrite_grid_sample
from datar_edge.export.grid_sample.forms import RewrittenForm
from datar_edge.export.grid_sample.rewrite import DENSE_PIXELS, GRID_SAMPLERS
from datar_edge.models import WaveformModel, load_checkpoint
from datar_edge.models.deformable_attention import set_sampler

# What torch and the converters warn of inside themselves.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


def beside(name: str) -> ModuleType:
    """A module of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FORMS: tuple[RewrittenForm, ...] = get_args(RewrittenForm)
models = beside("sampling_models")
runtimes = beside("sampling_runtimes")


class Sampling(nn.Module):
    """A convolution, then sampling at points that are given."""

    def __init__(self, **modes: Any) -> None:
        super().__init__()
        self.before = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1), nn.BatchNorm2d(5), nn.Dropout())
        self.modes = modes

    def forward(self, maps: Tensor, grid: Tensor) -> Tensor:
        return F.grid_sample(self.before(maps), grid, **self.modes)


def example(size: tuple[int, int] = (6, 9), batch: int = 2) -> tuple[Tensor, Tensor]:
    return torch.randn(batch, 3, *size), torch.randn(batch, 4, 5, 2)


def exported(model: nn.Module, arguments: tuple[Tensor, ...], **how: Any) -> Any:
    return torch.export.export(model.eval(), arguments, **how)


def operators(program: torch.export.ExportedProgram) -> list[Any]:
    graphs = [
        one for one in program.graph_module.modules() if isinstance(one, torch.fx.GraphModule)
    ]
    return [node.target for one in graphs for node in one.graph.nodes]


def samples(program: torch.export.ExportedProgram) -> bool:
    return bool(set(operators(program)) & set(GRID_SAMPLERS))


@pytest.mark.parametrize("form", ["gather", "dense"])
@pytest.mark.parametrize(
    ("mode", "padding_mode", "align_corners"),
    list(itertools.product(["bilinear", "nearest"], ["zeros", "border", "reflection"], [0, 1])),
)
def test_program_computes_the_same(
    form: Any, mode: str, padding_mode: str, align_corners: int
) -> None:
    model = Sampling(mode=mode, padding_mode=padding_mode, align_corners=bool(align_corners))
    arguments = example()
    program = exported(model, arguments)
    if align_corners:  # as good a half as any
        program = program.run_decompositions()
    rewritten = rewrite_grid_sample(program, form)
    assert samples(program)  # the program given is as it was
    assert not samples(rewritten)
    for _ in range(2):
        arguments = example()
        wanted = model(*arguments)
        torch.testing.assert_close(rewritten.module()(*arguments), wanted, atol=1e-5, rtol=0)


def test_everything_else_stays_as_it_is() -> None:
    program = exported(Sampling(align_corners=False), example())
    kept = [one for one in operators(program) if one not in GRID_SAMPLERS]
    rewritten = rewrite_grid_sample(program)
    assert operators(rewritten)[: len(kept) - 1] == kept[:-1]
    assert rewritten.graph_signature == program.graph_signature
    assert all(rewritten.state_dict[name] is one for name, one in program.state_dict.items())


@pytest.mark.parametrize("form", ["gather", "dense"])
def test_rewritten_program_can_be_decomposed_saved_and_loaded(form: Any, tmp_path: Path) -> None:
    arguments = example()
    model = Sampling(align_corners=False)
    rewritten = rewrite_grid_sample(exported(model, arguments), form)
    path = tmp_path / "program.pt2"
    torch.export.save(rewritten, path)
    for program in (rewritten.run_decompositions(), torch.export.load(path)):
        result = program.module()(*arguments)
        torch.testing.assert_close(result, model(*arguments), atol=1e-5, rtol=0)


def test_operators_know_the_module_they_came_from() -> None:
    model = nn.Sequential(models.SpatialTransformer(size=12))
    rewritten = rewrite_grid_sample(exported(model, (torch.randn(1, 1, 12, 12),)))
    (node,) = [
        one for one in rewritten.graph.nodes if one.target is torch.ops.aten.index_select.default
    ]
    (path, kind) = list(node.meta["nn_module_stack"].values())[-1]
    assert path == "0"
    assert kind.endswith("SpatialTransformer")


@pytest.mark.parametrize("form", ["gather", "dense"])
def test_batch_and_map_may_be_dynamic(form: Any) -> None:
    batch, height = torch.export.Dim("batch", min=2, max=8), torch.export.Dim("height", max=64)
    model = Sampling(align_corners=True, padding_mode="border")
    shapes = ({0: batch, 2: height}, {0: batch})
    program = exported(model, example(), dynamic_shapes=shapes)
    rewritten = rewrite_grid_sample(program, form)
    assert rewritten.range_constraints == program.range_constraints
    for arguments in (example((6, 9), 3), example((13, 9), 5)):
        result = rewritten.module()(*arguments)
        torch.testing.assert_close(result, model(*arguments), atol=1e-5, rtol=0)


class Branching(nn.Module):
    def forward(self, maps: Tensor, grid: Tensor) -> Tensor:
        return torch.cond(
            maps.sum() > 0,
            lambda maps, grid: F.grid_sample(maps, grid, align_corners=False),
            lambda maps, grid: F.grid_sample(maps, grid, align_corners=False).neg(),
            (maps, grid),
        )


def test_calls_inside_branches_are_rewritten() -> None:
    maps, grid = example()
    rewritten = rewrite_grid_sample(exported(Branching(), (maps, grid)))
    assert not samples(rewritten)
    for one in (maps.abs(), -maps.abs()):
        wanted = F.grid_sample(one, grid, align_corners=False) * (1 if one.sum() > 0 else -1)
        torch.testing.assert_close(rewritten.module()(one, grid), wanted, atol=1e-5, rtol=0)


def test_native_and_programs_without_sampling_are_left() -> None:
    program = exported(Sampling(align_corners=False), example())
    assert rewrite_grid_sample(program, "native") is program
    other = exported(nn.Linear(3, 2), (torch.randn(1, 3),))
    assert rewrite_grid_sample(other, "dense") is other


@pytest.mark.parametrize(
    ("size", "dense"), [((1, DENSE_PIXELS), True), ((1, DENSE_PIXELS + 1), False)]
)
def test_auto_takes_the_form_by_the_pixels_of_the_map(size: tuple[int, int], dense: bool) -> None:
    program = exported(Sampling(align_corners=False), example(size))
    looked_up = torch.ops.aten.index_select.default
    assert (looked_up in operators(rewrite_grid_sample(program, "auto"))) is not dense
    raised = rewrite_grid_sample(program, "auto", dense_pixels=DENSE_PIXELS + 1)
    assert looked_up not in operators(raised)


@pytest.mark.parametrize(
    ("form", "message"),
    [("stencil", "may point anywhere"), ("fast", "unknown form 'fast'.*gather")],
)
def test_forms_that_do_not_apply_are_refused(form: Any, message: str) -> None:
    program = exported(Sampling(align_corners=False), example())
    with pytest.raises(ConfigError, match=message):
        rewrite_grid_sample(program, form)


def test_bicubic_and_volumes_are_refused() -> None:
    bicubic = exported(Sampling(mode="bicubic", align_corners=False), example())
    with pytest.raises(ConfigError, match="bicubic"):
        rewrite_grid_sample(bicubic)

    class Volume(nn.Module):
        def forward(self, maps: Tensor, grid: Tensor) -> Tensor:
            return F.grid_sample(maps, grid, align_corners=False)

    volume = exported(Volume(), (torch.randn(1, 2, 3, 4, 5), torch.randn(1, 2, 2, 2, 3)))
    for program in (volume, volume.run_decompositions()):
        with pytest.raises(ConfigError, match="samples a volume"):
            rewrite_grid_sample(program)


def test_our_model_rewritten_is_our_model_in_that_form() -> None:
    checkpoint = load_checkpoint(bundled_checkpoint())
    fbank = checkpoint.config.fbank
    samples_count = round(fbank.window_s * fbank.sample_rate_hz)
    sound = read_audio(verification_sounds()[0], fbank.sample_rate_hz)
    waveform = torch.from_numpy(np.resize(sound, (1, samples_count)).copy())
    model = WaveformModel(checkpoint.model).eval()
    native = exported(model, (waveform,))
    for form in FORMS:
        rewritten = rewrite_grid_sample(native, form)
        assert not samples(rewritten)
        set_sampler(model, form)
        result = rewritten.module()(waveform)
        torch.testing.assert_close(result, model(waveform), atol=1e-5, rtol=0)


@pytest.mark.filterwarnings("ignore")  # the converters warn of much
@pytest.mark.parametrize("runtime", ["tflite", "executorch", "onnx"])
@pytest.mark.parametrize(("name", "form"), [("transformer", "gather"), ("attention", "auto")])
def test_models_of_others_run_on_devices(
    runtime: str, name: str, form: Any, tmp_path: Path
) -> None:
    torch.manual_seed(5)
    if name == "transformer":
        model = models.SpatialTransformer(size=16, padding="border").eval()
        inputs = [(torch.randn(1, 1, 16, 16),) for _ in range(3)]
    else:
        model = models.MultiScaleDeformableAttention().eval()
        inputs = [models.attention_inputs(model) for _ in range(3)]
    rewritten = rewrite_grid_sample(exported(model, inputs[0]), form)
    run = runtimes.RUNTIMES[runtime](rewritten, inputs[0], tmp_path / f"model.{runtime}")
    for arguments in inputs:
        result = run([one.numpy() for one in arguments])
        wanted = model(*arguments).detach().numpy()
        np.testing.assert_allclose(result, wanted, atol=1e-4, rtol=0)
