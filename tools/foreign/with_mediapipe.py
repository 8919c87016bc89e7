"""Runs a .tflite by MediaPipe's AudioClassifier, which reads all it needs from the metadata.

python with_mediapipe.py MODEL WAVEFORM    (WAVEFORM: raw float32 at 16 kHz)
"""

import sys

import numpy as np
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import audio
from mediapipe.tasks.python.components.containers import AudioData

model, waveform = sys.argv[1:]
options = audio.AudioClassifierOptions(base_options=tasks.BaseOptions(model_asset_path=model))
with audio.AudioClassifier.create_from_options(options) as classifier:
    samples = np.fromfile(waveform, np.float32)
    (result,) = classifier.classify(AudioData.create_from_array(samples, 16_000))
for category in result.classifications[0].categories:
    print(f"{category.category_name}\t{category.score:.9g}")
