"""What a training run is: data, recipe, length. Written into its folder as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

from datar_edge.config import ModelConfig
from datar_edge.data.augment import AugmentConfig
from datar_edge.data.dataset import Fold
from datar_edge.errors import ConfigError
from datar_edge.presets import preset as preset_named
from datar_edge.variants import varied


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """One run, checked when made.

    Attributes:
        preset: the model's configuration by name.
        variants: what is changed of it, see `datar_edge.variants`.
        start: checkpoint that the weights start from, by its file's name, or "bundled"; empty for
            random ones.
        data: the data set, as `--data` takes it.
        folds: folds to train on; empty for all that lies there.
        val_folds: folds to validate on; empty for none.
        negatives: folder of recordings that are none of the labels; empty for none.
        balanced: whether each label is drawn equally often, negatives as one label more.
        epochs: passes over the training clips.
        head_epochs: of these, the first so many train the heads alone; the rest of the network
            stays as it is, its statistics of batch-norm and its dropout too.
        min_steps: of an epoch, which goes through a small set several times.
        batch_size: examples a step.
        learning_rate: peak of AdamW's.
        betas: AdamW's.
        weight_decay: on matrices; biases, norms and position tables have none.
        warmup_epochs: linear rise before the cosine.
        layer_decay: factor on the learning rate from each layer to the one before it; 1 for the
            same rate everywhere.
        dropout: before the heads; None for the preset's.
        drop_path: of the last block; None for the preset's.
        gradient_clip: largest norm of the gradient.
        ema_decay: of the averaged weights, which are those that are kept, a step.
        label_smoothing: share of the target spread over all labels.
        val_every: epochs between validations; the last one always validates.
        limit: at most so many clips, 0 for all.
        seed: of everything random.
        augment: how examples are changed.
    """

    preset: str = "datar-micro"
    variants: tuple[str, ...] = ()
    start: str = ""
    data: str = ""
    folds: tuple[Fold, ...] = ()
    val_folds: tuple[Fold, ...] = ()
    negatives: str = ""
    balanced: bool = False
    epochs: int = 120
    head_epochs: int = 0
    min_steps: int = 1
    batch_size: int = 16
    learning_rate: float = 4e-4
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.05
    warmup_epochs: int = 5
    layer_decay: float = 1.0
    dropout: float | None = None
    drop_path: float | None = None
    gradient_clip: float = 2.0
    ema_decay: float = 0.995
    label_smoothing: float = 0.05
    val_every: int = 10
    limit: int = 0
    seed: int = 1
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "val_every", "min_steps"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}", fix="Allowed: 1 or more.")
        if not 0 <= self.head_epochs <= self.epochs:
            raise ConfigError(
                f"head_epochs is {self.head_epochs!r}",
                fix=f"Allowed: 0 to epochs, {self.epochs}; all of them train the heads alone.",
            )
        if self.head_epochs and not self.start:
            raise ConfigError(
                f"head_epochs is {self.head_epochs!r} in a run from random weights",
                fix="Only weights that have learnt something are worth keeping: name them by "
                "--from, or leave out --head-epochs.",
            )
        if not 0.0 < self.learning_rate < 1.0:
            raise ConfigError(f"learning_rate is {self.learning_rate!r}", fix="Allowed: 0 to 1.")
        self._check_optimizer()
        if not 0.0 < self.layer_decay <= 1.0:
            raise ConfigError(f"layer_decay is {self.layer_decay!r}", fix="Allowed: 0 to 1.")
        shared = sorted(set(self.folds) & set(self.val_folds), key=str)
        if shared:
            raise ConfigError(
                f"fold {shared[0]} is in folds and in val_folds",
                fix="Clips that are trained on tell nothing of accuracy; take it out of one.",
            )

    def _check_optimizer(self) -> None:
        for name in ("label_smoothing", "ema_decay", "weight_decay"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ConfigError(
                    f"{name} is {getattr(self, name)!r}", fix="Allowed: 0 to 1, without 1."
                )
        if not all(0.0 <= beta < 1.0 for beta in self.betas):
            raise ConfigError(f"betas is {self.betas!r}", fix="Allowed: 0 to 1, without 1.")
        if not self.gradient_clip > 0.0:
            raise ConfigError(f"gradient_clip is {self.gradient_clip!r}", fix="Allowed: above 0.")
        if self.warmup_epochs < 0:
            raise ConfigError(f"warmup_epochs is {self.warmup_epochs!r}", fix="Allowed: 0 or more.")

    @classmethod
    def fine_tuning(cls, *, start: str) -> TrainConfig:
        """The recipe for a small set from weights that know sound: heads first, then all.

        Args:
            start: the checkpoint, as in `start`.
        """
        return cls(
            start=start,
            balanced=True,
            epochs=20,
            head_epochs=5,
            min_steps=10,
            learning_rate=5e-4,
            warmup_epochs=2,
        )

    def model_config(self) -> ModelConfig:
        """The configuration of the model that is trained.

        Raises:
            ConfigError: there is no such preset or variant, or a value is out of its range.
        """
        config = varied(preset_named(self.preset), self.variants)
        for name in ("dropout", "drop_path"):
            value = getattr(self, name)
            if value is not None:
                config = dataclasses.replace(config, **{name: value})
        return config

    def to_json(self) -> str:
        """The run as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> TrainConfig:
        """Reads a run back.

        Raises:
            ConfigError: not JSON, or a field is unknown or out of its range.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            data["augment"] = AugmentConfig(**data["augment"])
            for name in ("folds", "val_folds", "betas", "variants"):
                data[name] = tuple(data.get(name, ()))
            return cls(**data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(f"the run's configuration is garbled: {error}") from error
