"""Quantization: recipes as data, their calibration, one file a quantizer."""
