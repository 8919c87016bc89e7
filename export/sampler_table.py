"""The measured table behind `--sampler auto`: `python benchmarks/sampler.py --write`."""

from __future__ import annotations

from datar_edge.export.sampler_row import SamplerRow

MEASURED: tuple[SamplerRow, ...] = ()
