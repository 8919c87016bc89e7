"""From a checkpoint to a file on disk: convert, write beside, verify, rename."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import get_args

from datar_edge.bundled import verification_sounds
from datar_edge.card import ModelCard
from datar_edge.config import SamplerForm
from datar_edge.errors import ConfigError, VerificationError
from datar_edge.export.target import Delegation, Target, load_target
from datar_edge.export.verify import (
    MAX_SCORE_DIFF,
    Parity,
    compare,
    edge_windows,
    recording_windows,
)
from datar_edge.models import Checkpoint, WaveformModel
from datar_edge.models.session import TorchSession, card_of
from datar_edge.runtime import open_session, read_model_card


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file that was written and verified.

    Attributes:
        artifact: the file.
        target: its format.
        quantize: its quantization.
        sampler: form of φ in its graph.
        size_bytes: of the file.
        delegation: what the runtime's delegate takes of it.
        parity: how near it is to the float model.
    """

    artifact: Path
    target: str
    quantize: str
    sampler: SamplerForm
    size_bytes: int
    delegation: Delegation
    parity: Parity


def export(
    checkpoint: Checkpoint,
    *,
    target: str = "tflite",
    sampler: str = "auto",
    output: Path,
    recordings: Sequence[Path] = (),
    source: Path | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Writes a model for one runtime, and keeps it only if it computes what the model computes.

    Args:
        checkpoint: the model.
        target: a name of `datar_edge.export.target.TARGETS`.
        sampler: form of φ, or "auto" for the target's fastest.
        output: the file to write; replaced where it exists.
        recordings: sound to verify on; the package's own recordings where empty.
        source: the checkpoint's file, whose hash the card tells.
        step: told what is being done.

    Raises:
        ConfigError: no such target or form.
        VerificationError: the file differs from the model by more than `MAX_SCORE_DIFF`; it is
            not kept.
        MissingExtraError: the target's packages are not installed.
    """
    runtime = load_target(target)
    form = _sampler_form(sampler, runtime)
    card = _card(checkpoint, form, source)
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.stem}.{os.getpid()}.part{runtime.suffix}")
    try:
        step("lowering the model")
        checkpoint.model.set_sampler(form)
        graph = runtime.lower(WaveformModel(checkpoint.model).eval(), card.window_samples)
        partial.write_bytes(runtime.with_card(graph, card))
        step("comparing with PyTorch on real sound")
        parity = _verify(partial, checkpoint, recordings or verification_sounds())
        step("reading back what the delegate takes")
        delegation = runtime.delegation(partial)
        card = dataclasses.replace(card, parity=dataclasses.asdict(parity))
        partial.write_bytes(runtime.with_card(graph, card))
        read_model_card(partial)  # the graph is the one that was compared; the card is new
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
        checkpoint.model.set_sampler("native")
    return Exported(
        artifact=output,
        target=target,
        quantize=card.quantize,
        sampler=form,
        size_bytes=output.stat().st_size,
        delegation=delegation,
        parity=parity,
    )


def _sampler_form(name: str, runtime: Target) -> SamplerForm:
    if name == "auto":
        return runtime.sampler
    for form in get_args(SamplerForm):
        if form == name:
            return form  # type: ignore[no-any-return]
    raise ConfigError(
        f"unknown sampler form {name!r}", fix=f"Forms: auto, {', '.join(get_args(SamplerForm))}."
    )


def _card(checkpoint: Checkpoint, form: SamplerForm, source: Path | None) -> ModelCard:
    card = card_of(checkpoint)
    versions = {
        f"exported_with_{name.replace('-', '_')}": importlib.metadata.version(name)
        for name in ("datar-edge", "torch")
    }
    provenance = {**card.provenance, **versions}
    if source is not None:
        provenance["checkpoint_sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    return dataclasses.replace(card, sampler=form, provenance=provenance)


def _verify(path: Path, checkpoint: Checkpoint, recordings: Sequence[Path]) -> Parity:
    checkpoint.model.set_sampler("native")  # the definition
    with open_session(path) as artifact, TorchSession(checkpoint) as reference:
        card = artifact.card
        windows = chain(recording_windows(recordings, card), edge_windows(card))
        parity = compare(artifact, reference, windows)
    if parity.max_abs_score_diff > MAX_SCORE_DIFF or parity.top1_agreement < 1.0:
        raise VerificationError(
            f"the exported file differs from the model: largest difference of a score "
            f"{parity.max_abs_score_diff:.2e} (bound {MAX_SCORE_DIFF:.0e}), the same best label "
            f"in {parity.top1_agreement:.1%} of {parity.windows} windows; it was not kept"
        )
    return parity
