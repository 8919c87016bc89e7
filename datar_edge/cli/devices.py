"""`datar-edge devices`: what sound can be recorded from."""

from __future__ import annotations

import dataclasses

from datar_edge.cli.options import JsonOption
from datar_edge.cli.output import as_json, emit, rendered
from datar_edge.listen.sources.devices import InputDevice, input_devices


def devices(to_json: JsonOption = False) -> None:
    """Lists the input devices; the default one is marked.

    Example: datar-edge devices --json
    """
    found = input_devices()
    emit(as_json([dataclasses.asdict(d) for d in found]) if to_json else _table(found), None)


def _table(found: list[InputDevice]) -> str:
    from rich.markup import escape  # noqa: PLC0415 (60 ms that --json does not need)
    from rich.table import Table  # noqa: PLC0415

    result = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("Number", "Device", "System", "Channels", "Rate Hz", "Default"):
        result.add_column(name, justify="right" if name in ("Number", "Rate Hz") else "left")
    for device in found:
        result.add_row(
            str(device.index),
            escape(device.name),
            escape(device.host_api),
            str(device.channels),
            str(device.sample_rate_hz),
            "default" if device.default else "",
        )
    return rendered(result)
