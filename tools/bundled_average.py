"""One model of several that were trained from the same first weights: the mean of their weights.

After "Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time" (Wortsman et al., 2022). Models that begin at random, each in its own
way, cannot be averaged.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import torch
from bundled_runs import CHECKPOINT

from datar_edge.models import Checkpoint, load_checkpoint, save_checkpoint


def averaged(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    """The mean of all weights and statistics; all else is the first one's.

    Raises:
        ValueError: they are not of one architecture, or their labels differ.
    """
    first = checkpoints[0]
    if any((each.config, each.heads) != (first.config, first.heads) for each in checkpoints):
        raise ValueError("models that differ in more than their weights cannot be averaged")
    states = [each.model.state_dict() for each in checkpoints]
    means = {
        name: torch.stack([state[name].double() for state in states]).mean(dim=0).to(tensor.dtype)
        for name, tensor in states[0].items()
    }
    first.model.load_state_dict(means)
    told = {"averaged": f"the mean of {len(states)} runs from the same first weights"}
    return dataclasses.replace(first, provenance={**first.provenance, **told})


def average(runs: Sequence[Path], folder: Path) -> Path:
    """Writes the mean of some runs into a folder, unless that is done."""
    written = folder / CHECKPOINT
    if not written.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save_checkpoint(written, averaged([load_checkpoint(run / CHECKPOINT) for run in runs]))
    return folder
