"""Quantization. There is no recipe yet: every file is float32, and its card says `none`."""
