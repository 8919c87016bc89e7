"""Makes the pictures of docs/explain.md: `python tools/explain_pictures.py`.

They are stored with 256 colours, so that the repository stays small.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "explain"
DPI = "100"


def main() -> None:
    """Explains a recording, then compares an int8 file with the float model on another."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        int8 = Path(folder) / "int8.tflite"
        datar_edge("export", "--target", "tflite", "--quantize", "int8", "--output", str(int8))
        keep("rooster", folder, "examples/rooster.ogg")
        keep("int8", folder, "examples/rain.ogg", "--compare", str(int8), "--stage", "4")


def keep(name: str, folder: str, *arguments: str) -> None:
    """Runs `explain`, and stores its picture small."""
    drawn = Path(folder) / f"{name}.png"
    datar_edge("explain", *arguments, "--dpi", DPI, "--output", str(drawn))
    few = Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    content = io.BytesIO()
    few.save(content, "png", optimize=True)
    path = FOLDER / f"{name}.png"
    path.write_bytes(content.getvalue())
    print(f"{path.relative_to(ROOT)}: {len(content.getvalue()):,} bytes")


def datar_edge(*arguments: str) -> None:
    """Runs our own command at the root of the checkout."""
    subprocess.run([sys.executable, "-m", "datar_edge", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
