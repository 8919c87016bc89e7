"""Model files at work: a waveform goes in, scores come out."""

from datar_edge.runtime.open import open_session, read_model_card
from datar_edge.runtime.session import Session

__all__ = ["Session", "open_session", "read_model_card"]
