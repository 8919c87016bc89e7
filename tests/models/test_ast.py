"""AST against the implementation of the `transformers` package, with the same weights."""

from __future__ import annotations

import pytest
import torch
from transformers import ASTConfig as TheirConfig
from transformers import ASTModel

from datar_edge.config import AstConfig, FbankConfig, config_from_dict
from datar_edge.errors import ConfigError
from datar_edge.models import build
from datar_edge.models.ast import Ast
from datar_edge.models.count import count_macs, count_parameters

SMALL = AstConfig(
    preset="test",
    fbank=FbankConfig(num_mel_bins=32, window_s=0.64, num_frames=64),
    embed_dim=24,
    num_heads=3,
    depth=2,
)


def theirs_with_weights_of(model: Ast) -> ASTModel:
    config = model.config
    assert isinstance(config, AstConfig)
    theirs = ASTModel(
        TheirConfig(
            hidden_size=config.embed_dim,
            num_hidden_layers=config.depth,
            num_attention_heads=config.num_heads,
            intermediate_size=4 * config.embed_dim,
            patch_size=config.patch_size,
            frequency_stride=config.patch_stride,
            time_stride=config.patch_stride,
            max_length=config.fbank.num_frames,
            num_mel_bins=config.fbank.num_mel_bins,
            layer_norm_eps=1e-5,
        )
    ).eval()
    ours = model.state_dict()
    renamed = {
        "embeddings.cls_token": ours["special"][:, :1],
        "embeddings.distillation_token": ours["special"][:, 1:],
        "embeddings.position_embeddings": ours["positions"],
        "embeddings.patch_embeddings.projection.weight": ours["patches.weight"],
        "embeddings.patch_embeddings.projection.bias": ours["patches.bias"],
        "layernorm.weight": ours["norm.weight"],
        "layernorm.bias": ours["norm.bias"],
    }
    # Their names differ between releases; the order of a block's tensors does not.
    order = (
        *("attention.query.linear", "attention.key.linear", "attention.value.linear"),
        *("attention.project", "attention_norm", "mlp_norm", "mlp.expand", "mlp.reduce"),
    )
    rest = [name for name in theirs.state_dict() if name not in renamed]
    for block in range(config.depth):
        for part in order:
            for kind in ("weight", "bias"):
                renamed[rest.pop(0)] = ours[f"blocks.{block}.{part}.{kind}"]
    assert not rest
    theirs.load_state_dict(renamed)
    return theirs


def test_equals_the_implementation_of_transformers() -> None:
    torch.manual_seed(4)
    model = build(SMALL, heads={"class": 5}).eval()
    assert isinstance(model, Ast)
    for name, tensor in model.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(tensor)
    log_mel = torch.randn(2, 64, 32)
    with torch.no_grad():
        ours = model.pooled(log_mel)
        expected = theirs_with_weights_of(model)(log_mel).pooler_output
    assert (ours - expected).abs().max() <= 1e-5


def test_base_is_as_large_as_the_papers() -> None:
    """86 M parameters; 103.4 G multiply-accumulates without those inside attention, 130.5 with."""
    model = build("ast-base", heads={"class": 10})
    tokens, dim, depth = 12 * 101 + 2, 768, 12
    inside_attention = 2 * depth * tokens**2 * dim
    assert count_parameters(model) == pytest.approx(86.2e6, rel=0.01)
    assert count_macs(model) - inside_attention == pytest.approx(103.4e9, rel=0.01)


def test_a_configuration_survives_the_checkpoints_header() -> None:
    assert config_from_dict(SMALL.to_dict()) == SMALL


@pytest.mark.parametrize(
    ("field", "value"),
    [("patch_size", 33), ("patch_stride", 17), ("num_heads", 5), ("depth", 0), ("dropout", 1.0)],
)
def test_what_cannot_be_is_refused(field: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{field} is {value}"):
        AstConfig(**{**vars_of(SMALL), field: value})


def vars_of(config: AstConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in AstConfig.__dataclass_fields__}
