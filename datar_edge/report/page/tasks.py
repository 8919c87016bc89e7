"""The measurements of a report: by the functions that the other commands measure with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from datar_edge.card import ModelCard
from datar_edge.data.dataset import ClipSet
from datar_edge.data.readers import open_dataset
from datar_edge.errors import ModelFileError
from datar_edge.models import load_checkpoint
from datar_edge.models.session import TorchSession, card_of
from datar_edge.quantize.recipes import recipe_for
from datar_edge.report.benchmark import measure
from datar_edge.report.describe import describe_checkpoint
from datar_edge.report.evaluate import evaluate
from datar_edge.report.machine import machine
from datar_edge.report.page import commands
from datar_edge.report.page.figures import (
    accuracy_figures,
    benchmark_figures,
    card_figures,
    parity_figures,
    sensitivity_figures,
)
from datar_edge.report.page.plan import Figures, ReportPlan, Task, Told
from datar_edge.report.page.saved_ranking import read_ranking
from datar_edge.report.page.subject import listing, subject
from datar_edge.report.parity import bound_of, compare_file, drift_of
from datar_edge.report.quantizable_layers import layer_weights
from datar_edge.report.reference import check_same_kind, sha256_of
from datar_edge.report.sensitivity import prepare
from datar_edge.runtime import read_model_card
from datar_edge.runtime.open import kind_of

RANKED_CLIPS = 40
"""Clips that layers are ranked on, as `quantize` takes them by default."""

_NEEDS_DATA = "It needs labelled clips: --data SET."
_NEEDS_FILE = "It needs a file that was exported from the checkpoint: --artifact FILE."

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    path: Path
    card: ModelCard
    sha256: str


def tasks_of(plan: ReportPlan, folder: Path) -> list[Task]:
    """What a report measures, in the order of the page; checks its files first.

    Args:
        plan: the report.
        folder: where trials of the sensitivity are kept.

    Raises:
        InputError: a file is missing, broken, or not made from this model; or the data set is not
            one.
    """
    model = _model(plan.model)
    artifacts = [_artifact(path, model.card) for path in plan.artifacts]
    files: list[_File | None] = [*artifacts] or [None]  # a section without files says so
    clips = open_dataset(plan.data, folds=plan.folds, limit=plan.limit) if plan.data else None
    return [
        *(_card(each) for each in (model, *artifacts)),
        _architecture(model),
        _accuracy(plan, model, clips),
        *(task(plan, model, each, clips) for task in (_parity, _benchmark) for each in files),
        _sensitivity(plan, model, folder),
    ]


def _model(path: Path) -> _File:
    if kind_of(path) not in {"checkpoint", ""}:
        raise ModelFileError(
            f"{path} is an exported file",
            fix=f"Give the checkpoint that it was made from, and --artifact {path}.",
        )
    return _File(path=path, card=card_of(load_checkpoint(path)), sha256=sha256_of(path))


def _artifact(path: Path, reference: ModelCard) -> _File:
    card = read_model_card(path)
    check_same_kind(card, reference)
    bound_of(card)
    return _File(path=path, card=card, sha256=sha256_of(path))


def _card(file: _File) -> Task:
    def figures(told: Told) -> Figures:
        del told
        return card_figures(file.card, file.path, kind_of(file.path), file.sha256)

    return Task(
        section="card",
        file=str(file.path),
        command=commands.info(file.path),
        subject=subject("card", file.sha256),
        measure=figures,
    )


def _architecture(model: _File) -> Task:
    def figures(told: Told) -> Figures:
        del told
        return describe_checkpoint(model.path)

    return Task(
        section="architecture",
        file=str(model.path),
        command=commands.info(model.path),
        subject=subject("architecture", model.sha256),
        measure=figures,
    )


def _accuracy(plan: ReportPlan, model: _File, clips: ClipSet | None) -> Task:
    threads = plan.benchmark.threads

    def figures(told: Told) -> Figures:
        assert clips is not None
        hop_s = _hop_s(plan, model.card)
        with TorchSession(model.path, threads=threads) as session:
            result = evaluate(session, clips, hop_s=hop_s, progress=_telling(told))
        return accuracy_figures(result, clips, model.card, hop_s)

    return Task(
        section="accuracy",
        file=str(model.path),
        command=commands.evaluate(plan),
        subject=subject("accuracy", model.sha256, **listing(clips, plan.hop_s)),
        measure=figures if clips else None,
        needs=_NEEDS_DATA,
    )


def _parity(plan: ReportPlan, model: _File, artifact: _File | None, clips: ClipSet | None) -> Task:
    def figures(told: Told) -> Figures:
        assert artifact is not None
        assert clips is not None
        report = compare_file(
            artifact.path,
            model.path,
            clips,
            hop_s=plan.hop_s,
            threads=plan.benchmark.threads,
            progress=_telling(told),
        )
        bound = bound_of(artifact.card)
        hop_s = _hop_s(plan, artifact.card)
        return parity_figures(report, bound, drift_of(report, bound), clips, hop_s)

    return Task(
        section="parity",
        file=_named(artifact),
        command=commands.parity(plan, _path(artifact)),
        subject=subject(
            "parity", _sha256(artifact), reference=model.sha256, **listing(clips, plan.hop_s)
        ),
        measure=figures if artifact and clips else None,
        needs=_NEEDS_DATA if artifact else _NEEDS_FILE,
    )


def _benchmark(
    plan: ReportPlan, model: _File, artifact: _File | None, clips: ClipSet | None
) -> Task:
    del model, clips

    def figures(told: Told) -> Figures:
        assert artifact is not None
        return benchmark_figures(measure(artifact.path, plan.benchmark, progress=told))

    settings = {name: getattr(plan.benchmark, name) for name in ("rounds", "seconds", "threads")}
    return Task(
        section="benchmark",
        file=_named(artifact),
        command=commands.benchmark(plan, _path(artifact)),
        subject=subject("benchmark", _sha256(artifact), **settings, machine=machine()),
        measure=figures if artifact else None,
        needs=_NEEDS_FILE,
    )


def _sensitivity(plan: ReportPlan, model: _File, folder: Path) -> Task:
    limit = plan.limit or RANKED_CLIPS
    clips = open_dataset(plan.data, folds=plan.folds, limit=limit) if plan.data else None
    measured = None if clips is None else _ranking(plan, model, clips, folder)
    listed: dict[str, Any] = {
        **listing(clips, plan.hop_s),
        "calibration": [str(path) for path in plan.calibration],
    }
    if plan.ranking is not None:
        saved = read_ranking(plan.ranking, layer_weights(load_checkpoint(plan.model).model))
        measured, listed = (lambda _: saved), {"ranking": dict(saved)}
    return Task(
        section="sensitivity",
        file=str(model.path),
        command=commands.sensitivity(plan, limit),
        subject=subject(
            "sensitivity", model.sha256, target=plan.target, quantize=plan.quantize, **listed
        ),
        measure=measured,
        needs=_NEEDS_DATA if clips is None else "It exports the model once a layer.",
    )


def _ranking(
    plan: ReportPlan, model: _File, clips: ClipSet, folder: Path
) -> Callable[[Told], Figures]:
    def figures(told: Told) -> Figures:
        trials = prepare(
            load_checkpoint(model.path),
            recipe_for(plan.target, plan.quantize),
            sampler="auto",
            calibration=plan.calibration,
            clip_set=clips,
            cache=folder / "sensitivity-trials.json",
            subject={"sha256": model.sha256},
        )
        return sensitivity_figures(trials.rank(_telling(told)), clips)

    return figures


def _hop_s(plan: ReportPlan, card: ModelCard) -> float:
    return card.hop_s if plan.hop_s is None else plan.hop_s


def _named(artifact: _File | None) -> str:
    return str(artifact.path) if artifact else "an exported file"


def _path(artifact: _File | None) -> Path | None:
    return artifact.path if artifact else None


def _sha256(artifact: _File | None) -> str:
    return artifact.sha256 if artifact else ""


def _telling(told: Told) -> Callable[[Sequence[Item]], Iterable[Item]]:
    """Wraps a loop, so that the share of its turns that is done is told."""

    def wrapped(items: Sequence[Item]) -> Iterator[Item]:
        for done, item in enumerate(items, start=1):
            yield item
            told(done / len(items))

    return wrapped
