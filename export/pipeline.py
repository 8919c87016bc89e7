"""From a checkpoint to a file on disk: convert, write beside, verify, rename."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datar_edge.bundled import verification_sounds
from datar_edge.card import ModelCard
from datar_edge.config import SamplerForm
from datar_edge.errors import ConfigError
from datar_edge.export.proof import check_types, promised_weights
from datar_edge.export.sampler_choice import apply_forms, choose_forms
from datar_edge.export.target import Delegation, TensorTypes, load_target
from datar_edge.export.verify import (
    BOUNDS,
    Parity,
    check_edges,
    check_parity,
    compare,
    edge_windows,
    recording_windows,
)
from datar_edge.half_written import half_written
from datar_edge.models import Checkpoint, WaveformModel
from datar_edge.models.deformable_attention import set_sampler
from datar_edge.models.session import TorchSession, card_of
from datar_edge.quantize.calibration import calibration_of
from datar_edge.quantize.recipe import Recipe
from datar_edge.quantize.recipes import recipe_for
from datar_edge.runtime import open_session, read_model_card
from datar_edge.runtime.seal import sealed


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file that was written and verified.

    Attributes:
        artifact: the file.
        target: its format.
        quantize: its quantization.
        sampler: form of φ in its graph; several joined by "+".
        samplers: the same by deformable layer.
        notes: layers that the form asked for does not apply to, with what they got.
        size_bytes: of the file.
        delegation: what the runtime's delegate takes of it.
        types: of weights and activations, read back from it.
        parity: how near it is to the float model.
    """

    artifact: Path
    target: str
    quantize: str
    sampler: str
    samplers: Mapping[str, SamplerForm]
    notes: tuple[str, ...]
    size_bytes: int
    delegation: Delegation
    types: TensorTypes
    parity: Parity


def export(
    checkpoint: Checkpoint,
    *,
    target: str = "tflite",
    quantize: str = "none",
    recipe: Recipe | None = None,
    sampler: str = "auto",
    output: Path,
    recordings: Sequence[Path] = (),
    calibration: Sequence[Path] = (),
    allow_drift: bool = False,
    source: Path | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> Exported:
    """Writes a model for one runtime, and keeps it only if it computes what the model computes.

    Args:
        checkpoint: the model.
        target: a name of `datar_edge.export.target.TARGETS`.
        quantize: none, fp16, int8-dynamic or int8.
        recipe: a recipe of one's own instead of the one `quantize` names for the target.
        sampler: form of φ, or "auto" for the target's fastest.
        output: the file to write; replaced where it exists.
        recordings: sound to verify on; the package's own recordings where empty.
        calibration: sound to calibrate on; the package's own recordings where empty.
        allow_drift: keep a file that is further from the model than its bound.
        source: the checkpoint's file, whose hash the card tells.
        step: told what is being done.

    Raises:
        ConfigError: no such target, quantization or form, or the output cannot be written.
        VerificationError: the file is not of the types that its recipe says, or differs from the
            model by more than `BOUNDS` allow; it is not kept.
        MissingExtraError: the target's packages are not installed.
    """
    runtime = load_target(target)
    chosen = recipe or recipe_for(target, quantize)
    forms = choose_forms(checkpoint.model, sampler, target)
    card = _card(checkpoint, forms.name, chosen, source)
    partial = output.with_name(f".{output.stem}.{os.getpid()}.part{runtime.suffix}")
    with half_written(partial), _native_again(checkpoint):
        _begin(partial, output)
        step("lowering the model")
        apply_forms(checkpoint.model, forms)
        graph = runtime.lower(
            WaveformModel(checkpoint.model).eval(),
            card.window_samples,
            recipe=chosen,
            calibration=calibration_of(calibration, card) if chosen.calibrated else (),
        )
        _write(partial, sealed(runtime.with_card, graph, card), output)
        step("reading back its types and what the delegate takes")
        types = runtime.tensor_types(partial)
        check_types(
            types, chosen, promised=promised_weights(WaveformModel(checkpoint.model), chosen)
        )
        delegation = runtime.delegation(partial)
        step("comparing with PyTorch on real sound")
        parity, edges = _compared(partial, checkpoint, recordings or verification_sounds())
        if not allow_drift:
            check_edges(edges, BOUNDS[chosen.quantize])
            check_parity(parity, BOUNDS[chosen.quantize])
        card = dataclasses.replace(card, parity=dataclasses.asdict(parity))
        _write(partial, sealed(runtime.with_card, graph, card), output)
        read_model_card(partial)  # the graph is the one that was compared; the card is new
        partial.replace(output)
    return Exported(
        artifact=output,
        target=target,
        quantize=card.quantize,
        sampler=card.sampler,
        samplers=forms.forms,
        notes=forms.notes,
        size_bytes=output.stat().st_size,
        delegation=delegation,
        types=types,
        parity=parity,
    )


@contextlib.contextmanager
def _native_again(checkpoint: Checkpoint) -> Iterator[None]:
    """Gives the model back with the definition of φ."""
    try:
        yield
    finally:
        set_sampler(checkpoint.model, "native")


def _begin(partial: Path, output: Path) -> None:
    """Finds out before the work whether there is a place to write to."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(output, error) from error
    _write(partial, b"", output)


def _write(partial: Path, content: bytes, output: Path) -> None:
    try:
        partial.write_bytes(content)
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"{output} cannot be written: {error.strerror}",
        fix="Check the folder and its free space.",
    )


def _card(checkpoint: Checkpoint, sampler: str, recipe: Recipe, source: Path | None) -> ModelCard:
    card = card_of(checkpoint)
    versions = {
        f"exported_with_{name.replace('-', '_')}": importlib.metadata.version(name)
        for name in ("datar-edge", "torch")
    }
    provenance = {**card.provenance, **versions, "quantization_recipe": recipe.name}
    if source is not None:
        provenance["checkpoint_sha256"] = hashlib.sha256(source.read_bytes()).hexdigest()
    return dataclasses.replace(
        card, sampler=sampler, quantize=recipe.quantize, provenance=provenance
    )


def _compared(
    path: Path, checkpoint: Checkpoint, recordings: Sequence[Path]
) -> tuple[Parity, Parity]:
    """The file against the definition, on recordings and on what is no sound."""
    set_sampler(checkpoint.model, "native")
    with open_session(path) as artifact, TorchSession(checkpoint) as reference:
        parity = compare(artifact, reference, recording_windows(recordings, artifact.card))
        edges = compare(artifact, reference, edge_windows(artifact.card))
    return parity, edges
