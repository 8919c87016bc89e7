"""What is told of a file that was exported."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datar_edge.export import Exported

_TOLD_LAYERS = 8


def as_document(result: Exported) -> dict[str, Any]:
    """A result as plain data, for JSON."""
    delegation = result.delegation
    parity = {
        name: None if math.isinf(value) else value
        for name, value in dataclasses.asdict(result.parity).items()
    }
    return {
        "artifact": str(result.artifact),
        "target": result.target,
        "quantize": result.quantize,
        "sampler": result.sampler,
        "samplers": dict(result.samplers),
        "size_bytes": result.size_bytes,
        "ops": delegation.ops,
        "delegated_ops": delegation.delegated_ops,
        "delegate_calls": delegation.delegate_calls,
        "not_delegated": [dataclasses.asdict(each) for each in delegation.not_delegated],
        "weights": dict(result.types.weights),
        "activations": dict(result.types.activations),
        "parity": parity,
    }


def as_summary(document: dict[str, Any]) -> str:
    """A document for people."""
    parity, ops = document["parity"], document["ops"]
    weights = ", ".join(f"{count:,} {kind}" for kind, count in document["weights"].items())
    lines = [
        f"Wrote {document['artifact']}",
        f"  size       {document['size_bytes'] / 1e6:.2f} MB, quantization {document['quantize']}, "
        f"sampler {document['sampler']}",
        f"  types      weights {weights}; products compute in "
        f"{', '.join(document['activations']) or 'float32'}",
        f"  operators  {ops}, of which the delegate runs {document['delegated_ops'] / ops:.1%} in "
        f"{document['delegate_calls']} part(s)",
    ]
    left = document["not_delegated"]
    lines += [
        f"    not: {each['count']} {each['operator']} in {each['layer'] or 'an unnamed layer'}: "
        f"{each['reason']}"
        for each in left[:_TOLD_LAYERS]
    ]
    if len(left) > _TOLD_LAYERS:
        lines.append(f"    and {len(left) - _TOLD_LAYERS} more kinds; --json has all")
    lines += [
        f"  parity     {parity['windows']} windows of real sound: a logit differs from PyTorch's "
        f"by {parity['max_abs_logit_diff']:.1e} at most, a score by "
        f"{parity['max_abs_score_diff']:.1e}; {parity['top1_agreement']:.1%} have the same best "
        "label",
        f"Next: datar-edge tag SOUND.wav --model {document['artifact']}",
    ]
    return "\n".join(lines)
