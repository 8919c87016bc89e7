"""DATAR in PyTorch, and AST beside it."""

from datar_edge.models.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from datar_edge.models.construct import build
from datar_edge.models.datar import Datar
from datar_edge.models.network import Network
from datar_edge.models.waveform import WaveformModel

__all__ = [
    "Checkpoint",
    "Datar",
    "Network",
    "WaveformModel",
    "build",
    "load_checkpoint",
    "save_checkpoint",
]
