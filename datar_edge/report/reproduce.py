"""The rows of one of the paper's tables, trained and measured one after the other."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datar_edge.data.dataset import ClipSet, Fold
from datar_edge.data.readers import open_dataset
from datar_edge.errors import ConfigError
from datar_edge.half_written import beside
from datar_edge.models.session import TorchSession
from datar_edge.report.evaluate import Evaluation, evaluate
from datar_edge.report.paper_tables import TABLES, PaperRow, PaperTable
from datar_edge.train.config import TrainConfig
from datar_edge.train.placement import Placement, process_number
from datar_edge.train.run import CHECKPOINT_NAME, CONFIG_NAME, SPECTROGRAMS_NAME, train

_PAPER_RATE_HZ = 43_000
_RESULT = "result.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reproduction:
    """How the rows are run.

    Attributes:
        table: a key of `TABLES`.
        data: the data set, as `--data` takes it.
        folds: to train on.
        val_folds: to measure on.
        presets: preset by model, "datar" and "ast".
        recipe: what each run has in common; preset, variants, data and folds are set by row.
        start: checkpoint that DATAR starts from; None for random weights.
    """

    table: str
    data: str
    folds: tuple[Fold, ...]
    val_folds: tuple[Fold, ...]
    presets: Mapping[str, str]
    recipe: TrainConfig
    start: Path | None = None

    def __post_init__(self) -> None:
        if self.table not in TABLES:
            raise ConfigError(f"unknown table {self.table!r}", fix=f"Tables: {', '.join(TABLES)}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowResult:
    """A row of the paper and, where it was run, ours.

    Attributes:
        row: the paper's.
        ours: percent by the paper's metrics; empty where the row is another's work.
        differs: what is not as in the paper, in words by subject.
    """

    row: PaperRow
    ours: Mapping[str, float]
    differs: Mapping[str, str]


def reproduce(
    plan: Reproduction,
    output: Path,
    *,
    placement: Placement | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Iterator[RowResult]:
    """Trains and measures each row that has a model; what is done is not done again.

    Args:
        plan: the rows and how they are run.
        output: folder with a run a row.
        placement: processes, precision, workers.
        told: is told which row begins.

    Yields:
        The rows in the paper's order, each when it is measured.

    Raises:
        ConfigError: a run of another recipe lies there.
        DataError: the data set is not laid out right, or lacks a fold.
    """
    placement = placement or Placement()
    shared = output / SPECTROGRAMS_NAME
    if placement.keeps_spectrograms and placement.cache is None:
        placement = dataclasses.replace(placement, cache=shared)
    table = TABLES[plan.table]
    train_clips = open_dataset(plan.data, folds=plan.folds)
    val_clips = open_dataset(plan.data, folds=plan.val_folds)
    for row in table.rows:
        if row.model is None:
            yield RowResult(row=row, ours={}, differs={})
            continue
        told(row.name)
        start = plan.start if row.model == "datar" else None
        config = dataclasses.replace(
            plan.recipe,
            preset=plan.presets[row.model],
            variants=row.variants,
            start=start.name if start else "",
            data=plan.data,
            folds=plan.folds,
            val_folds=plan.val_folds,
        )
        folder = output / plan.table / _slug(row.name)
        if not (folder / CHECKPOINT_NAME).is_file():
            train(
                config,
                train_clips=train_clips,
                val_clips=val_clips,
                output=folder,
                resume=(folder / CONFIG_NAME).is_file(),
                placement=placement,
                start=start,
            )
        elif TrainConfig.from_json((folder / CONFIG_NAME).read_text(encoding="utf-8")) != config:
            raise ConfigError(
                f"{folder} holds a run of another recipe", fix="Choose another --output."
            )
        yield RowResult(
            row=row,
            ours=_measured(folder, val_clips),
            differs=_differences(table, config, train_clips),
        )
    if process_number() == 0:
        shutil.rmtree(shared, ignore_errors=True)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", name.lower().replace("λ", "lambda")).strip("-")


def _measured(folder: Path, clips: ClipSet) -> dict[str, float]:
    """The paper's metrics of a run in percent, kept beside it."""
    written = folder / _RESULT
    if not written.is_file():
        with TorchSession(folder / CHECKPOINT_NAME) as session:
            figures = _figures(evaluate(session, clips))
        with beside(written) as partial:
            partial.write_text(json.dumps(figures), encoding="utf-8")
    read: dict[str, float] = json.loads(written.read_text(encoding="utf-8"))
    return read


def _figures(evaluation: Evaluation) -> dict[str, float]:
    first = next(iter(evaluation.heads.values())).overall
    figures = {"top1": first.top1, "top5": first.top5, "all_heads_top1": evaluation.all_right}
    for head, accuracy in evaluation.heads.items():
        figures[f"{head}_top1"] = accuracy.overall.top1
    return {name: 100.0 * share for name, share in figures.items()}


def _differences(table: PaperTable, config: TrainConfig, clips: ClipSet) -> dict[str, str]:
    fbank = config.model_config().fbank
    found: dict[str, str] = {}
    if clips.name != table.data:
        found["data"] = f"{clips.name}, {len(clips.clips)} clips to train on (paper: {table.data})"
    if config.epochs != table.epochs:
        found["epochs"] = f"{config.epochs} (paper: {table.epochs})"
    if config.learning_rate != table.learning_rate:
        found["rate"] = f"{config.learning_rate:g} (paper: {table.learning_rate:g})"
    if not config.start:
        found["start"] = f"random weights (paper: {table.start})"
    shape: Sequence[int] = (fbank.sample_rate_hz, fbank.num_mel_bins, fbank.num_frames)
    if tuple(shape) != (_PAPER_RATE_HZ, 128, 1_024):
        found["input"] = (
            f"{shape[0]} Hz, {shape[1]} mels, {shape[2]} frames (paper: 43000 Hz, 128, 1024)"
        )
    found["model"] = f"{config.preset} (the paper does not say its size)"
    return found
