"""The measured table behind `--sampler auto`: `python benchmarks/sampler.py --write`."""

from __future__ import annotations

from datar_edge.export.sampler_row import SamplerRow
from datar_edge.export.sampler_table import MEASURED
from datar_edge.export.target import load_target

MEASURED: tuple[SamplerRow, ...] = (
    SamplerRow(
        target="tflite",
        map_size=(4, 16),
        embed_dim=128,
        num_heads=4,
        groups=1,
        median_ms={"native": 5.39, "gather": 1.29, "dense": 0.72, "stencil": 1.41, "banded": 0.72},
    ),
    SamplerRow(
        target="tflite",
        map_size=(2, 8),
        embed_dim=256,
        num_heads=8,
        groups=2,
        median_ms={"native": 1.61, "gather": 0.49, "dense": 0.39, "stencil": 0.56, "banded": 0.4},
    ),
    SamplerRow(
        target="tflite",
        map_size=(8, 64),
        embed_dim=384,
        num_heads=12,
        groups=3,
        median_ms={
            "native": 699.68,
            "gather": 133.72,
            "dense": 67.5,
            "stencil": 167.56,
            "banded": 28.67,
        },
    ),
    SamplerRow(
        target="tflite",
        map_size=(4, 32),
        embed_dim=768,
        num_heads=24,
        groups=6,
        median_ms={
            "native": 108.37,
            "gather": 23.03,
            "dense": 12.96,
            "stencil": 25.28,
            "banded": 11.52,
        },
    ),
    SamplerRow(
        target="executorch",
        map_size=(4, 16),
        embed_dim=128,
        num_heads=4,
        groups=1,
        median_ms={"native": 1.74, "gather": 1.43, "dense": 0.98, "stencil": 1.41, "banded": 0.97},
    ),
    SamplerRow(
        target="executorch",
        map_size=(2, 8),
        embed_dim=256,
        num_heads=8,
        groups=2,
        median_ms={"native": 0.49, "gather": 0.47, "dense": 0.4, "stencil": 0.52, "banded": 0.4},
    ),
    SamplerRow(
        target="executorch",
        map_size=(8, 64),
        embed_dim=384,
        num_heads=12,
        groups=3,
        median_ms={
            "native": 100.07,
            "gather": 97.52,
            "dense": 70.46,
            "stencil": 165.78,
            "banded": 30.23,
        },
    ),
    SamplerRow(
        target="executorch",
        map_size=(4, 32),
        embed_dim=768,
        num_heads=24,
        groups=6,
        median_ms={
            "native": 21.17,
            "gather": 19.48,
            "dense": 13.04,
            "stencil": 22.92,
            "banded": 11.51,
        },
    ),
    SamplerRow(
        target="onnx",
        map_size=(4, 16),
        embed_dim=128,
        num_heads=4,
        groups=1,
        median_ms={"native": 1.3, "gather": 1.83, "dense": 1.35, "stencil": 2.03, "banded": 1.15},
    ),
    SamplerRow(
        target="onnx",
        map_size=(2, 8),
        embed_dim=256,
        num_heads=8,
        groups=2,
        median_ms={"native": 0.72, "gather": 0.91, "dense": 0.74, "stencil": 1.25, "banded": 0.74},
    ),
    SamplerRow(
        target="onnx",
        map_size=(8, 64),
        embed_dim=384,
        num_heads=12,
        groups=3,
        median_ms={
            "native": 57.57,
            "gather": 121.12,
            "dense": 97.56,
            "stencil": 83.97,
            "banded": 30.41,
        },
    ),
    SamplerRow(
        target="onnx",
        map_size=(4, 32),
        embed_dim=768,
        num_heads=24,
        groups=6,
        median_ms={
            "native": 13.84,
            "gather": 20.59,
            "dense": 16.05,
            "stencil": 19.23,
            "banded": 11.23,
        },
    ),
)
