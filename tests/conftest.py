"""What tests of several folders share: a toy model in numpy, sound files, real clips."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from datar_edge.card import ModelCard
from datar_edge.closing import Closing
from datar_edge.config import DatarConfig, DeformableConfig, FbankConfig, StageConfig

REPOSITORY = Path(__file__).parents[1]
ESC10 = REPOSITORY.parent / "shared" / "esc10"

TOY_RATE_HZ = 8_000
TOY_WINDOW = 800
"""Samples of the toy model's window, 0.1 s."""


class ToySession(Closing):
    """Two labels whose scores are arithmetic on the samples, so that a test can foresee them.

    "loud" scores the largest sample, "low" one minus that.
    """

    def __init__(self, *, hop_s: float = 0.05, threshold: float = 0.5) -> None:
        self.card = ModelCard(
            preset="toy",
            heads={"level": ("loud", "low"), "sign": ("up", "down", "flat")},
            activation="sigmoid",
            fbank=FbankConfig(
                sample_rate_hz=TOY_RATE_HZ, num_mel_bins=8, window_s=0.1, num_frames=16
            ),
            hop_s=hop_s,
            threshold=threshold,
        )
        self.waveforms: list[NDArray[np.float32]] = []
        self.closed = False

    def run(self, waveform: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        assert waveform.shape == (1, TOY_WINDOW)
        assert waveform.dtype == np.float32
        self.waveforms.append(waveform.copy())
        loud = float(np.abs(waveform).max())
        up = float((waveform > 0).mean())
        down = float((waveform < 0).mean())
        return {
            "level": np.array([loud, 1.0 - loud], np.float32),
            "sign": np.array([up, down, 1.0 - up - down], np.float32),
        }

    def close(self) -> None:
        self.closed = True


WriteSound = Callable[..., Path]


@pytest.fixture
def toy_session() -> ToySession:
    """A fresh toy model with windows of 0.1 s every 0.05 s."""
    return ToySession()


@pytest.fixture(scope="session")
def make_toy_session() -> type[ToySession]:
    """Toy models with another hop or threshold."""
    return ToySession


@pytest.fixture
def write_sound(tmp_path: Path) -> WriteSound:
    """Writes samples `[n]` or `[n, channels]` to a file of the test's folder."""

    def write(
        name: str,
        samples: NDArray[np.floating],
        *,
        rate_hz: int = 16_000,
        subtype: str | None = None,
        file_format: str | None = None,
    ) -> Path:
        path = tmp_path / name
        soundfile.write(path, samples, rate_hz, subtype=subtype, format=file_format)
        return path

    return write


@pytest.fixture
def noise() -> Callable[..., NDArray[np.float32]]:
    """Noise of so many seconds, the same each time."""

    def make(seconds: float, *, rate_hz: int = 16_000, peak: float = 0.5) -> NDArray[np.float32]:
        samples = np.random.default_rng(3).uniform(-peak, peak, round(seconds * rate_hz))
        return samples.astype(np.float32)

    return make


@pytest.fixture
def examples() -> Path:
    """The recordings of the checkout."""
    return REPOSITORY / "examples"


@pytest.fixture
def real_sounds(examples: Path) -> list[Path]:
    """The recordings of the checkout, one by one."""
    return sorted(path for path in examples.iterdir() if path.suffix in {".ogg", ".wav"})


@pytest.fixture
def esc10() -> Path:
    """The real clips beside the checkout, one folder a label."""
    if not ESC10.is_dir():
        pytest.skip("ESC-10 is not beside the checkout, at ../shared/esc10")
    return ESC10


NANO_LABELS = ("Dog bark", "Rain", "Rooster", "Helicopter")


@pytest.fixture(scope="session")
def nano_checkpoint() -> Callable[..., Path]:
    """Writes a checkpoint of three blocks, with random weights, that lowers in seconds."""
    import torch  # noqa: PLC0415 (tests of what runs without torch share this file)

    from datar_edge.models import Checkpoint, build, save_checkpoint  # noqa: PLC0415

    def write(path: Path, *, disturbed: str = "", stride: int = 1) -> Path:
        """Moves the weights of that module of the network, if one is named, by a tenth."""
        deformable = DeformableConfig(stride=stride)
        config = DatarConfig(
            preset="nano",
            fbank=FbankConfig(num_mel_bins=32, window_s=0.64, num_frames=64),
            stem="conv",
            stages=(
                StageConfig(embed_dim=16, num_heads=1, blocks=("local",)),
                StageConfig(
                    embed_dim=256,
                    num_heads=2,
                    blocks=("local", "deformable"),
                    deformable=deformable,
                ),
            ),
        )
        torch.manual_seed(5)
        model = build(config, heads={"class": len(NANO_LABELS)})
        model.set_normalisation(-8.0, 4.0)
        for module in model.modules():
            if isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
                torch.nn.init.normal_(module.weight, std=module.weight[0].numel() ** -0.5)
        if disturbed:
            for parameter in model.get_submodule(disturbed).parameters():
                parameter.data += 0.1 * torch.randn_like(parameter)
        save_checkpoint(path, Checkpoint(model=model.eval(), heads={"class": NANO_LABELS}))
        return path

    return write


@pytest.fixture(scope="session")
def labelled_recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recordings of the checkout as a data set, a folder for each label."""
    root = tmp_path_factory.mktemp("recordings")
    for label, name in zip(
        NANO_LABELS, ("dog.ogg", "rain.ogg", "rooster.ogg", "helicopter.wav"), strict=True
    ):
        (root / label).mkdir()
        shutil.copy(REPOSITORY / "examples" / name, root / label)
    return root
