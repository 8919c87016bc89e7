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
        start: checkpoint that the weights start from, by its file's name; empty for random ones.
        data: the data set, as `--data` takes it.
        folds: folds to train on; empty for all that lies there.
        val_folds: folds to validate on; empty for none.
        epochs: passes over the training clips.
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
    epochs: int = 80
    batch_size: int = 32
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.98)
    weight_decay: float = 0.05
    warmup_epochs: int = 5
    layer_decay: float = 1.0
    dropout: float | None = None
    drop_path: float | None = None
    gradient_clip: float = 2.0
    ema_decay: float = 0.99
    label_smoothing: float = 0.1
    val_every: int = 10
    limit: int = 0
    seed: int = 1
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "val_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}", fix="Allowed: 1 or more.")
        if not 0.0 < self.learning_rate < 1.0:
            raise ConfigError(f"learning_rate is {self.learning_rate!r}", fix="Allowed: 0 to 1.")
        if not 0.0 < self.layer_decay <= 1.0:
            raise ConfigError(f"layer_decay is {self.layer_decay!r}", fix="Allowed: 0 to 1.")
        shared = sorted(set(self.folds) & set(self.val_folds), key=str)
        if shared:
            raise ConfigError(
                f"fold {shared[0]} is in folds and in val_folds",
                fix="Clips that are trained on tell nothing of accuracy; take it out of one.",
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
