"""Files for devices from a trained model: a folder a target, and what all share."""

from datar_edge.export.grid_sample.rewrite import rewrite_grid_sample
from datar_edge.export.pipeline import Exported, export
from datar_edge.export.target import load_target

__all__ = ["Exported", "export", "load_target", "rewrite_grid_sample"]
