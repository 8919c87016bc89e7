"""Weights to start a run from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from datar_edge.errors import ModelFileError
from datar_edge.models import Network, load_checkpoint


def take_weights(model: Network, checkpoint: Path, *, heads: Mapping[str, tuple[str, ...]]) -> str:
    """Fills a model with a checkpoint's weights, heads too where their labels are the same.

    Args:
        model: of the same configuration but for its heads; it is changed.
        checkpoint: a safetensors file of ours.
        heads: labels by head of the new model.

    Returns:
        What was taken, in words.

    Raises:
        ModelFileError: it is no checkpoint, or a layer of the model does not fit.
    """
    source = load_checkpoint(checkpoint)
    theirs, ours = source.model.state_dict(), model.state_dict()
    place = {name: index for index, name in enumerate(source.heads)}
    for name, labels in heads.items():
        index = model.head_names.index(name)
        same = source.heads.get(name) == labels
        for kind in ("weight", "bias"):
            key = f"heads.{index}.{kind}"
            theirs[key] = theirs[f"heads.{place[name]}.{kind}"] if same else ours[key]
    misfit = next((n for n in ours if n not in theirs or theirs[n].shape != ours[n].shape), None)
    if misfit is not None:
        raise ModelFileError(
            f"{checkpoint} does not fit the model to train: {misfit} is "
            f"{list(theirs[misfit].shape) if misfit in theirs else 'missing'}, "
            f"expected {list(ours[misfit].shape)}",
            fix=f"It holds {source.config.preset}; train that preset, with the same variants.",
        )
    model.load_state_dict({name: theirs[name] for name in ours})
    kept = [name for name, labels in heads.items() if source.heads.get(name) == labels]
    return f"weights of {checkpoint}; heads kept: {', '.join(kept) or 'none'}"
