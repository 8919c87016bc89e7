"""Checkpoints: safetensors with configuration, labels and provenance in the header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from datar_edge.card import DEFAULT_THRESHOLD
from datar_edge.config import ModelConfig, config_from_dict
from datar_edge.errors import ModelFileError
from datar_edge.half_written import beside
from datar_edge.models.construct import build
from datar_edge.models.network import Network

FORMAT = "datar-edge-checkpoint"
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A model with the labels of its heads and where it comes from.

    Attributes:
        model: the network, in evaluation mode.
        heads: labels by head, in the order of the logits.
        provenance: data set, licence, attribution, recipe, versions; free text by key.
        threshold: score from which a tag counts as an event, by default; above 0 to 1.
    """

    model: Network
    heads: Mapping[str, tuple[str, ...]]
    provenance: Mapping[str, str] = field(default_factory=dict)
    threshold: float = DEFAULT_THRESHOLD

    @property
    def config(self) -> ModelConfig:
        """The configuration of the model."""
        return self.model.config


def save_checkpoint(path: Path, checkpoint: Checkpoint, *, half: bool = False) -> None:
    """Writes a checkpoint beside its place and renames it.

    Args:
        path: the file to write; replaced where it exists.
        checkpoint: what to write.
        half: matrices and kernels as float16, half the size; they are rounded.

    Raises:
        ModelFileError: it cannot be written.
    """
    header = {
        "format": FORMAT,
        "version": str(VERSION),
        "config": json.dumps(checkpoint.config.to_dict()),
        "heads": json.dumps({head: list(labels) for head, labels in checkpoint.heads.items()}),
        "provenance": json.dumps(dict(checkpoint.provenance)),
        "threshold": str(checkpoint.threshold),
    }
    tensors = {
        name: (tensor.half() if half and tensor.ndim >= 2 else tensor).cpu().contiguous()
        for name, tensor in checkpoint.model.state_dict().items()
    }
    try:
        with beside(path) as partial:
            partial.write_bytes(save(tensors, metadata=header))
    except OSError as error:
        raise ModelFileError(
            f"{path} cannot be written: {error.strerror or error}",
            fix="Check the folder and its free space.",
        ) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint written by `save_checkpoint`; every tensor has to match.

    Raises:
        ModelFileError: missing, not a checkpoint of ours, of another version, or with tensors
            that are not those of its configuration.
        ConfigError: the configuration in its header is not valid.
    """
    header, tensors = _read(path)
    if header.get("format") != FORMAT:
        raise ModelFileError(
            f"{path} is a safetensors file, but not a checkpoint of datar-edge",
            fix="Give a file that `datar-edge train` wrote.",
        )
    if header.get("version") != str(VERSION):
        raise ModelFileError(
            f"{path} is a checkpoint of version {header.get('version')!r}, "
            f"this release reads version {VERSION}",
            fix="Install the datar-edge that wrote it, or train again.",
        )
    try:
        config = config_from_dict(json.loads(header["config"]))
        heads = {str(h): tuple(map(str, ls)) for h, ls in json.loads(header["heads"]).items()}
        provenance = {str(k): str(v) for k, v in json.loads(header["provenance"]).items()}
        threshold = _threshold(header)
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise ModelFileError(f"the header of {path} is garbled: {error}") from error
    model = build(config, heads={name: len(labels) for name, labels in heads.items()})
    _fill(model, tensors, path)
    return Checkpoint(model=model.eval(), heads=heads, provenance=provenance, threshold=threshold)


def _threshold(header: Mapping[str, str]) -> float:
    """The first checkpoints tell none."""
    threshold = float(header.get("threshold", DEFAULT_THRESHOLD))
    if not 0.0 < threshold <= 1.0:
        raise ValueError(f"threshold {threshold!r}")
    return threshold


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not path.is_file():
        raise ModelFileError(f"there is no checkpoint at {path}", fix="Check the path.")
    try:
        with safe_open(path, framework="pt") as file:
            header = dict(file.metadata() or {})
            return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelFileError(
            f"{path} is not a readable safetensors file: {error}",
            fix="Give a file that `datar-edge train` wrote.",
        ) from error


def _fill(model: Network, tensors: Mapping[str, Tensor], path: Path) -> None:
    wanted = model.state_dict()
    for name in sorted(wanted.keys() | tensors.keys()):
        found, expected = tensors.get(name), wanted.get(name)
        if found is None or expected is None or found.shape != expected.shape:
            raise ModelFileError(
                f"{path} does not fit its own configuration: tensor {name!r} is "
                f"{_shape(found)}, expected {_shape(expected)}",
                fix="The file is damaged or was edited; take it again from its source.",
            )
        if not torch.isfinite(found).all():
            raise ModelFileError(f"{path} holds values that are not finite, in tensor {name!r}")
    model.load_state_dict(dict(tensors))


def _shape(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else str(list(tensor.shape))
