"""TFLite metadata by MediaPipe's writers, and the card as an associated file.

With it MediaPipe's AudioClassifier takes the file as it is: the input tensor has audio properties
and the output tensor of each head a file of labels.
"""

from __future__ import annotations

import json
from typing import Any

from datar_edge.card import CARD_FILE_NAME, ModelCard
from datar_edge.extras import require


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
    metadata = require(
        "mediapipe.tasks.python.metadata.metadata", extra="export", purpose="TFLite metadata"
    )
    populator = metadata.MetadataPopulator.with_model_buffer(content)
    populator.load_metadata_buffer(bytes(_metadata_buffer(card)))
    files = {label_file_name(head): "\n".join(labels) for head, labels in card.heads.items()}
    files[CARD_FILE_NAME] = card.to_json()
    populator.load_associated_file_buffers(
        {name: text.encode("utf-8") for name, text in files.items()}
    )
    populator.populate()
    return bytes(populator.get_model_buffer())


def _metadata_buffer(card: ModelCard) -> bytes:
    flatbuffers = require("flatbuffers", extra="export", purpose="TFLite metadata")
    schema = require(
        "mediapipe.tasks.metadata.metadata_schema_py_generated",
        extra="export",
        purpose="TFLite metadata",
    )
    metadata = require(
        "mediapipe.tasks.python.metadata.metadata", extra="export", purpose="TFLite metadata"
    )
    subgraph = schema.SubGraphMetadataT()
    subgraph.inputTensorMetadata = [_audio_input(schema, card)]
    subgraph.outputTensorMetadata = [_scores(schema, head) for head in card.heads]
    model = schema.ModelMetadataT()
    model.name = card.preset
    model.description = "Audio event tagging by DATAR, written by datar-edge."
    model.license = card.provenance.get("licence", "Apache-2.0")
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
