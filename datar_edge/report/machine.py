"""The machine that figures were measured on, and the versions of what ran."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PACKAGES = (
    "datar-edge",
    "ai-edge-litert",
    "tflite-runtime",
    "onnxruntime",
    "executorch",
    "numpy",
    "torch",
)


def machine() -> dict[str, Any]:
    """What a reader needs to judge a time: processor, cores, memory, system, versions."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "os": _system(),
        "python": platform.python_version(),
        "versions": _versions(),
    }


def told_by_machine(page: str, names: Sequence[str], here: str) -> list[str]:
    """Lines of Markdown, `- NAME, NAME: MACHINE`, for a page whose figures come of several.

    Args:
        page: as it stands, such lines in it; empty for a new one.
        names: what was measured now.
        here: the machine that it was measured on, on one line.

    Returns:
        What the page said, but for what was measured now, which is this machine's.
    """
    machine_of: dict[str, str] = {}
    for line in page.splitlines():
        told, between, its_machine = line.removeprefix("- ").partition(": ")
        if line.startswith("- ") and between:
            machine_of |= dict.fromkeys(told.split(", "), its_machine)
    machine_of |= dict.fromkeys(names, here)
    return [
        f"- {', '.join(name for name in machine_of if machine_of[name] == each)}: {each}"
        for each in dict.fromkeys(machine_of.values())
    ]


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in {"model name", "Model"}:  # the second on ARM boards
                return value.strip()
    return platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    with contextlib.suppress(OSError):
        first = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()[0]
        return round(int(first.split()[1]) * 1_024 / 1e9, 1)
    return None


def _system() -> str:
    with contextlib.suppress(OSError):
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.machine()}"
    return f"{platform.system()} {platform.release()}, {platform.machine()}"


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found
