"""A microphone without a microphone: a PulseAudio server of the test's own with null sinks."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SINKS = ("first_sink", "second_sink")
_START_S = 20.0
_ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"


def skip_without_pulseaudio() -> None:
    """Skips the test where a program or library that it needs is not installed."""
    missing = [name for name in ("pulseaudio", "pactl", "paplay") if shutil.which(name) is None]
    if ctypes.util.find_library("portaudio") is None:
        missing.append("libportaudio2")
    if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        missing.append("libasound2-plugins")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


class PulseMicrophone:
    """What is played into its first sink is what the default microphone hears.

    Args:
        folder: becomes the home of the server and of those that hear it; nobody's own settings
            are read or changed.
    """

    def __init__(self, folder: Path) -> None:
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        (folder / ".asoundrc").write_text(_ASOUNDRC)
        self._socket = runtime / "native"
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PULSE_SERVER": f"unix:{self._socket}",
        }
        self._server: subprocess.Popen[bytes] | None = None

    def plug_in(self) -> None:
        """Starts the server, and returns when it answers."""
        self._server = subprocess.Popen(
            [
                *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--disable-shm"),
                *("--exit-idle-time=-1", "--log-level=error"),
                *("-L", f"module-native-protocol-unix socket={self._socket} auth-anonymous=1"),
                *(part for sink in SINKS for part in ("-L", f"module-null-sink sink_name={sink}")),
            ],
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        deadline_s = time.monotonic() + _START_S
        while time.monotonic() < deadline_s:
            if f"{SINKS[-1]}.monitor" in self._run("pactl", "list", "sources", check=False):
                return self.make_default(SINKS[0])
            time.sleep(0.1)
        raise TimeoutError("the PulseAudio server does not answer")

    def unplug(self) -> None:
        """Ends the server: whoever records from it loses the device."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._socket.unlink(missing_ok=True)
            self._server = None

    def make_default(self, sink: str) -> None:
        """What is played into that sink is what the default microphone hears from now on."""
        self._run("pactl", "set-default-source", f"{sink}.monitor", check=True)

    def play(self, recording: Path, sink: str = SINKS[0]) -> None:
        """Plays a recording into a sink, to its end."""
        self._run("paplay", f"--device={sink}", str(recording), check=True)

    def _run(self, *command: str, check: bool) -> str:
        done = subprocess.run(
            command, env=self.environment, check=check, capture_output=True, text=True, timeout=60
        )
        return done.stdout


@pytest.fixture
def microphone(tmp_path: Path) -> Iterator[PulseMicrophone]:
    """A microphone that is plugged in."""
    skip_without_pulseaudio()
    plugged_in = PulseMicrophone(tmp_path)
    try:
        plugged_in.plug_in()
        yield plugged_in
    finally:
        plugged_in.unplug()
