"""TFLite, ExecuTorch and ONNX files from a trained model."""
