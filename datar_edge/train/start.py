"""Weights to start a run from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datar_edge.bundled import bundled_checkpoint
from datar_edge.errors import ModelFileError
from datar_edge.models import Checkpoint, Network, load_checkpoint

BUNDLED = "bundled"
"""Names the checkpoint that ships, where a checkpoint's path is asked for."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A checkpoint that a run starts from.

    Attributes:
        name: of its file, without the folders above it; or "bundled".
        path: where it lies.
        checkpoint: its content.
    """

    name: str
    path: Path
    checkpoint: Checkpoint

    @property
    def knows_sound(self) -> bool:
        """Whether its input is normalised as its weights expect; images' weights know of none."""
        model = self.checkpoint.model
        return (model.feature_mean.item(), model.feature_std.item()) != (0.0, 1.0)

    def provenance(self) -> dict[str, str]:
        """What the new model has to say of the old one: whose data it goes back to."""
        theirs = self.checkpoint.provenance
        told = {f"start_{key}": theirs[key] for key in _INHERITED if theirs.get(key)}
        return {"start": self.name, **told}


_INHERITED = ("weights", "data", "data_licence", "data_attribution")


def open_start(name: str | Path) -> Start:
    """Reads a checkpoint to start from.

    Args:
        name: its path, or "bundled" for the one that ships (`./bundled` is a file).

    Raises:
        ModelFileError: there is none, or it is no checkpoint of ours.
    """
    bundled = name == BUNDLED
    path = bundled_checkpoint() if bundled else Path(name)
    if not path.exists():
        raise ModelFileError(
            f"there is no checkpoint at {path}",
            fix=f"Check the path, or start from the model that ships: {BUNDLED}.",
        )
    return Start(
        name=BUNDLED if bundled else path.name, path=path, checkpoint=load_checkpoint(path)
    )


def take_weights(model: Network, start: Start, *, heads: Mapping[str, tuple[str, ...]]) -> str:
    """Fills a model with a checkpoint's weights, heads too where their labels are the same.

    The mean and deviation that the input is normalised with come along.

    Args:
        model: of the same configuration but for its heads; it is changed.
        start: the checkpoint.
        heads: labels by head of the new model.

    Returns:
        What was taken, in words.

    Raises:
        ModelFileError: a layer of the model does not fit.
    """
    source = start.checkpoint
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
            f"{start.path} does not fit the model to train: {misfit} is "
            f"{list(theirs[misfit].shape) if misfit in theirs else 'missing'}, "
            f"expected {list(ours[misfit].shape)}",
            fix=f"It holds {source.config.preset}; train that preset, with the same variants.",
        )
    model.load_state_dict({name: theirs[name] for name in ours})
    kept = [name for name, labels in heads.items() if source.heads.get(name) == labels]
    return f"weights of {start.path}; heads kept: {', '.join(kept) or 'none'}"
