"""ModelCard: all that a runtime needs to use a model file, carried inside that file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from datar_edge.config import FbankConfig, fbank_from_dict
from datar_edge.errors import CardError, ConfigError, LabelError

CARD_VERSION = 1
DEFAULT_THRESHOLD = 0.5
"""Score from which a tag counts as an event, where nobody chose another."""

CARD_FILE_NAME = "datar_edge_card.json"
"""Name of the card where a format carries associated files (TFLite)."""

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("preset", "quantize", "sampler", "content_sha256"), str),
    **dict.fromkeys(("hop_s", "threshold"), (int, float)),
    **dict.fromkeys(("parameters", "macs"), int),
    **dict.fromkeys(("heads", "fbank", "provenance", "parity"), dict),
}
"""What JSON must hold in the fields that nothing else checks the type of."""

InputKind = Literal["waveform", "features"]
Activation = Literal["softmax", "sigmoid"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """What a model file says of itself.

    Attributes:
        preset: name of the model's configuration.
        heads: labels by head, in the order of the head's scores. The outputs of the file are one
            float32 tensor `[1, labels]` a head, in this order.
        activation: what turned logits into the scores the file gives.
        input_kind: "waveform" is float32 `[1, window_samples]` in [-1, 1]; "features" is
            float32 `[1, frames_in_window, num_mel_bins]`, log-mel before normalisation.
        fbank: the front-end, inside the graph for a waveform.
        hop_s: distance between windows that the model's figures were measured with.
        threshold: score from which a tag counts as an event, by default.
        quantize: quantization recipe, "none" for float32.
        sampler: form of the bilinear sampler in the graph.
        parameters: parameters of the model.
        macs: multiply-accumulates of one window, front-end left out; 0 when not counted.
        provenance: data set, licence, attribution, checkpoint hash, versions; free text by key.
        parity: figures of the comparison with the float model made at export, by name.
        content_sha256: hash of the file, as `datar_edge.runtime.seal` takes it; "" where the file
            does not tell whether it is whole.
    """

    preset: str
    heads: Mapping[str, tuple[str, ...]]
    activation: Activation = "softmax"
    input_kind: InputKind = "waveform"
    fbank: FbankConfig
    hop_s: float = 1.0
    threshold: float = DEFAULT_THRESHOLD
    quantize: str = "none"
    sampler: str = "native"
    parameters: int = 0
    macs: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict)
    parity: Mapping[str, float] = field(default_factory=dict)
    content_sha256: str = ""

    def __post_init__(self) -> None:
        if not self.heads:
            raise CardError("the card has no heads", fix="Give at least one head with labels.")
        for head, labels in self.heads.items():
            if not labels or len(set(labels)) != len(labels):
                raise CardError(
                    f"head {head!r} of the card has no labels or has one twice: {list(labels)}"
                )
        if self.activation not in get_args(Activation):
            raise CardError(f"the card's activation is {self.activation!r}")
        if self.input_kind not in get_args(InputKind):
            raise CardError(f"the card's input_kind is {self.input_kind!r}")
        if not 0.0 < self.hop_s <= 3_600.0:
            raise CardError(f"the card's hop_s is {self.hop_s!r}")
        if not 0.0 <= self.threshold <= 1.0:
            raise CardError(f"the card's threshold is {self.threshold!r}")

    @property
    def sample_rate_hz(self) -> int:
        """Rate of the waveform that the model expects."""
        return self.fbank.sample_rate_hz

    @property
    def window_samples(self) -> int:
        """Samples of one window."""
        return self.fbank.window_samples

    @property
    def window_s(self) -> float:
        """Seconds of one window."""
        return self.fbank.window_s

    @property
    def main_head(self) -> str:
        """Name of the first head."""
        return next(iter(self.heads))

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the first head."""
        return self.heads[self.main_head]

    def index_of(self, label: str, head: str | None = None) -> int:
        """Position of a label, letter case aside.

        Raises:
            LabelError: the head has no such label.
        """
        labels = self.heads[head or self.main_head]
        for index, name in enumerate(labels):
            if name.casefold() == label.casefold():
                return index
        raise LabelError(label, labels)

    def to_json(self) -> str:
        """The card as one JSON document."""
        data = dataclasses.asdict(self)
        return json.dumps({"card_version": CARD_VERSION, **data}, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> ModelCard:
        """Reads a card written by `to_json`.

        Raises:
            CardError: not JSON, of another version, or a field is missing or wrong.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CardError(f"the model's card is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise CardError("the model's card is not a JSON object")
        version = data.pop("card_version", None)
        if version != CARD_VERSION:
            raise CardError(
                f"the model's card has version {version!r}, this release reads {CARD_VERSION}",
                fix="Export the model again, or install the datar-edge that wrote it.",
            )
        return cls._from_fields(data)

    @classmethod
    def _from_fields(cls, data: dict[str, Any]) -> ModelCard:
        unknown = sorted(set(data) - {f.name for f in dataclasses.fields(cls)})
        if unknown:
            raise CardError(f"the model's card has the unknown field {unknown[0]!r}")
        for name, kind in _KINDS.items():
            if name in data and not isinstance(data[name], kind):
                raise CardError(f"the card's {name} is {data[name]!r}")
        try:
            data["fbank"] = fbank_from_dict(data["fbank"])
            data["heads"] = {str(h): tuple(map(str, ls)) for h, ls in data["heads"].items()}
            return cls(**data)
        except (
            KeyError,
            TypeError,
            AttributeError,
            ValueError,  # a number that is none, as Python's JSON reads NaN
            OverflowError,
            ConfigError,
        ) as error:
            raise CardError(f"the model's card lacks or garbles a field: {error}") from error
