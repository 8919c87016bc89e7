"""Waveform to log-mel, as a torch module that exports without an FFT operator."""

from datar_edge.features.fbank import Fbank

__all__ = ["Fbank"]
