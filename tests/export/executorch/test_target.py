"""An ExecuTorch file from a model: what it computes, what it carries, what the delegate takes."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from datar_edge.bundled import verification_sounds
from datar_edge.card import ModelCard
from datar_edge.config import DatarConfig, DeformableConfig, FbankConfig, StageConfig
from datar_edge.export import Exported, export
from datar_edge.export.executorch.half import replace_gelu
from datar_edge.export.executorch.passes import captured
from datar_edge.export.executorch.rewrites import MatmulLayerNorm, RowsLinear
from datar_edge.export.executorch.target import ExecuTorchTarget, PortableExecuTorchTarget
from datar_edge.export.target import Target
from datar_edge.export.verify import BOUNDS, compare, edge_windows, recording_windows
from datar_edge.models import Checkpoint, Datar
from datar_edge.models.deformable_attention import DeformableAttention
from datar_edge.models.session import TorchSession
from datar_edge.quantize.recipes import recipe_for
from datar_edge.runtime import open_session
from datar_edge.runtime.card_in_executorch import read_card
from datar_edge.runtime.executorch import ExecuTorchSession

LABELS = tuple("abcdefgh")
TOY_SAMPLES = 400
FLOAT = recipe_for("executorch", "none")


def small_checkpoint() -> Checkpoint:
    """Both kinds of attention and both stems' layers, few enough to lower in seconds."""
    torch.manual_seed(17)
    config = DatarConfig(
        preset="small",
        fbank=FbankConfig(num_mel_bins=32, window_s=1.28, num_frames=128),
        stem="conv",
        local_unit=True,
        stages=(
            StageConfig(embed_dim=32, num_heads=2, blocks=("shifted",), window=(4, 4)),
            StageConfig(
                embed_dim=64,
                num_heads=4,
                blocks=("deformable",),
                window=(4, 4),
                deformable=DeformableConfig(groups=2),
            ),
        ),
    )
    model = Datar(config, {"class": len(LABELS)}).eval()
    model.set_normalisation(-8.0, 4.0)
    for module in model.modules():
        if isinstance(module, DeformableAttention):
            nn.init.normal_(module.bias_table)
            nn.init.normal_(module.offsets.to_offset.weight)
    return Checkpoint(model=model, heads={"class": LABELS}, provenance={"data": "none"})


class Toy(nn.Module):
    """A classifier of a few layers, one of which XNNPACK cannot run if asked for."""

    def __init__(self, *, cumulative: bool = False) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.first = nn.Linear(40, 64)
        self.odd = Cumulative() if cumulative else nn.Identity()
        self.norm = nn.LayerNorm(64)
        self.last = nn.Linear(64, len(LABELS))

    def forward(self, waveform: Tensor) -> tuple[Tensor, ...]:
        rows = self.odd(F.gelu(self.first(waveform.reshape(1, 10, 40))))
        return (self.last(self.norm(rows)).mean(dim=1).softmax(dim=-1),)


class Cumulative(nn.Module):
    """Sums along the tokens, for which XNNPACK has no kernel."""

    def forward(self, rows: Tensor) -> Tensor:
        return rows.cumsum(dim=1)


TOY_CARD = ModelCard(
    preset="toy",
    heads={"class": LABELS},
    fbank=FbankConfig(num_mel_bins=8, window_s=0.025, num_frames=16),
)


def toy_file(path: Path, target: Target, *, cumulative: bool = False) -> Path:
    content = target.lower(
        Toy(cumulative=cumulative).eval(),  # type: ignore[arg-type]
        TOY_SAMPLES,
        recipe=FLOAT,
        calibration=(),
    )
    path.write_bytes(target.with_card(content, TOY_CARD))
    return path


def toy_waveform() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.default_rng(2).uniform(-1, 1, (1, TOY_SAMPLES)).astype(np.float32)


def assert_computes_toy(path: Path, *, cumulative: bool = False) -> None:
    waveform = toy_waveform()
    with torch.inference_mode():
        expected = Toy(cumulative=cumulative).eval()(torch.from_numpy(waveform))[0][0]
    with ExecuTorchSession(path) as session:
        np.testing.assert_allclose(session.run(waveform)["class"], expected, atol=1e-5)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    output = tmp_path_factory.mktemp("export") / "model.pte"
    return export(small_checkpoint(), target="executorch", output=output)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_file(tmp_path_factory.mktemp("toy") / "toy.pte", ExecuTorchTarget())


def test_computes_what_the_model_computes(exported: Exported) -> None:
    """On recordings, silence, a click, full scale and noise far above it."""
    noise = np.random.default_rng(3).normal(0.0, 2.0, (1, 20_480)).astype(np.float32)
    with open_session(exported.artifact) as ours, TorchSession(small_checkpoint()) as reference:
        sounds = recording_windows(verification_sounds(), ours.card)
        parity = compare(ours, reference, [*sounds, *edge_windows(ours.card), noise])
    assert parity.windows >= 7
    assert parity.max_abs_logit_diff <= BOUNDS["none"].max_abs_logit_diff
    assert parity.top1_agreement == 1.0


def test_the_delegate_takes_all_of_it(exported: Exported) -> None:
    delegation = exported.delegation
    assert delegation.not_delegated == ()
    assert delegation.delegated_ops == delegation.ops > 100
    assert 1 <= delegation.delegate_calls <= 3


