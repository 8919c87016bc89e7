"""Where the demo's build puts things, and what its scripts share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

DEMO = Path(__file__).resolve().parents[1]
REPOSITORY = DEMO.parent
APP = DEMO / "app"
BUILD = DEMO / "build"
JVM = BUILD / "jvm"
ASSETS = BUILD / "assets"
MODELS = ASSETS / "models"
EXPORTS = BUILD / "export"
EXECUTORCH = BUILD / "executorch"
APKS = BUILD / "apk"

ABIS = ("arm64-v8a", "x86_64")
PACKAGE = "org.datar.edge.demo"
LABEL = "datar-edge"

FORMS = {
    "datar-micro-fp16.tflite": ("tflite", "fp16"),
    "datar-micro-int8.tflite": ("tflite", "int8"),
    "datar-micro-int8.pte": ("executorch", "int8"),
}
"""Target and quantization of each form of the bundled model that is exported and packed.

The float32 .tflite is bundled; it is not packed, since with it an APK would pass 25 MB.
"""


@dataclass(frozen=True)
class AppVersion:
    """What Gradle would write into the manifest."""

    min_sdk: str
    target_sdk: str
    code: str
    name: str


def versions() -> dict[str, str]:
    """The versions in gradle/libs.versions.toml."""
    text = (DEMO / "gradle/libs.versions.toml").read_text()
    section = text.split("[versions]")[1].split("\n[")[0]
    return dict(re.findall(r'^(\w+) = "([^"]+)"', section, re.MULTILINE))


def app_version() -> AppVersion:
    """Version and SDK levels of the app."""
    found = versions()
    return AppVersion(found["minSdk"], found["targetSdk"], found["appCode"], found["app"])
