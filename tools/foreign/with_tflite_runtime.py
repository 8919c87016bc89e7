"""Runs a .tflite by tflite_runtime, in an environment that has it and numpy 1 and nothing of ours.

python with_tflite_runtime.py MODEL WAVEFORM    (WAVEFORM: raw float32)
"""

import sys
import zipfile

import numpy as np
from tflite_runtime.interpreter import Interpreter

model, waveform = sys.argv[1:]
with zipfile.ZipFile(model) as archive:
    name = next(name for name in archive.namelist() if name.startswith("labels_"))
    labels = archive.read(name).decode("utf-8").split("\n")
interpreter = Interpreter(model_path=model)
interpreter.allocate_tensors()
interpreter.set_tensor(
    interpreter.get_input_details()[0]["index"], np.fromfile(waveform, np.float32)[np.newaxis]
)
interpreter.invoke()
scores = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
for label, score in zip(labels, scores, strict=True):
    print(f"{label}\t{score:.9g}")
