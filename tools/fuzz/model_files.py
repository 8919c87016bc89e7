"""Small model files of each kind to damage, with a seal and without."""

from __future__ import annotations

import dataclasses
import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

from datar_edge.bundled import bundled_tflite
from datar_edge.card import CARD_FILE_NAME, ModelCard
from datar_edge.config import AstConfig, FbankConfig
from datar_edge.runtime import read_model_card
from datar_edge.runtime.seal import sealed

WithCard = Callable[[bytes, ModelCard], bytes]


def zipped_card(graph: bytes, card: ModelCard) -> bytes:
    """A TFLite graph with its card, as the exporter adds it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr(CARD_FILE_NAME, card.to_json())
    return graph + archive.getvalue()


def bundled() -> tuple[bytes, ModelCard, WithCard]:
    """The bundled model without its card, and its card."""
    with zipfile.ZipFile(bundled_tflite()) as archive:
        end = min(info.header_offset for info in archive.infolist())
    return bundled_tflite().read_bytes()[:end], read_model_card(), zipped_card


def lowered(kind: str) -> tuple[bytes, ModelCard, WithCard]:
    """A transformer of one block with random weights, lowered for another runtime."""
    from datar_edge.export.target import load_target  # noqa: PLC0415 (torch, which few need)
    from datar_edge.models import WaveformModel, build  # noqa: PLC0415
    from datar_edge.quantize.recipes import recipe_for  # noqa: PLC0415

    fbank = FbankConfig(window_s=0.5, num_frames=48, num_mel_bins=16)
    config = AstConfig(preset="toy", fbank=fbank, embed_dim=16, num_heads=2, depth=1)
    card = ModelCard(preset="toy", heads={"class": ("Rain", "Snow", "Hail")}, fbank=fbank)
    target = load_target(kind)
    graph = target.lower(
        WaveformModel(build(config, heads={"class": 3})).eval(),
        card.window_samples,
        recipe=recipe_for(kind, "none"),
        calibration=(),
    )
    return graph, card, target.with_card


def write_pair(kind: str, folder: Path) -> list[Path]:
    """A file for that runtime with a seal, and the same without.

    Args:
        kind: "tflite", "onnx" or "executorch"; all but the first need torch.
        folder: where they are written.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of ExecuTorch's imports
        graph, card, with_card = bundled() if kind == "tflite" else lowered(kind)
    card = dataclasses.replace(card, content_sha256="")
    suffix = {"tflite": "tflite", "onnx": "onnx", "executorch": "pte"}[kind]
    with_seal, bare = folder / f"sealed.{suffix}", folder / f"bare.{suffix}"
    with_seal.write_bytes(sealed(with_card, graph, card))
    bare.write_bytes(with_card(graph, card))
    return [with_seal, bare]
