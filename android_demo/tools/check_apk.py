"""Checks the APKs with other people's tools, and prints what they say.

    python android_demo/tools/check_apk.py

apksigner verifies the signatures, aapt2 reads the badging, and androguard (in an environment of its
own, made here) reads manifest, permissions and classes back. Exit status 1: an APK is not as it
should be.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import aligned_zip
import demo

ENVIRONMENT = demo.REPOSITORY / ".venv-android"
ANDROGUARD = "androguard>=4.1.3,<5"
MAX_BYTES = 25_000_000
ICON = "res/mipmap-anydpi-v26/ic_launcher.xml"
CLASSES = (
    "Lorg/datar/edge/demo/MainActivity;",
    "Lorg/datar/edge/Listening;",
    "Lorg/datar/edge/tflite/TfliteEngine;",
    "Lorg/datar/edge/executorch/ExecuTorchEngine;",
    "Lorg/tensorflow/lite/Interpreter;",
    "Lorg/pytorch/executorch/Module;",
    "Lcom/facebook/jni/HybridData;",
    "Lkotlin/Unit;",
)
READER = """
import json, sys
from loguru import logger
logger.remove()
from androguard.core.apk import APK
from androguard.core.dex import DEX
apk = APK(sys.argv[1])
classes = [name for dex in apk.get_all_dex() for name in DEX(dex).get_classes_names()]
print(json.dumps({
    "package": apk.get_package(), "permissions": apk.get_permissions(),
    "main_activity": apk.get_main_activity(), "activities": apk.get_activities(),
    "min_sdk": apk.get_min_sdk_version(), "target_sdk": apk.get_target_sdk_version(),
    "version": apk.get_androidversion_name(),
    "label": apk.get_app_name(), "icon": apk.get_app_icon(),
    "unpacks_libraries": apk.get_attribute_value("application", "extractNativeLibs"),
    "classes": classes,
}))
"""


def main() -> None:
    """Checks each ABI's APK."""
    subprocess.run(
        [demo.REPOSITORY / "tools/environment.sh", ENVIRONMENT.name, ANDROGUARD],
        cwd=demo.REPOSITORY,
        check=True,
    )
    failures = [failure for abi in demo.ABIS for failure in _failures(abi)]
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    sys.exit(1 if failures else 0)


def _failures(abi: str) -> list[str]:
    apk = demo.APKS / f"datar-edge-demo-{abi}.apk"
    print(f"\n{apk.relative_to(demo.REPOSITORY)}: {apk.stat().st_size:,} bytes")
    found = [*_signature(apk), *_badging(apk, abi), *_content(apk, abi), *_read_back(apk)]
    if apk.stat().st_size > MAX_BYTES:
        found.append(f"more than {MAX_BYTES:,} bytes")
    return [f"{apk.name}: {failure}" for failure in found]


def _signature(apk: Path) -> list[str]:
    said = _said("apksigner", "verify", "--verbose", "--min-sdk-version", "26", apk)
    wanted = [f"Verified using v{n} scheme ({name}): true" for n, name in _SCHEMES.items()]
    print(
        *(f"  apksigner: {line}" for line in said.splitlines() if line.startswith("Verif")),
        sep="\n",
    )
    return [f"apksigner does not say {line!r}" for line in wanted if line not in said]


_SCHEMES = {2: "APK Signature Scheme v2", 3: "APK Signature Scheme v3"}


def _badging(apk: Path, abi: str) -> list[str]:
    said = _said("aapt2", "dump", "badging", apk)
    # The launcher's activity names no label and icon of its own, so that Android takes the app's.
    shown = (
        *("package:", "sdkVersion", "targetSdk", "uses-permission", "application:"),
        *("launchable", "native-code"),
    )
    print(*(f"  aapt2: {line}" for line in said.splitlines() if line.startswith(shown)), sep="\n")
    permissions = re.findall(r"uses-permission: name='([^']+)'", said)
    wanted = {
        "RECORD_AUDIO is the only permission": permissions == ["android.permission.RECORD_AUDIO"],
        f"the native code is {abi}": f"native-code: '{abi}'" in said,
        f"the package is {demo.PACKAGE}": f"package: name='{demo.PACKAGE}'" in said,
        f"label and icon are {demo.LABEL} and {ICON}": (
            f"application: label='{demo.LABEL}' icon='{ICON}'" in said
        ),
    }
    return [f"aapt2 does not show that {what}" for what, holds in wanted.items() if not holds]


def _content(apk: Path, abi: str) -> list[str]:
    with zipfile.ZipFile(apk) as archive:
        names = {info.filename: info for info in archive.infolist()}
    for name, info in names.items():
        if name.startswith(("lib/", "assets/", "classes")):
            kind = "stored" if info.compress_type == zipfile.ZIP_STORED else "packed"
            print(f"  {info.compress_size:>12,} bytes of {info.file_size:>12,} {kind}  {name}")
    packed = [n for n, i in names.items() if n.endswith(".tflite") and i.compress_type]
    libraries = {
        f"lib/{abi}/lib{name}.so" for name in ("tensorflowlite_jni", "executorch", "fbjni")
    }
    return [
        *(f"{name} is packed, and cannot be mapped" for name in packed),
        *(f"{name} is missing" for name in sorted(libraries - set(names))),
        *(f"{name} is not at a page of 16 KB" for name in aligned_zip.misaligned(apk)),
    ]


def _read_back(apk: Path) -> list[str]:
    read = json.loads(_said(ENVIRONMENT / "bin/python", "-c", READER, apk))
    classes = set(read.pop("classes"))
    print(f"  androguard: {json.dumps(read)}, {len(classes):,} classes")
    version = demo.app_version()
    wanted = {
        "package": demo.PACKAGE,
        "permissions": ["android.permission.RECORD_AUDIO"],
        "main_activity": f"{demo.PACKAGE}.MainActivity",
        "min_sdk": version.min_sdk,
        "target_sdk": version.target_sdk,
        "version": version.name,
        "label": demo.LABEL,
        "icon": ICON,
        "unpacks_libraries": "true",
    }
    return [
        *(f"androguard reads {k} {read[k]}, not {v}" for k, v in wanted.items() if read[k] != v),
        *(f"androguard does not find {name}" for name in CLASSES if name not in classes),
    ]


def _said(*command: object) -> str:
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nerror: {command[0]} failed")
    return done.stdout


if __name__ == "__main__":
    main()
