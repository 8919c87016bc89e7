"""Fetches ExecuTorch's Java classes and native libraries into build/executorch/.

ExecuTorch's own AAR is in Maven Central; where that registry's copy lacks it, npm's package
react-native-executorch carries the same classes and libraries. It is pinned by its hash, and
neither it nor anything of it is committed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import demo

PACKAGE = "react-native-executorch@0.8.5"
SHA256 = "4a1f84df51d75000dd5c28ad11fedd5ec0487f8b8189e8adcb001b9ca485c4b8"
LIBRARIES = "package/third-party/android/libs/executorch"
WANTED = {
    "package/android/libs/classes.jar": "classes.jar",
    **{f"{LIBRARIES}/{abi}/libexecutorch.so": f"{abi}/libexecutorch.so" for abi in demo.ABIS},
}


def main() -> None:
    """Fetches, unless the files are there."""
    if all((demo.EXECUTORCH / place).is_file() for place in WANTED.values()):
        return
    demo.BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=demo.BUILD) as folder:
        archive = _download(Path(folder))
        fresh = Path(folder) / "executorch"
        _extract(archive, fresh)
        shutil.rmtree(demo.EXECUTORCH, ignore_errors=True)
        fresh.rename(demo.EXECUTORCH)


def _download(folder: Path) -> Path:
    command = ["npm", "pack", "--silent", PACKAGE]
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)
    (archive,) = folder.glob("*.tgz")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != SHA256:
        sys.exit(f"error: {PACKAGE} has the hash {digest}, expected {SHA256}: not used")
    return archive


def _extract(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as package:
        for name, place in WANTED.items():
            content = package.extractfile(name)
            if content is None:
                sys.exit(f"error: {PACKAGE} has no {name}")
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("wb") as file:
                shutil.copyfileobj(content, file)


if __name__ == "__main__":
    main()
