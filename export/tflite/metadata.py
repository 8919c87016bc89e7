"""TFLite metadata by MediaPipe's writers, and the card as an associated file.

With it MediaPipe's AudioClassifier takes the file as it is: the input tensor has audio properties
and the output tensor of each head a file of labels.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

from datar_edge.card import CARD_FILE_NAME, ModelCard
from datar_edge.extras import require

_VERSION_MODULE = "mediapipe.tasks.cc.metadata.python._pywrap_metadata_version"


def label_file_name(head: str) -> str:
    """Name of the associated file with one label of that head a line."""
    return f"labels_{head}.txt"


def with_metadata(content: bytes, card: ModelCard) -> bytes:
    """Adds metadata, labels and card to a TFLite file.

    Args:
        content: the flatbuffer.
        card: what to say of it.

    Returns:
        The file with a metadata buffer, followed by a zip of the associated files.

    Raises:
        MissingExtraError: mediapipe is not installed.
    """
    files = {label_file_name(head): "\n".join(labels) for head, labels in card.heads.items()}
    files[CARD_FILE_NAME] = card.to_json()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(content)
        populator = _metadata_module().MetadataPopulator.with_model_file(str(path))
        populator.load_metadata_buffer(_metadata_buffer(card))
        populator.load_associated_file_buffers(
            {name: text.encode("utf-8") for name, text in files.items()}
        )
        populator.populate()
        return path.read_bytes()


def _metadata_module() -> Any:
    """MediaPipe's metadata writer.

    It asks a native module for the version of the schema that a reader needs, and MediaPipe's
    wheels since 0.10.30 lack that module. What is written here uses `AudioProperties`, which the
    schema has since 1.3.0, and nothing newer.
    """
    if _VERSION_MODULE not in sys.modules and importlib.util.find_spec("mediapipe"):
        names = _VERSION_MODULE.split(".")
        try:
            importlib.import_module(_VERSION_MODULE)
        except ModuleNotFoundError:
            for depth in range(3, len(names) + 1):  # mediapipe.tasks is there
                sys.modules.setdefault(".".join(names[:depth]), types.ModuleType(names[depth - 1]))
            version = sys.modules[_VERSION_MODULE]
            version.GetMinimumMetadataParserVersion = lambda _: "1.3.0"  # type: ignore[attr-defined]
            parent = sys.modules[_VERSION_MODULE.rpartition(".")[0]]
            setattr(parent, names[-1], version)
    return require(
        "mediapipe.tasks.python.metadata.metadata", extra="export", purpose="TFLite metadata"
    )


def _metadata_buffer(card: ModelCard) -> bytes:
    flatbuffers = require("flatbuffers", extra="export", purpose="TFLite metadata")
    schema = require(
        "mediapipe.tasks.metadata.metadata_schema_py_generated",
        extra="export",
        purpose="TFLite metadata",
    )
    metadata = _metadata_module()
    subgraph = schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [_audio_input(schema, card)]
    subgraph.outputTensorMetadata = [_scores(schema, head) for head in card.heads]
    model = schema.ModelMetadataT()
    model.name = card.preset
    model.description = "Audio event tagging by DATAR, written by datar-edge."
    model.subgraphMetadata = [subgraph]
    model.associatedFiles = [
        _associated_file(schema, CARD_FILE_NAME, "datar-edge model card (JSON)", label=False)
    ]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), metadata.MetadataPopulator.METADATA_FILE_IDENTIFIER)
    return bytes(builder.Output())


def _audio_input(schema: Any, card: ModelCard) -> Any:
    tensor = schema.TensorMetadataT()
    tensor.name = "waveform"
    tensor.description = json.dumps({"window_s": card.window_s, "range": [-1.0, 1.0]})
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.AudioProperties
    content.contentProperties = schema.AudioPropertiesT()
    content.contentProperties.sampleRate = card.sample_rate_hz
    content.contentProperties.channels = 1
    tensor.content = content
    return tensor


def _scores(schema: Any, head: str) -> Any:
    tensor = schema.TensorMetadataT()
    tensor.name = head
    tensor.description = "Score of each label, 0 to 1."
    content = schema.ContentT()
    content.contentPropertiesType = schema.ContentProperties.FeatureProperties
    content.contentProperties = schema.FeaturePropertiesT()
    tensor.content = content
    statistics = schema.StatsT()
    statistics.min, statistics.max = [0.0], [1.0]
    tensor.stats = statistics
    name = label_file_name(head)
    tensor.associatedFiles = [_associated_file(schema, name, f"Labels of {head}", label=True)]
    return tensor


def _associated_file(schema: Any, name: str, description: str, *, label: bool) -> Any:
    file = schema.AssociatedFileT()
    file.name = name
    file.description = description
    kinds = schema.AssociatedFileType
    file.type = kinds.TENSOR_AXIS_LABELS if label else kinds.UNKNOWN
    return file
