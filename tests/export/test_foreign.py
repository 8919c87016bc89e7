"""The bundled file in a client that knows nothing of datar-edge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import audio
from mediapipe.tasks.python.components.containers import AudioData

from datar_edge.audio.files import read_audio
from datar_edge.bundled import bundled_tflite
from datar_edge.runtime import open_session

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_mediapipe_takes_the_file_as_it_is() -> None:
    """It reads rate, window and labels from the metadata, and gives the same scores."""
    waveform = read_audio(EXAMPLES / "rain.ogg", 16_000)[:40_960]
    options = audio.AudioClassifierOptions(
        base_options=tasks.BaseOptions(model_asset_path=str(bundled_tflite()))
    )
    with audio.AudioClassifier.create_from_options(options) as classifier:
        (result,) = classifier.classify(AudioData.create_from_array(waveform, 16_000))
    theirs = {c.category_name: c.score for c in result.classifications[0].categories}
    with open_session() as session:
        ours = session.run(waveform[np.newaxis])["class"]
        assert theirs == pytest.approx(dict(zip(session.card.labels, ours, strict=True)), abs=1e-4)
