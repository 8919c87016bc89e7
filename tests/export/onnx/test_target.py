"""An ONNX file from a model: what it computes, what it carries, what is in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from datar_edge.bundled import bundled_checkpoint, verification_sounds
from datar_edge.export import Exported, export
from datar_edge.export.onnx.target import OPSET, OnnxTarget
from datar_edge.export.patches import PatchLinear, patch_as_linear
from datar_edge.export.verify import BOUNDS, compare, edge_windows, recording_windows
from datar_edge.features import Fbank
from datar_edge.models import load_checkpoint
from datar_edge.models.layers import Conv
from datar_edge.models.session import TorchSession
from datar_edge.runtime.card_in_onnx import CARD_KEY, read_card
from datar_edge.runtime.onnx import OnnxSession


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    output = tmp_path_factory.mktemp("export") / "model.onnx"
    return export(load_checkpoint(bundled_checkpoint()), target="onnx", output=output)


@pytest.fixture
def session(exported: Exported) -> Iterator[OnnxSession]:
    with OnnxSession(exported.artifact) as opened:
        yield opened


def test_computes_what_the_model_computes(session: OnnxSession, real_sounds: list[Path]) -> None:
    """On recordings, silence, a click, full scale and noise far above it."""
    noise = np.random.default_rng(3).normal(0.0, 2.0, (1, 40_960)).astype(np.float32)
    with TorchSession(load_checkpoint(bundled_checkpoint())) as reference:
        sounds = recording_windows([*real_sounds, *verification_sounds()], session.card)
        parity = compare(session, reference, [*sounds, *edge_windows(session.card), noise])
    assert parity.windows >= 10
    assert parity.max_abs_logit_diff <= BOUNDS["none"].max_abs_logit_diff
    assert parity.top1_agreement == 1.0


def test_is_valid_onnx_of_the_fixed_opset(exported: Exported) -> None:
    model = onnx.load(str(exported.artifact))
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSET)]
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    (waveform,) = model.graph.input
    (scores,) = model.graph.output
    for tensor, name, shape in ((waveform, "waveform", [1, 40_960]), (scores, "class", [1, 10])):
        assert tensor.name == name
        assert tensor.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        assert [each.dim_value for each in tensor.type.tensor_type.shape.dim] == shape


def test_its_nodes_tell_their_layers_and_nothing_of_the_machine(exported: Exported) -> None:
    graph = onnx.load(str(exported.artifact)).graph
    names = [node.name for node in graph.node]
    assert len(set(names)) == len(names)
    assert {"fbank/Linear", "model.stages.3.1.mlp.expand/Linear"} <= set(names)
    assert b"/site-packages/" not in exported.artifact.read_bytes()
    assert b".py" not in exported.artifact.read_bytes()


def test_holds_little_beside_the_parameters(exported: Exported) -> None:
    """The front-end's matrices are 8 % of so small a model."""
    card = read_card(exported.artifact)
    front_end = sum(matrix.numel() for matrix in Fbank(card.fbank).buffers())
    assert exported.size_bytes <= 1.05 * 4 * (card.parameters + front_end)


def test_is_read_back_as_float32_run_by_one_provider(exported: Exported) -> None:
    assert set(exported.types.weights) == {"float32"}
    assert set(exported.types.activations) == {"float32"}
    assert exported.delegation.not_delegated == ()
    assert exported.delegation.delegated_ops == exported.delegation.ops > 100
    assert exported.delegation.delegate_calls == 1


def test_the_card_comes_back_and_is_replaced(exported: Exported, tmp_path: Path) -> None:
    card = read_card(exported.artifact)
    assert card.parity == dataclasses.asdict(exported.parity)
    assert (card.quantize, card.input_kind, card.window_samples) == ("none", "waveform", 40_960)
    other = dataclasses.replace(card, threshold=0.25, provenance={"note": "é – 雨"})
    path = tmp_path / "other.onnx"
    path.write_bytes(OnnxTarget().with_card(exported.artifact.read_bytes(), other))
    assert read_card(path) == other
    keys = [entry.key for entry in onnx.load(str(path)).metadata_props]
    assert keys.count(CARD_KEY) == 1
    with OnnxSession(path) as session:
        assert session.card == other


@pytest.mark.parametrize(
    ("kernel", "size", "bias"), [(2, (6, 8), True), (4, (8, 12), False), (2, (5, 7), True)]
)
def test_a_patch_embedding_as_linear_layer(kernel: int, size: tuple[int, int], bias: bool) -> None:
    torch.manual_seed(5)
    conv = Conv(3, 7, kernel, stride=kernel, bias=bias).eval()
    linear = patch_as_linear(conv)
    assert isinstance(linear, PatchLinear)
    features = torch.randn(2, *size, 3)
    torch.testing.assert_close(linear(features), conv(features), rtol=1e-5, atol=1e-5)


def test_only_patches_become_linear_layers() -> None:
    for conv in (
        Conv(4, 4, 3, stride=2, padding=1),
        Conv(4, 4, 2, stride=1),
        Conv(4, 4, 2, stride=2, groups=4),
        Conv(4, 4, 2, stride=2, batch_norm=True),
        torch.nn.Conv2d(4, 4, 2, stride=2),
    ):
        assert patch_as_linear(conv) is None
