"""What a preset or a checkpoint is, counted and not looked up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datar_edge.config import AstConfig, ConvConfig, ModelConfig
from datar_edge.models import Network, build, load_checkpoint
from datar_edge.models.count import count_macs, count_parameters, count_parts
from datar_edge.presets import preset

_EXAMPLE_LABELS = 10


def describe_preset(name: str) -> dict[str, Any]:
    """A preset as data: parameters and multiply-accumulates, with ten labels in one head.

    Raises:
        ConfigError: there is no such preset.
    """
    config = preset(name)
    model = build(config, heads={"class": _EXAMPLE_LABELS})
    return {"kind": "preset", **_describe(model), "heads": {}, "weights": "random"}


def describe_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint as data.

    Raises:
        ModelFileError: missing, or no checkpoint of ours.
    """
    checkpoint = load_checkpoint(path)
    return {
        "kind": "checkpoint",
        **_describe(checkpoint.model),
        "heads": {head: list(labels) for head, labels in checkpoint.heads.items()},
        "provenance": dict(checkpoint.provenance),
    }


def _describe(model: Network) -> dict[str, Any]:
    config = model.config
    return {
        "preset": config.preset,
        "parameters": count_parameters(model),
        "macs": count_macs(model),
        "input": {
            "kind": "waveform",
            "sample_rate_hz": config.fbank.sample_rate_hz,
            "samples": config.fbank.window_samples,
        },
        "stages": _stages(config),
        "parts": [
            {"part": part.name, "parameters": part.parameters, "macs": part.macs}
            for part in count_parts(model)
        ],
    }


def _stages(config: ModelConfig) -> list[dict[str, Any]]:
    if isinstance(config, AstConfig):
        return [
            {
                "map": list(config.grid),
                "embed_dim": config.embed_dim,
                "num_heads": config.num_heads,
                "blocks": ["global"] * config.depth,
            }
        ]
    if isinstance(config, ConvConfig):
        return [
            {
                "map": list(config.map_size(index)),
                "embed_dim": width,
                "num_heads": 0,
                "blocks": ["convolution"] * config.depth,
            }
            for index, width in enumerate(config.widths)
        ]
    return [
        {
            "map": list(config.map_size(index)),
            "embed_dim": stage.embed_dim,
            "num_heads": stage.num_heads,
            "blocks": list(stage.blocks),
        }
        for index, stage in enumerate(config.stages)
    ]
