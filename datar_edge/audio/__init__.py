"""Sound as mono float32 samples at one rate: files, resampling, ring buffer, windows."""

from datar_edge.audio.files import AudioReader, find_audio_files, read_audio

__all__ = ["AudioReader", "find_audio_files", "read_audio"]
