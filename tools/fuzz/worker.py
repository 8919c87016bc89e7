"""Opens damaged files, each as the program does; says how each ended.

    python -m tools.fuzz.worker models|sounds FILE SEED FIRST COUNT FOLDER

One line a mutation: its number before, how it ended after. A process that ends early leaves the
number of the mutation that killed it.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import traceback
from pathlib import Path

from tools.fuzz.damage import damaged


def say(result: dict[str, object]) -> None:
    """Prints a line that is there even if the next mutation kills the process."""
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def peak_mb() -> int:
    """The most memory that this process ever had resident; getrusage tells its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1_000


def main() -> None:
    """Takes COUNT mutations from FIRST on."""
    kind, source, seed, first, count, folder = sys.argv[1:]
    subject = importlib.import_module(f"tools.fuzz.{kind}")
    content = Path(source).read_bytes()
    essential = subject.essential_size(content)
    path = Path(folder) / f"damaged-{first}{Path(source).suffix}"
    for number in range(int(first), int(first) + int(count)):
        change, changed = damaged(content, int(seed), number, subject.KINDS)
        path.write_bytes(changed)
        say({"number": number, "kind": change})
        began_s = time.monotonic()
        try:
            ended, told = subject.outcome(path)
        except Exception:  # noqa: BLE001 (to find those that are not ours)
            ended, told = "escaped", traceback.format_exc()
        result = {
            "number": number,
            "kind": change,
            "ended": ended,
            "told": told,
            "took_s": round(time.monotonic() - began_s, 2),
            "whole": changed[:essential] == content[:essential],
            "peak_mb": peak_mb(),
        }
        say(result)
    path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
