"""Constants of a TFLite file, each stored once."""

from __future__ import annotations

from typing import Any


def share_buffers(model: Any) -> int:
    """Points tensors with the same content to one buffer, and drops buffers that nobody uses.

    Args:
        model: a `ModelT`, changed in place.

    Returns:
        Bytes that are saved.
    """
    users = _users(model)
    first_of: dict[bytes, int] = {}
    kept = [model.buffers[0]]  # empty by TFLite's convention: the buffer of activations
    places = {0: 0}
    saved = 0
    for number, buffer in enumerate(model.buffers):
        if number == 0:
            continue
        content = b"" if buffer.data is None else bytes(buffer.data)
        if number in users and content not in first_of:
            first_of[content] = len(kept)
            kept.append(buffer)
        else:
            saved += len(content)
        places[number] = first_of.get(content, 0)
    for holder in [holder for holders in users.values() for holder in holders]:
        holder.buffer = places[holder.buffer]
    model.buffers = kept
    model.metadataBuffer = None  # superseded by the metadata's own references
    return saved


def _users(model: Any) -> dict[int, list[Any]]:
    """Tensors and metadata by the buffer that they are in."""
    users: dict[int, list[Any]] = {}
    tensors = [tensor for graph in model.subgraphs for tensor in graph.tensors]
    for holder in (*tensors, *(model.metadata or ())):
        users.setdefault(holder.buffer, []).append(holder)
    return users
