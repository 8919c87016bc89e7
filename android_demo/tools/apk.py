"""Packs the compiled app into one APK an ABI, and signs it with a key for tests.

Reads what the Maven build left in build/: classes, native libraries, resources. Writes
build/apk/datar-edge-demo-ABI.apk.

    python android_demo/tools/apk.py            with the exported forms of the bundled model
    python android_demo/tools/apk.py FILE…      with these models
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import aligned_zip
import demo

MODULES = ("core", "binaries", "engine-tflite", "engine-executorch", "app")
D8 = "shadow.bundletool.com.android.tools.r8.D8"
KEYSTORE = demo.BUILD / "debug.keystore"
PASSWORD = "android"  # noqa: S105 -- the key is for tests, as Android Studio's debug key is
STORED = (".tflite", ".arsc")
"""Mapped from the APK as they lie there: the models, and Android's table of resources."""


def main() -> None:
    """Packs an APK for each ABI."""
    dex = _dex()
    resources = _zip_entries(demo.BUILD / "resources" / "resources.apk")
    models = [Path(name) for name in sys.argv[1:]] or [demo.EXPORTS / name for name in demo.FORMS]
    assets = {f"assets/models/{file.name}": file.read_bytes() for file in models}
    for abi in demo.ABIS:
        entries = {**resources, **dex, **assets, **_libraries(abi)}
        place = demo.APKS / f"datar-edge-demo-{abi}.apk"
        _sign(_packed(entries, place.with_suffix(".unsigned")), place)


def _dex() -> dict[str, bytes]:
    """The classes of the app and its libraries as Android's bytecode."""
    out = demo.BUILD / "dex"
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    jars = (demo.JVM / "app" / "runtime-classpath.txt").read_text().split(":")
    libraries = [jar for jar in jars if jar.endswith(".jar")]
    (bundletool,) = (demo.JVM / "tools").glob("bundletool-*.jar")
    (framework,) = (demo.JVM / "framework").glob("compile.jar")
    run(
        *("java", "-Xmx2g", "-cp", bundletool, D8, "--release"),
        *("--min-api", demo.app_version().min_sdk, "--lib", framework, "--output", out),
        *(_jar(module, out) for module in MODULES),
        *libraries,
    )
    return {file.name: file.read_bytes() for file in sorted(out.glob("*.dex"))}


def _jar(module: str, folder: Path) -> Path:
    """A module's classes in an archive, which D8 takes."""
    place = folder / f"{module}.jar"
    classes = demo.JVM / module / "classes"
    with zipfile.ZipFile(place, "w") as archive:
        for file in sorted(classes.rglob("*.class")):
            archive.write(file, file.relative_to(classes))
    return place


def _libraries(abi: str) -> dict[str, bytes]:
    """The native libraries of both engines."""
    unpacked = demo.JVM / "aars"
    files = [
        unpacked / "tensorflow-lite" / "jni" / abi / "libtensorflowlite_jni.so",
        *sorted((unpacked / "fbjni" / "jni" / abi).glob("*.so")),
        demo.EXECUTORCH / abi / "libexecutorch.so",
    ]
    return {f"lib/{abi}/{file.name}": file.read_bytes() for file in files}


def _zip_entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(entries: dict[str, bytes], place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    aligned_zip.write(place, entries, stored=lambda name: name.endswith(STORED))
    return place


def _sign(unsigned: Path, place: Path) -> None:
    if not KEYSTORE.is_file():
        run(
            *("keytool", "-genkeypair", "-keystore", KEYSTORE, "-storepass", PASSWORD),
            *("-alias", "androiddebugkey", "-keypass", PASSWORD, "-keyalg", "RSA"),
            *("-keysize", 2048, "-validity", 10_000),
            *("-dname", "CN=Android Debug,O=Android,C=US"),
        )
    run(
        *("apksigner", "sign", "--ks", KEYSTORE, "--ks-pass", f"pass:{PASSWORD}"),
        *("--min-sdk-version", demo.app_version().min_sdk, "--v1-signing-enabled", "false"),
        *("--v2-signing-enabled", "true", "--v3-signing-enabled", "true"),
        *("--v4-signing-enabled", "false", "--out", place, unsigned),
    )
    unsigned.unlink()


def run(*command: object) -> None:
    """Runs a program; its failure ends ours, with what it said."""
    done = subprocess.run(
        [*map(str, command)],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nerror: {command[0]} failed")


if __name__ == "__main__":
    main()
