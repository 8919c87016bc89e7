"""Memory that this process holds in RAM, as the system tells it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"


def resident_bytes() -> int | None:
    """Bytes in RAM now; None where the system has no /proc."""
    return _from_status("VmRSS")


def peak_resident_bytes() -> int | None:
    """The most bytes in RAM so far, or since `reset_peak`; None where the system does not tell."""
    peak = _from_status("VmHWM")
    if peak is not None:
        return peak
    try:
        resource = importlib.import_module("resource")  # Windows has none
    except ModuleNotFoundError:
        return None
    most = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return most if sys.platform == "darwin" else 1_024 * most


def reset_peak() -> None:
    """Forgets the peak so far, where the system can do that."""
    try:
        _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return


def _from_status(name: str) -> int | None:
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith(f"{name}:"):
            return 1_024 * int(line.split()[1])  # told in kB
    return None
