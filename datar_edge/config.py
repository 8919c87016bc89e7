"""Frozen configurations, checked when made, and the presets that ship by name.

Nothing here imports torch: a runtime reads front-end parameters from a model card with these.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

from datar_edge.errors import ConfigError

AttentionKind = Literal["local", "shifted", "deformable"]
StemKind = Literal["patch", "conv"]
AdaptorKind = Literal["learned", "gaussian", "laplacian", "none"]
SamplerForm = Literal["native", "gather", "dense", "stencil", "banded"]
ReferencePoints = Literal["corner", "centre"]

_Config = TypeVar("_Config")


def _require(condition: bool, name: str, value: object, allowed: str) -> None:
    if not condition:
        raise ConfigError(f"{name} is {value!r}", fix=f"Allowed: {allowed}.")


def _require_choice(name: str, value: object, choices: object) -> None:
    names = get_args(choices)
    _require(value in names, name, value, ", ".join(names))


@dataclass(frozen=True, kw_only=True, slots=True)
class FbankConfig:
    """Parameters of the log-mel front-end: Kaldi's fbank with a Hann window, as AST uses it.

    Attributes:
        sample_rate_hz: rate of the waveform.
        num_mel_bins: triangular mel filters.
        window_s: length of one input window in seconds.
        num_frames: frames the model sees. The frames that fit in the window come first; the
            rest are the training mean (zero after normalisation), as AST pads 998 to 1,024.
        frame_length_ms: length of one frame.
        frame_shift_ms: distance between frames.
        low_freq_hz: lower edge of the first filter.
        high_freq_hz: upper edge of the last filter; 0 is half the sample rate.
        preemphasis: coefficient of the first difference, 0 for none.
    """

    sample_rate_hz: int = 16_000
    num_mel_bins: int = 128
    window_s: float = 10.0
    num_frames: int = 1_024
    frame_length_ms: float = 25.0
    frame_shift_ms: float = 10.0
    low_freq_hz: float = 20.0
    high_freq_hz: float = 0.0
    preemphasis: float = 0.97

    def __post_init__(self) -> None:
        rate = self.sample_rate_hz
        _require(4_000 <= rate <= 192_000, "sample_rate_hz", rate, "4000 to 192000")
        _require(self.num_mel_bins >= 1, "num_mel_bins", self.num_mel_bins, "1 or more")
        _require(self.frame_shift_samples >= 1, "frame_shift_ms", self.frame_shift_ms, "above 0")
        _require(
            self.frame_length_samples >= 2, "frame_length_ms", self.frame_length_ms, "2 samples up"
        )
        _require(
            self.window_samples >= self.frame_length_samples,
            "window_s",
            self.window_s,
            f"at least one frame, {self.frame_length_ms} ms",
        )
        _require(
            self.num_frames >= self.frames_in_window,
            "num_frames",
            self.num_frames,
            f"at least the {self.frames_in_window} frames of a window of {self.window_s} s",
        )
        _require(0.0 <= self.preemphasis < 1.0, "preemphasis", self.preemphasis, "0 to below 1")
        _require(
            0.0 <= self.low_freq_hz < self.upper_freq_hz <= rate / 2,
            "low_freq_hz, high_freq_hz",
            (self.low_freq_hz, self.high_freq_hz),
            f"0 <= low < high <= {rate / 2:g} (half the sample rate)",
        )

    @property
    def window_samples(self) -> int:
        """Samples of one input window."""
        return round(self.window_s * self.sample_rate_hz)

    @property
    def frame_length_samples(self) -> int:
        """Samples of one frame; Kaldi rounds down."""
        return int(self.sample_rate_hz * self.frame_length_ms * 0.001)

    @property
    def frame_shift_samples(self) -> int:
        """Samples between frames; Kaldi rounds down."""
        return int(self.sample_rate_hz * self.frame_shift_ms * 0.001)

    @property
    def n_fft(self) -> int:
        """The next power of two: Kaldi zero-pads a frame to it."""
        return 1 << (self.frame_length_samples - 1).bit_length()

    @property
    def frames_in_window(self) -> int:
        """Whole frames that fit in one window (Kaldi's snip_edges)."""
        return 1 + (self.window_samples - self.frame_length_samples) // self.frame_shift_samples

    @property
    def upper_freq_hz(self) -> float:
        """Upper edge of the last filter, with 0 resolved."""
        return self.high_freq_hz or self.sample_rate_hz / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class AdaptorConfig:
    """The input adaptor of Eq. (5), or what Table 4 puts in its place.

    Attributes:
        kind: "learned" adds λ·conv(x); "gaussian" and "laplacian" add noise of that scale while
            training; "none" adds nothing.
        scale: λ of the learned adaptor, or the scale of the noise.
        kernel_size: odd size of the learned convolution (mels, frames).
    """

    kind: AdaptorKind = "learned"
    scale: float = 0.005
    kernel_size: int = 3

    def __post_init__(self) -> None:
        _require_choice("adaptor.kind", self.kind, AdaptorKind)
        _require(0.0 <= self.scale <= 10.0, "adaptor.scale", self.scale, "0 to 10")
        _require(self.kernel_size % 2 == 1, "adaptor.kernel_size", self.kernel_size, "odd")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeformableConfig:
    """The offset generator and the sampling of one stage's deformable attention.

    Attributes:
        groups: offset groups; each moves its own share of the channels and heads.
        stride: r of the paper, the reference grid is 1/r of the map in each direction.
        kernel_size: odd size of the depth-wise convolution of the offset generator.
        offset_range_px: s of the paper in pixels of the map; offsets are s·tanh(·).
        offset_norm: LayerNorm between convolution and GELU, as DAT's released code has it.
        reference: "corner" puts reference points on pixels as the paper says; "centre" puts
            them half a reference cell further, as DAT's released code does.
    """

    groups: int = 1
    stride: int = 1
    kernel_size: int = 5
    offset_range_px: float = 2.0
    offset_norm: bool = False
    reference: ReferencePoints = "corner"

    def __post_init__(self) -> None:
        _require(self.groups >= 1, "deformable.groups", self.groups, "1 or more")
        _require(self.stride >= 1, "deformable.stride", self.stride, "1 or more")
        _require(self.kernel_size % 2 == 1, "deformable.kernel_size", self.kernel_size, "odd")
        _require(
            0.0 < self.offset_range_px <= 64.0,
            "deformable.offset_range_px",
            self.offset_range_px,
            "above 0, up to 64",
        )
        _require_choice("deformable.reference", self.reference, ReferencePoints)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageConfig:
    """One stage of the pyramid.

    Attributes:
        embed_dim: channels.
        num_heads: attention heads.
        blocks: attention of each block, in order.
        window: height and width of an attention window in tokens; cut to the map where smaller.
        deformable: parameters of the deformable blocks.
    """

    embed_dim: int
    num_heads: int
    blocks: tuple[AttentionKind, ...]
    window: tuple[int, int] = (4, 8)
    deformable: DeformableConfig = field(default_factory=DeformableConfig)

    def __post_init__(self) -> None:
        _require(len(self.blocks) >= 1, "blocks", self.blocks, "at least one block")
        for kind in self.blocks:
            _require_choice("blocks", kind, AttentionKind)
        _require(
            self.num_heads >= 1 and self.embed_dim % self.num_heads == 0,
            "num_heads",
            self.num_heads,
            f"a divisor of embed_dim ({self.embed_dim})",
        )
        _require(
            self.num_heads % self.deformable.groups == 0,
            "deformable.groups",
            self.deformable.groups,
            f"a divisor of num_heads ({self.num_heads})",
        )
        _require(min(self.window) >= 1, "window", self.window, "1 or more in each direction")


@dataclass(frozen=True, kw_only=True, slots=True)
class DatarConfig:
    """The whole model but its heads, which come from the data.

    Attributes:
        preset: the name this configuration is known by.
        fbank: the front-end.
        adaptor: the input adaptor.
        stem: "patch" is one 4x4 convolution of stride 4 and 2x2 down-sampling between stages, as
            in the paper; "conv" is two 3x3 convolutions of stride 2 and 3x3 down-sampling, which
            learns far more from few clips.
        local_unit: a residual 3x3 depth-wise convolution before each attention.
        stages: the pyramid, shallow to deep.
        mlp_ratio: width of the MLP over that of its block.
        drop_path: stochastic depth of the last block; it grows linearly from 0.
        dropout: before the heads.
    """

    preset: str
    fbank: FbankConfig
    adaptor: AdaptorConfig = field(default_factory=AdaptorConfig)
    stem: StemKind = "patch"
    local_unit: bool = False
    stages: tuple[StageConfig, ...]
    mlp_ratio: float = 4.0
    drop_path: float = 0.1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _require_choice("stem", self.stem, StemKind)
        _require(len(self.stages) >= 1, "stages", len(self.stages), "1 or more")
        step = 4 * 2 ** (len(self.stages) - 1)
        for name in ("num_mel_bins", "num_frames"):
            size = getattr(self.fbank, name)
            _require(size % step == 0, f"fbank.{name}", size, f"a multiple of {step}")
        for index in range(len(self.stages)):
            self._check_windows(index)
        for name in ("drop_path", "dropout"):
            value = getattr(self, name)
            _require(0.0 <= value < 1.0, name, value, "0 to below 1")
        _require(self.mlp_ratio > 0, "mlp_ratio", self.mlp_ratio, "above 0")

    def _check_windows(self, index: int) -> None:
        height, width = self.map_size(index)
        window_height, window_width = self.stages[index].window
        _require(
            height % min(window_height, height) == 0 and width % min(window_width, width) == 0,
            f"stages[{index}].window",
            self.stages[index].window,
            f"one that tiles the stage's map of {height}x{width} tokens",
        )

    def map_size(self, index: int) -> tuple[int, int]:
        """Height (mels) and width (time) of stage `index`'s feature map in tokens."""
        step = 4 * 2**index
        return self.fbank.num_mel_bins // step, self.fbank.num_frames // step

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; `config_from_dict` reads it back."""
        return {"architecture": "datar", **dataclasses.asdict(self)}


@dataclass(frozen=True, kw_only=True, slots=True)
class AstConfig:
    """The audio spectrogram transformer (Gong et al., 2021), the paper's baseline.

    Attributes:
        preset: the name this configuration is known by.
        fbank: the front-end.
        embed_dim: channels.
        num_heads: attention heads.
        depth: blocks.
        patch_size: side of a square patch, in mels and frames.
        patch_stride: distance between patches; below `patch_size` they overlap.
        mlp_ratio: width of the MLP over that of its block.
        drop_path: stochastic depth of the last block; it grows linearly from 0.
        dropout: before the heads.
    """

    preset: str
    fbank: FbankConfig
    embed_dim: int = 768
    num_heads: int = 12
    depth: int = 12
    patch_size: int = 16
    patch_stride: int = 10
    mlp_ratio: float = 4.0
    drop_path: float = 0.1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        _require(self.depth >= 1, "depth", self.depth, "1 or more")
        _require(
            self.num_heads >= 1 and self.embed_dim % self.num_heads == 0,
            "num_heads",
            self.num_heads,
            f"a divisor of embed_dim ({self.embed_dim})",
        )
        smaller = min(self.fbank.num_mel_bins, self.fbank.num_frames)
        _require(
            1 <= self.patch_size <= smaller,
            "patch_size",
            self.patch_size,
            f"1 to the smaller side of the input ({smaller})",
        )
        _require(
            1 <= self.patch_stride <= self.patch_size,
            "patch_stride",
            self.patch_stride,
            f"1 to patch_size ({self.patch_size})",
        )
        for name in ("drop_path", "dropout"):
            value = getattr(self, name)
            _require(0.0 <= value < 1.0, name, value, "0 to below 1")
        _require(self.mlp_ratio > 0, "mlp_ratio", self.mlp_ratio, "above 0")

    @property
    def grid(self) -> tuple[int, int]:
        """Patches along mels and along frames."""
        return tuple(  # type: ignore[return-value]
            (size - self.patch_size) // self.patch_stride + 1
            for size in (self.fbank.num_mel_bins, self.fbank.num_frames)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON; `config_from_dict` reads it back."""
        return {"architecture": "ast", **dataclasses.asdict(self)}


ModelConfig = DatarConfig | AstConfig
"""What describes a whole model but its heads."""


def _build(cls: type[_Config], data: Mapping[str, Any], where: str) -> _Config:
    if not isinstance(data, Mapping):
        raise ConfigError(f"{where} is {type(data).__name__}", fix="Allowed: a table of fields.")
    known = {f.name for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(data) - known)
    if unknown:
        raise ConfigError(
            f"{where} has the unknown field {unknown[0]!r}",
            fix=f"Allowed: {', '.join(sorted(known))}.",
        )
    try:
        return cls(**data)
    except TypeError as error:
        raise ConfigError(f"{where} cannot be read: {error}") from error


def fbank_from_dict(data: Mapping[str, Any]) -> FbankConfig:
    """Reads a front-end configuration from plain data.

    Raises:
        ConfigError: a field is unknown, missing or out of its range.
    """
    return _build(FbankConfig, data, "fbank")


def config_from_dict(data: Mapping[str, Any]) -> ModelConfig:
    """Reads a model configuration from plain data, as its `to_dict` writes it.

    Raises:
        ConfigError: a field is unknown, missing or out of its range, or no such architecture.
    """
    fields = dict(data)
    # Checkpoints written before there was a second architecture name none.
    architecture = fields.pop("architecture", "datar")
    _require(architecture in _READERS, "architecture", architecture, ", ".join(_READERS))
    try:
        fields["fbank"] = fbank_from_dict(fields["fbank"])
        return _READERS[architecture](fields)
    except (KeyError, TypeError) as error:
        raise ConfigError(f"the configuration lacks or garbles {error}") from error


def _ast_from_fields(fields: dict[str, Any]) -> AstConfig:
    return _build(AstConfig, fields, "configuration")


def _datar_from_fields(fields: dict[str, Any]) -> DatarConfig:
    fields["adaptor"] = _build(AdaptorConfig, fields["adaptor"], "adaptor")
    stages = []
    for index, stage in enumerate(fields["stages"]):
        values = dict(stage)
        values["blocks"] = tuple(values["blocks"])
        values["window"] = tuple(values["window"])
        values["deformable"] = _build(
            DeformableConfig, values["deformable"], f"stages[{index}].deformable"
        )
        stages.append(_build(StageConfig, values, f"stages[{index}]"))
    fields["stages"] = tuple(stages)
    return _build(DatarConfig, fields, "configuration")


_READERS: Mapping[str, Callable[[dict[str, Any]], ModelConfig]] = {
    "datar": _datar_from_fields,
    "ast": _ast_from_fields,
}
