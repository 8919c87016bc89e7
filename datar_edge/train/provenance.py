"""What a checkpoint says of where it comes from."""

from __future__ import annotations

import dataclasses
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path

import torch

from datar_edge.data.dataset import ClipSet
from datar_edge.data.spectrograms import SpectrogramSet
from datar_edge.train.config import TrainConfig
from datar_edge.train.start import Start


def provenance(
    config: TrainConfig,
    clips: ClipSet,
    used: SpectrogramSet,
    metrics: Mapping[str, float],
    start: Start | None,
) -> dict[str, str]:
    """Data, licences, recipe and versions, free text by key.

    Args:
        config: the run.
        clips: the data set it learnt from, without negatives.
        used: the clips that could be read, with negatives.
        metrics: of the validation.
        start: what its weights come from.
    """
    negatives = sum(not clip.targets for clip in used.clips)
    # Where the data lay is nobody's business who gets the file.
    recipe = dataclasses.replace(
        config, data=config.data.partition(":")[0], negatives=_name(config.negatives)
    )
    return {
        "data": clips.name,
        "data_licence": clips.licence,
        "data_attribution": clips.attribution,
        "clips": str(len(used.clips) - negatives),
        **(_of_negatives(config, negatives) if config.negatives else {}),
        **(start.provenance() if start else {}),
        "folds": ",".join(map(str, config.folds)) or "all",
        "recipe": recipe.to_json(),
        "validation": ", ".join(f"{name} {value:.4f}" for name, value in sorted(metrics.items())),
        "datar_edge": importlib.metadata.version("datar-edge"),
        "torch": str(torch.__version__),
    }


def _of_negatives(config: TrainConfig, count: int) -> dict[str, str]:
    return {
        "negatives": f"{count} clips of {_name(config.negatives)!r} that are none of the labels; "
        "the model learnt to score all labels of them alike"
    }


def _name(folder: str) -> str:
    return Path(folder).resolve().name if folder else ""