def test_its_types_are_read_back(exported: Exported) -> None:
    assert set(exported.types.weights) == set(exported.types.activations) == {"float32"}
    parameters = sum(p.numel() for p in small_checkpoint().model.parameters())
    assert exported.types.weights["float32"] > 0.5 * parameters


def test_carries_its_card(exported: Exported) -> None:
    card = read_card(exported.artifact)
    assert card.labels == LABELS
    assert (card.sample_rate_hz, card.window_samples) == (16_000, 20_480)
    assert card.parity == dataclasses.asdict(exported.parity)
    assert (card.quantize, card.input_kind) == ("none", "waveform")


@pytest.mark.parametrize("labels", [("ä", "日本", *LABELS[2:]), ("x" * 5_000, *LABELS[1:])])
def test_a_changed_card_replaces_the_first(
    toy: Path, tmp_path: Path, labels: Sequence[str]
) -> None:
    changed = dataclasses.replace(TOY_CARD, heads={"class": tuple(labels)})
    target, path = ExecuTorchTarget(), tmp_path / "changed.pte"
    path.write_bytes(target.with_card(toy.read_bytes(), changed))
    assert read_card(path) == changed
    assert_computes_toy(path)
    assert target.delegation(path) == target.delegation(toy)
    path.write_bytes(target.with_card(path.read_bytes(), TOY_CARD))
    assert path.read_bytes() == toy.read_bytes()


def test_without_a_delegate_it_computes_the_same(tmp_path: Path) -> None:
    target = PortableExecuTorchTarget()
    path = toy_file(tmp_path / "portable.pte", target)
    assert_computes_toy(path)
    delegation = target.delegation(path)
    assert (delegation.delegate_calls, delegation.delegated_ops) == (0, 0)
    assert delegation.ops == sum(entry.count for entry in delegation.not_delegated) > 5
    assert {entry.layer for entry in delegation.not_delegated} >= {"first", "last"}
    assert set(target.tensor_types(path).weights) == {"float32"}
    assert set(target.tensor_types(path).activations) == {"float32"}


def test_what_xnnpack_has_no_kernel_for_is_told_with_its_layer(tmp_path: Path) -> None:
    target = ExecuTorchTarget()
    path = toy_file(tmp_path / "odd.pte", target, cumulative=True)
    assert_computes_toy(path, cumulative=True)
    delegation = target.delegation(path)
    (entry,) = delegation.not_delegated
    assert (entry.operator, entry.layer, entry.count) == ("aten::cumsum", "odd", 1)
    assert "no such operator" in entry.reason
    assert delegation.delegate_calls == 2


def test_a_graph_that_xnnpack_fails_on_is_lowered_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("xnn_status_unsupported")

    monkeypatch.setattr(
        "executorch.backends.xnnpack.xnnpack_preprocess.XnnpackBackend.preprocess", fail
    )
    target = ExecuTorchTarget()
    with caplog.at_level(logging.WARNING):
        path = toy_file(tmp_path / "fallen.pte", target)
    assert "no delegate takes it" in caplog.text
    assert target.delegation(path).delegate_calls == 0
    assert_computes_toy(path)


@pytest.mark.parametrize("shape", [(3, 96), (1, 7, 5, 32), (2, 1)])
@pytest.mark.parametrize("affine", [True, False])
def test_layer_norm_by_matrix_products_is_layer_norm(shape: tuple[int, ...], affine: bool) -> None:
    torch.manual_seed(1)
    norm = nn.LayerNorm(shape[-1], elementwise_affine=affine)
    if affine:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    features = 3.0 * torch.randn(shape) + 5.0
    torch.testing.assert_close(MatmulLayerNorm(norm)(features), norm(features), atol=1e-5, rtol=0)


def test_a_linear_layer_on_rows_is_the_layer() -> None:
    torch.manual_seed(1)
    layer = nn.Linear(6, 4)
    features = torch.randn(2, 3, 5, 6)
    torch.testing.assert_close(RowsLinear(layer)(features), layer(features))


def test_what_does_not_depend_on_the_input_is_computed() -> None:
    class Positions(nn.Module):
        def forward(self, waveform: Tensor) -> Tensor:
            positions = torch.stack([torch.arange(4.0), torch.arange(4.0) * 2.0]).sum(dim=0)
            return waveform + positions

    graph = captured(Positions(), 4)
    calls = [node.target for node in graph.graph.nodes if node.op == "call_function"]
    assert calls == [torch.ops.aten.add.Tensor]
    expected = torch.tensor([[0.0, 3.0, 6.0, 9.0]])
    torch.testing.assert_close(graph(torch.zeros(1, 4)), expected)


def test_gelu_in_half_precision_is_gelu() -> None:
    class Gelu(nn.Module):
        def forward(self, waveform: Tensor) -> Tensor:
            return F.gelu(waveform.half())

    graph = captured(Gelu(), 2_000)
    replace_gelu(graph)
    assert torch.ops.aten.gelu.default not in {node.target for node in graph.graph.nodes}
    values = torch.linspace(-300.0, 300.0, 2_000)[None]
    values[0, ::2] = torch.linspace(-6.0, 6.0, 1_000)
    halves = values.half().float()
    torch.testing.assert_close(graph(values).float(), F.gelu(halves), atol=2e-3, rtol=2e-3)
