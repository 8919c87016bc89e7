"""TFLite files (and, as targets are added, others) from a trained model."""

from datar_edge.export.pipeline import Exported, export

__all__ = ["Exported", "export"]
