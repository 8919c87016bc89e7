"""Compiles the app's resources with aapt2: R.java, the manifest, and an archive of resources.

Usage: resources.py FRAMEWORK.jar, as build-jvm/app/pom.xml calls it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import demo


def main() -> None:
    """Writes build/resources/."""
    framework = Path(sys.argv[1])
    out = demo.BUILD / "resources"
    (out / "java").mkdir(parents=True, exist_ok=True)
    demo.ASSETS.mkdir(parents=True, exist_ok=True)
    manifest = out / "AndroidManifest.xml"
    manifest.write_text(_completed((demo.APP / "src/main/AndroidManifest.xml").read_text()))
    compiled = out / "compiled.zip"
    run("aapt2", "compile", "--dir", demo.APP / "src/main/res", "-o", compiled)
    version = demo.app_version()
    run(
        *("aapt2", "link", "-I", framework, "--manifest", manifest, compiled),
        *("--min-sdk-version", version.min_sdk, "--target-sdk-version", version.target_sdk),
        *("--version-code", version.code, "--version-name", version.name),
        *("--java", out / "java", "-o", out / "resources.apk"),
    )
    run(  # Robolectric finds assets in the archive of resources only.
        *("aapt2", "link", "-I", framework, "--manifest", manifest, compiled),
        *("--min-sdk-version", version.min_sdk, "--target-sdk-version", version.target_sdk),
        *("-A", demo.ASSETS, "-0", ".tflite", "-0", ".pte", "-o", out / "tests.apk"),
    )


def _completed(manifest: str) -> str:
    """The manifest with what Gradle takes from its namespace and from `useLegacyPackaging`."""
    named = manifest.replace("<manifest ", f'<manifest package="{demo.PACKAGE}" ', 1)
    return named.replace("<application", '<application android:extractNativeLibs="true"', 1)


def run(*command: object) -> None:
    """Runs a command; its failure is ours."""
    done = subprocess.run([*map(str, command)], check=False, stderr=subprocess.PIPE, text=True)
    # Debian's aapt2 warns of a chunk that newer frameworks have and older tools skip.
    lines = [line for line in done.stderr.splitlines() if "Unknown chunk type" not in line]
    print(*lines, sep="\n", end="\n" if lines else "", file=sys.stderr)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
