"""Which layers quantization costs most, and the fewest of them to leave float."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datar_edge.data.dataset import ClipSet
from datar_edge.errors import VerificationError
from datar_edge.export.sampler_choice import choose_forms
from datar_edge.export.target import load_target
from datar_edge.export.verify import Parity, ParityMeter
from datar_edge.models import Checkpoint
from datar_edge.models.session import TorchSession, card_of
from datar_edge.quantize.calibration import calibration_of
from datar_edge.quantize.recipe import Recipe
from datar_edge.report.layers import loudest_windows
from datar_edge.report.mix import Mix, MixBound
from datar_edge.report.probe_runners import open_probe
from datar_edge.report.quantizable_layers import layer_weights
from datar_edge.report.sensitivity_cache import SensitivityCache
from datar_edge.report.trial_files import TrialFiles
from datar_edge.runtime.open import kind_of

Scores = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerCost:
    """What quantizing one layer alone costs.

    Attributes:
        layer: path of its module in `WaveformModel`.
        weights: elements of its weights.
        parity: with all other layers float.
    """

    layer: str
    weights: int
    parity: Parity


class Sensitivity:
    """Trials of one model, target and recipe on the same windows.

    Args:
        checkpoint: the model.
        recipe: the quantization; its own float layers stay in every mix.
        files: makes the files that are tried.
        windows: float32 `[1, window_samples]` each; not those of the calibration.
        cache: what was measured before.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        recipe: Recipe,
        *,
        files: TrialFiles,
        windows: Sequence[NDArray[np.float32]],
        cache: SensitivityCache,
    ) -> None:
        self.recipe = recipe
        self.weights = layer_weights(checkpoint.model)
        self._files = files
        self._windows = windows
        self._cache = cache
        with TorchSession(checkpoint) as reference:
            self._expected: list[Scores] = [reference.run(window) for window in windows]

    def rank(
        self, progress: Callable[[Sequence[str]], Iterable[str]] = iter
    ) -> tuple[LayerCost, ...]:
        """Quantizes each layer alone, the others float; costliest first.

        Args:
            progress: wraps the layers in a progress bar.
        """
        layers = tuple(self.weights)
        costs = [
            LayerCost(
                layer=layer,
                weights=self.weights[layer],
                parity=self._parity(tuple(each for each in layers if each != layer)),
            )
            for layer in progress(layers)
        ]
        return tuple(sorted(costs, key=lambda cost: cost.parity.sqnr_db))

    def pick(
        self,
        ranking: Sequence[LayerCost],
        bound: MixBound,
        *,
        tried: Callable[[Mix], None] = lambda _: None,
    ) -> Mix:
        """The fewest of the costliest layers to leave float so that the bound holds.

        Their number is doubled until it does, then halved in.

        Args:
            ranking: of `rank`.
            bound: what the mix has to hold.
            tried: told of every mix.

        Raises:
            VerificationError: it does not with all layers but one float.
        """
        costly = [each.layer for each in ranking if each.layer not in self.recipe.float_layers]

        def holds(count: int) -> Mix | None:
            mix = self._mix((*self.recipe.float_layers, *costly[:count]))
            tried(mix)
            return mix if bound.holds(mix.parity) else None

        best = holds(0)
        low, high, most = 0, 1, len(costly) - 1  # with all of them float nothing is quantized
        while best is None and low < most:
            high = min(high, most)
            best = holds(high)
            if best is None:
                low, high = high, high * 2
        if best is None:
            raise VerificationError(
                f"no mix holds the bound, not even with {most} of {len(costly)} layers float",
                fix="Ask for less with --min-agreement or --min-sqnr-db.",
            )
        high = len(best.float_layers) - len(self.recipe.float_layers)
        while high - low > 1:
            middle = (low + high) // 2
            mix = holds(middle)
            best, low, high = (best, middle, high) if mix is None else (mix, low, middle)
        return best

    def _mix(self, float_layers: tuple[str, ...]) -> Mix:
        total = sum(self.weights.values())
        floats = sum(count for layer, count in self.weights.items() if layer in float_layers)
        return Mix(
            float_layers=float_layers,
            parity=self._parity(float_layers),
            float_share=floats / total,
        )

    def _parity(self, float_layers: tuple[str, ...]) -> Parity:
        known = self._cache.get(float_layers)
        if known is not None:
            return known
        content = self._files.content(dataclasses.replace(self.recipe, float_layers=float_layers))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"trial{load_target(self.recipe.target).suffix}"
            path.write_bytes(content)
            run = open_probe(kind_of(path), path)
            meter = ParityMeter()
            for window, expected in zip(self._windows, self._expected, strict=True):
                scores = [scores.reshape(-1) for scores in run(window)]
                meter.add(dict(zip(expected, scores, strict=True)), expected)
        self._cache.put(float_layers, meter.parity)
        return meter.parity


def prepare(
    checkpoint: Checkpoint,
    recipe: Recipe,
    *,
    sampler: str,
    calibration: Sequence[Path],
    clip_set: ClipSet,
    cache: Path,
    subject: Mapping[str, Any],
) -> Sensitivity:
    """Trials of a model on the loudest window of each clip.

    Args:
        checkpoint: the model.
        recipe: the quantization.
        sampler: form of φ, or "auto".
        calibration: recordings; the package's own where empty.
        clip_set: what the trials are compared on.
        cache: the file that keeps what was measured.
        subject: what tells this model from others.

    Raises:
        AudioError: a recording of the calibration cannot be read.
        ConfigError: there is no such form of φ.
        DataError: no clip can be read.
    """
    card = card_of(checkpoint)
    forms = choose_forms(checkpoint.model, sampler, recipe.target)
    windows = loudest_windows(clip_set, card, len(clip_set.clips))
    measured = {
        **subject,
        "recipe": dataclasses.asdict(dataclasses.replace(recipe, float_layers=())),
        "sampler": dict(forms.forms),
        "calibration": [str(path) for path in calibration],
        "clips": [str(clip.path) for clip in clip_set.clips],
        "version": importlib.metadata.version("datar-edge"),
    }
    return Sensitivity(
        checkpoint,
        recipe,
        files=TrialFiles(
            checkpoint,
            recipe.target,
            sampler=forms,
            calibration=calibration_of(calibration, card) if recipe.calibrated else [],
        ),
        windows=windows,
        cache=SensitivityCache(cache, measured),
    )
