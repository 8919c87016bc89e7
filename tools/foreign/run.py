"""Has programs that know nothing of datar-edge run .tflite files, and compares scores with ours.

    python tools/foreign/run.py [MODEL …]

Without a model, the bundled float32 file and the int8 one in models/. Exit status 0: all programs
give our scores, to within 1e-4 for float32. 1: one does not. 2: what one of them needs is not
installed; the others have run.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from datar_edge.audio.files import read_audio
from datar_edge.bundled import bundled_tflite
from datar_edge.runtime import open_session, read_model_card

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ENVIRONMENT = ROOT / ".venv-foreign"
CLIP = ROOT / "examples" / "rain.ogg"
BOUNDS = {"none": 1e-4, "fp16": 1e-3, "int8-dynamic": 1e-2, "int8": 1e-2}
"""Of a score, by quantization: runtimes round to 8 bits at other places."""
MODELS = (bundled_tflite(), ROOT / "models" / "datar-micro-int8.tflite")
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
PLATFORMS = {
    ("Linux", "x86_64"): "linux-x86_64",
    ("Linux", "aarch64"): "linux-arm64",
}

Scores = dict[str, float]


class ToolMissingError(Exception):
    """A program or package that a client needs is not there; the text says what to install."""


def called(*command: object) -> str:
    """What a program printed."""
    done = subprocess.run(
        [str(part) for part in command], cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise RuntimeError(f"{Path(str(command[0])).name} failed: {' | '.join(last)}")
    return done.stdout


def scores_in(text: str) -> Scores:
    """Scores by label, from lines of "label TAB score"."""
    lines = [line.split("\t") for line in text.splitlines() if "\t" in line]
    return {label: float(score) for label, score in lines}


def tflite_runtime(model: Path, waveform: Path) -> Scores:
    """tflite_runtime 2.14 with numpy 1, in an environment of its own."""
    python = ENVIRONMENT / "bin" / "python"
    packages = ("tflite-runtime==2.14.0", "numpy<2")
    if not (ENVIRONMENT / "made").exists():
        if shutil.which("uv"):
            called("uv", "venv", "--quiet", "--clear", "--python", "3.11", ENVIRONMENT)
            called("uv", "pip", "install", "--quiet", "--python", python, *packages)
        elif shutil.which("python3.11"):
            called("python3.11", "-m", "venv", "--clear", ENVIRONMENT)
            called(python, "-m", "pip", "install", "--quiet", *packages)
        else:
            raise ToolMissingError(
                "Python 3.11, which its last wheels are for, or uv: pip install uv"
            )
        (ENVIRONMENT / "made").touch()
    return scores_in(called(python, HERE / "with_tflite_runtime.py", model, waveform))


def plain_interpreter_2_18(model: Path, waveform: Path) -> Scores:
    """The C++ library's FlatBufferModel, InterpreterBuilder and Interpreter, 2.18."""
    return _plain_interpreter("2.18.0", "1.5.11", model, waveform)


def plain_interpreter_2_19(model: Path, waveform: Path) -> Scores:
    """The C++ library's FlatBufferModel, InterpreterBuilder and Interpreter, 2.19."""
    return _plain_interpreter("2.19.0", "1.5.12", model, waveform)


def _plain_interpreter(version: str, presets: str, model: Path, waveform: Path) -> Scores:
    for program, package in (("java", "default-jdk-headless"), ("mvn", "maven")):
        if not shutil.which(program):
            raise ToolMissingError(f"{program}: apt install {package}")
    key = (platform.system(), platform.machine())
    if key not in PLATFORMS:
        raise ToolMissingError(f"a build of TensorFlow Lite for {' '.join(key)}; there is none")
    jars = ENVIRONMENT / f"jars-{version}"
    if not jars.exists():
        partial = ENVIRONMENT / "jars.part"
        shutil.rmtree(partial, ignore_errors=True)
        called(
            "mvn",
            "--quiet",
            "--batch-mode",
            f"--file={HERE / 'pom.xml'}",
            f"-Dplatform={PLATFORMS[key]}",
            f"-Dtflite={version}",
            f"-Dpresets={presets}",
            COPY,
            f"-DoutputDirectory={partial}",
        )
        partial.replace(jars)
    cache = f"-Dorg.bytedeco.javacpp.cachedir={ENVIRONMENT / f'javacpp-{version}'}"
    program = HERE / "PlainInterpreter.java"
    return scores_in(called("java", cache, "-cp", f"{jars}/*", program, model, waveform))


def mediapipe(model: Path, waveform: Path) -> Scores:
    """MediaPipe's AudioClassifier."""
    return scores_in(called(sys.executable, HERE / "with_mediapipe.py", model, waveform))


CLIENTS: tuple[Callable[[Path, Path], Scores], ...] = (
    tflite_runtime,
    plain_interpreter_2_18,
    plain_interpreter_2_19,
    mediapipe,
)


def ours(model: Path, waveform: Path) -> Scores:
    """Scores of the first head by datar-edge."""
    with open_session(model) as session:
        window = read_audio(CLIP, session.card.sample_rate_hz)
        window = np.resize(window, (1, session.card.window_samples))
        window.tofile(waveform)
        head = session.card.main_head
        return dict(zip(session.card.labels, map(float, session.run(window)[head]), strict=True))


def verdict(client: Callable[[Path, Path], Scores], model: Path, waveform: Path) -> int:
    """Prints what a client came to; the exit status it asks for."""
    expected = ours(model, waveform)
    began_s = time.monotonic()
    print(f"{client.__name__}: {(client.__doc__ or '').strip()}", flush=True)
    try:
        scores = client(model, waveform)
    except ToolMissingError as error:
        print(f"  NOT RUN, it needs {error}")
        return 2
    except RuntimeError as error:
        print(f"  FAILED: {error}")
        return 1
    print("  " + ", ".join(f"{label} {score:.4f}" for label, score in scores.items()))
    if scores.keys() != expected.keys():
        print(f"  FAILED: its labels are {list(scores)}, ours {list(expected)}")
        return 1
    difference = max(abs(scores[label] - expected[label]) for label in expected)
    bound = BOUNDS[read_model_card(model).quantize]
    took = f"{time.monotonic() - began_s:.1f} s"
    print(f"  a score differs from ours by {difference:.1e} at most ({bound:.0e} allowed), {took}")
    return int(not difference <= bound)


def main() -> int:
    """Runs every client with every model, whatever the others came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs="*", metavar="MODEL")
    statuses = []
    for model in [path.resolve() for path in parser.parse_args().models or MODELS]:
        print(f"{model.name} on {CLIP.relative_to(ROOT)}")
        with tempfile.TemporaryDirectory() as folder:
            waveform = Path(folder) / "waveform.f32"
            statuses += [verdict(client, model, waveform) for client in CLIENTS]
    return 1 if 1 in statuses else max(statuses)


if __name__ == "__main__":
    sys.exit(main())
