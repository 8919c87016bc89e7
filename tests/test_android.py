"""The Android demo's two builds describe the same, and its vectors are those of today's code."""

from __future__ import annotations

import importlib.util
import json
import re
import struct
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "android_demo"
JVM = DEMO / "build-jvm"
POM = {"m": "http://maven.apache.org/POM/4.0.0"}

ONLY_IN_MAVEN = {"binaries"}
"""Unpacks the AARs that Gradle takes as they are."""
GRADLE_VERSIONS = {"app", "appCode", "minSdk", "targetSdk", "compileSdk", "agp", "executorch"}
"""Of Gradle alone; ExecuTorch's AAR is no artifact of the registry that Maven asks here."""
MAVEN_NAMES = {"tflite.jvm": "tfliteJvm"}


def loaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A script as a module."""
    monkeypatch.syspath_prepend(str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, path.stem, module)
    spec.loader.exec_module(module)
    return module


def pom(module: str = "") -> ET.Element:
    return ET.parse(JVM / module / "pom.xml").getroot()


def gradle(module: str) -> str:
    return (DEMO / module / "build.gradle.kts").read_text()


def texts(root: ET.Element, path: str) -> list[str]:
    return [element.text or "" for element in root.findall(path, POM)]


def modules_of_gradle() -> set[str]:
    return set(re.findall(r'":([\w-]+)"', (DEMO / "settings.gradle.kts").read_text()))


def catalog() -> dict[str, str]:
    text = (DEMO / "gradle/libs.versions.toml").read_text().split("[libraries]")[0]
    return dict(re.findall(r'^(\w+) = "([^"]+)"', text, re.MULTILINE))


def libraries() -> dict[str, str]:
    """Artifacts of the catalog by the name that Gradle's files use."""
    text = (DEMO / "gradle/libs.versions.toml").read_text()
    found = re.findall(r'^([\w-]+) = \{ module = "([^"]+)"', text, re.MULTILINE)
    return {name.replace("-", "."): module for name, module in found}


def test_both_builds_have_the_same_modules() -> None:
    assert set(texts(pom(), "m:modules/m:module")) - ONLY_IN_MAVEN == modules_of_gradle()


@pytest.mark.parametrize("module", sorted(modules_of_gradle()))
def test_both_builds_compile_the_same_folders(module: str) -> None:
    """Gradle's are its defaults, since its files name none."""
    assert "srcDir" not in gradle(module)
    root = pom(module)
    main, test = f"{module}/src/main/kotlin", f"{module}/src/test/kotlin"
    assert texts(root, "m:build/m:sourceDirectory") == [f"${{demo}}/{main}"]
    assert (DEMO / main).is_dir()
    if (DEMO / test).is_dir():
        assert texts(root, "m:build/m:testSourceDirectory") == [f"${{demo}}/{test}"]


def test_both_builds_have_the_same_versions() -> None:
    properties = pom().find("m:properties", POM)
    assert properties is not None
    maven = {
        element.tag.split("}")[1].removesuffix(".version"): element.text
        for element in properties
        if element.tag.endswith(".version")
    }
    maven = {MAVEN_NAMES.get(name, name): version for name, version in maven.items()}
    shared = set(catalog()) - GRADLE_VERSIONS
    assert {name: maven[name] for name in shared} == {name: catalog()[name] for name in shared}


@pytest.mark.parametrize("module", ["core", "engine-jvm", "app"])
def test_both_builds_have_the_same_dependencies(module: str) -> None:
    """The engines' AARs are left out: Maven has them unpacked in its module `binaries`."""
    text = gradle(module)
    wanted = {f"org.datar.edge:{name}" for name in re.findall(r'project\(":([\w-]+)"\)', text)}
    names = re.findall(r"libs\.((?!plugins|versions)[\w.]+?)\)", text)
    wanted |= {libraries()[name] for name in names}
    maven = {
        ":".join(dependency.findtext(f"m:{part}", "", POM) for part in ("groupId", "artifactId"))
        for dependency in pom(module).findall("m:dependencies/m:dependency", POM)
    }
    given_otherwise = {"org.robolectric:android-all"}
    assert {name.removesuffix("-jvm") if "serialization" in name else name for name in maven} - (
        given_otherwise
    ) == wanted - (
        {"org.jetbrains.kotlinx:kotlinx-serialization-json"} if module != "core" else set()
    )


def test_the_engines_have_what_maven_unpacks() -> None:
    unpacked = set(texts(pom("binaries"), ".//m:artifactItem/m:artifactId"))
    gradles = gradle("engine-tflite") + gradle("engine-executorch")
    names = set(re.findall(r"implementation\(libs\.([\w.]+)\)", gradles)) - {"executorch"}
    assert {libraries()[name].split(":")[1] for name in names} == unpacked


def test_no_module_needs_a_front_end_or_the_network() -> None:
    manifest = (DEMO / "app/src/main/AndroidManifest.xml").read_text()
    assert re.findall(r'uses-permission android:name="([^"]+)"', manifest) == [
        "android.permission.RECORD_AUDIO"
    ]


def test_the_scores_are_those_of_the_bundled_model(monkeypatch: pytest.MonkeyPatch) -> None:
    script = loaded(ROOT / "tools/android_vectors.py", monkeypatch)
    for place, made in ((script.SCORES, script.vectors()), (script.SEGMENTS, script.segments())):
        assert_near(json.loads(json.dumps(made)), json.loads(place.read_text()))


def assert_near(found: Any, kept: Any) -> None:
    """Equal, numbers to within what another version of the resampler may change."""
    if isinstance(kept, dict):
        assert found.keys() == kept.keys()
        for key in kept:
            assert_near(found[key], kept[key])
    elif isinstance(kept, list):
        assert len(found) == len(kept)
        for one, other in zip(found, kept, strict=True):
            assert_near(one, other)
    else:
        assert found == (pytest.approx(kept, abs=1e-4) if isinstance(kept, float) else kept)


def test_stored_entries_begin_at_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = loaded(DEMO / "tools/aligned_zip.py", monkeypatch)
    entries = {"a.txt": b"a" * 100, "models/ä.tflite": b"TFL3" * 9, "b.tflite": b"x" * 40_000}
    place = tmp_path / "app.apk"
    script.write(place, entries, stored=lambda name: name.endswith(".tflite"))
    assert script.misaligned(place) == []
    with zipfile.ZipFile(place) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == entries
        starts = [info.header_offset for info in archive.infolist()]
    content = place.read_bytes()
    for start, name in zip(starts, entries, strict=True):
        name_bytes, extra_bytes = struct.unpack_from("<HH", content, start + 26)
        at = start + 30 + name_bytes + extra_bytes
        assert not name.endswith(".tflite") or at % 16_384 == 0


def test_an_entry_beside_a_page_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = loaded(DEMO / "tools/aligned_zip.py", monkeypatch)
    with zipfile.ZipFile(tmp_path / "app.apk", "w") as archive:
        archive.writestr("m.tflite", b"x")
    assert script.misaligned(tmp_path / "app.apk") == ["m.tflite"]
