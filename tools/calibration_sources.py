"""Which recordings ship for calibration and verification, of whom and by what right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """A Debian package that recordings are taken from.

    Attributes:
        name: of the package.
        version: that the paths are of.
        folder: of the recordings, in the unpacked package.
        about: what it belongs to.
        root: what the paths of its recordings are below, for readers.
    """

    name: str
    version: str
    folder: str
    about: str
    root: str


GCOMPRIS = Package(
    name="gcompris-qt-data",
    version="3.1-2",
    folder="usr/share/gcompris-qt/rcc",
    about="GCompris 3.1 (https://gcompris.net)",
    root="src/activities/",
)
SONIC_PI = Package(
    name="sonic-pi-samples",
    version="3.2.2~repack-8",
    folder="usr/share/sonic-pi/samples",
    about="Sonic Pi 3.2.2 (https://sonic-pi.net)",
    root="etc/samples/",
)


@dataclass(frozen=True)
class Source:
    """One recording of a package.

    Attributes:
        path: below the package's root.
        author: as the package's copyright file names them.
        licence: SPDX identifier.
        heard: what it is.
        package: that carries it.
    """

    path: str
    author: str
    licence: str
    heard: str
    package: Package = GCOMPRIS

    @property
    def name(self) -> str:
        """Of the file that is made of it."""
        return f"{Path(self.path).stem}.ogg"


def _allorge(stem: str, heard: str) -> Source:
    path = f"memory-sound/resource/{stem}.ogg"
    return Source(path, "Lionel Allorge, Yves Combe", "LAL-1.2", heard)


def _sonic_pi(stem: str, author: str, heard: str) -> Source:
    return Source(f"{stem}.flac", author, "CC0-1.0", heard, SONIC_PI)


SETS: dict[str, tuple[Source, ...]] = {
    "calibration": (
        Source("canal_lock/resource/water_fill.wav", "inchadney", "CC-BY-3.0", "running water"),
        Source("canal_lock/resource/door_open.wav", "lolamadeus", "CC0-1.0", "a gate opens"),
        Source("memory/resource/card_flip.wav", "f4ngy", "CC-BY-3.0", "a card is turned"),
        Source("money/resource/money1.wav", "florian_reinke", "CC0-1.0", "coins"),
        Source("redraw/resource/brush.wav", "acrober", "CC0-1.0", "a brush on paper"),
        Source("reversecount/resource/icy_walk.wav", "tim.kahn", "CC-BY-3.0", "steps on ice"),
        Source("traffic/resource/car.wav", "henrique85n", "CC-BY-3.0", "a car"),
        Source("guessnumber/resource/helicopter.wav", "fridobeck", "CC-BY-3.0", "a helicopter"),
        _allorge("LRBark_3_LA_cut", "a dog barks"),
        _allorge("LRTrain_slowing_down_01_LA_cut", "a train slows down"),
        _allorge("LRApplauses_1_LA_cut", "applause"),
        _allorge("LRFireballs_01_LA", "juggling with fire"),
        _allorge("LRObject_falling_02_LA", "things fall"),
        _allorge("LRHits_01_LA", "blows"),
        _allorge("LRFactory_noise_04_LA", "machines"),
    ),
    "verification": (
        Source("canal_lock/resource/lock.wav", "MAJ061785", "CC-BY-3.0", "a lock's machinery"),
        Source("canal_lock/resource/door_close.wav", "lolamadeus", "CC0-1.0", "a gate closes"),
        Source("money/resource/money2.wav", "keweldog", "CC0-1.0", "coins"),
        Source("redraw/resource/eraser.wav", "esperri", "CC0-1.0", "an eraser on paper"),
        Source("scalesboard/resource/metal_hit.wav", "jorickhoofd", "CC-BY-3.0", "metal is hit"),
        _allorge("LRBark_1_LA_cut", "a dog barks"),
        _allorge("LRBuddhist_gong_05_LA", "a gong"),
        _allorge("LRDoor_Open_2_LA", "a door opens"),
        _allorge("LRObject_falling_01_LA", "something falls"),
        _allorge("LRFactory_noise_01_LA", "machines"),
        _allorge("LRFactory_noise_02_LA", "machines"),
        _allorge("LRFactory_noise_03_LA", "machines"),
        _allorge("LRFactory_noise_05_LA", "machines"),
        _allorge("LRFactory_noise_06_LA", "machines"),
        _allorge("LRRain_in_garden_01_LA_cut", "rain in a garden"),
        _allorge("LRHeart_beat_01_LA", "a heart beats"),
        _allorge("LRRing_01_LA", "a bell rings"),
        _allorge("LRWeird_1_LA", "a made-up sound"),
        _allorge("LRWeird_4_LA", "a made-up sound"),
        _allorge("LRWeird_6_LA", "a made-up sound"),
        _sonic_pi("misc_crow", "davidworksonline", "a crow"),
        _sonic_pi("misc_burp", "anas76", "a burp"),
        _sonic_pi("ambi_choir", "Exsomniel", "voices"),
        _sonic_pi("ambi_glass_rub", "ani_music", "glass is rubbed"),
        _sonic_pi("ambi_piano", "Rutger Muller", "a piano"),
        _sonic_pi("ambi_swoosh", "Halgrimm", "a whoosh"),
        _sonic_pi("drum_bass_soft", "menegass", "a bass drum"),
        _sonic_pi("drum_cowbell", "Neotone", "a cowbell"),
        _sonic_pi("drum_cymbal_open", "menegass", "a cymbal"),
        _sonic_pi("drum_cymbal_soft", "menegass", "a cymbal"),
        _sonic_pi("drum_heavy_kick", "Zajo", "a bass drum"),
        _sonic_pi("drum_roll", "Heigh-hoo", "a drum roll"),
        _sonic_pi("drum_snare_hard", "menegass", "a snare drum"),
        _sonic_pi("drum_splash_soft", "menegass", "a cymbal"),
        _sonic_pi("drum_tom_lo_hard", "menegass", "a tom"),
        _sonic_pi("guit_e_fifths", "Sub-d", "a guitar"),
        _sonic_pi("guit_e_slide", "Suva", "a guitar"),
        _sonic_pi("guit_em9", "Sub-d", "a guitar"),
        _sonic_pi("guit_harmonics", "BStateham", "a guitar"),
        _sonic_pi("loop_amen_full", "gowers", "drums"),
        _sonic_pi("loop_breakbeat", "Snapper4298", "drums"),
        _sonic_pi("loop_safari", "nemaavla", "drums"),
        _sonic_pi("loop_tabla", "lezaarth", "a tabla"),
        _sonic_pi("perc_bell", "AlaskaRobotics", "a bell"),
        _sonic_pi("perc_snap", "SoundCollectah", "fingers snap"),
        _sonic_pi("perc_swash", "qubodup", "a swish"),
        _sonic_pi("perc_till", "Zott820", "a till"),
        _sonic_pi("tabla_ghe2", "dio_333", "a tabla"),
        _sonic_pi("tabla_na", "dio_333", "a tabla"),
        _sonic_pi("tabla_tas1", "dio_333", "a tabla"),
        _sonic_pi("vinyl_backspin", "il112", "a record is turned back"),
        _sonic_pi("vinyl_hiss", "veezay", "a record hisses"),
        _sonic_pi("vinyl_rewind", "TasmanianPower", "a record is turned back"),
        _sonic_pi("vinyl_scratch", "hello_flowers", "a record is scratched"),
    ),
}
