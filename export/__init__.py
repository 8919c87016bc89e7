"""TFLite files (and, as targets are added, others) from a trained model."""

from datar_edge.export.grid_sample import rewrite_grid_sample
from datar_edge.export.pipeline import Exported, export
from datar_edge.export.target import load_target

__all__ = ["Exported", "export", "load_target", "rewrite_grid_sample"]
