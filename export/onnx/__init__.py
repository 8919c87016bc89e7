"""`.onnx` files, by torch.export and ONNX Script."""
