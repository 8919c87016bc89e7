from __future__ import annotations

import re
from pathlib import Path

import pytest

from datar_edge.errors import ConfigError
from datar_edge.listen.event_config import EventConfig
from datar_edge.listen.event_file import read_event_config

LABELS = ("Dog bark", "Rain", "Sea waves")
DOCUMENT = Path(__file__).parents[2] / "docs" / "events.md"


@pytest.fixture
def read(tmp_path):
    def read(text: str, base: EventConfig | None = None) -> EventConfig:
        path = tmp_path / "events.toml"
        path.write_text(text, encoding="utf-8")
        return read_event_config(path, LABELS, base or EventConfig(start_threshold=0.7))

    return read


def test_the_file_holds_over_the_base_and_its_tables_over_the_file(read) -> None:
    base = EventConfig(start_threshold=0.7, confirmation_s=1.0, cooldown_s=2.0)
    config = read(
        "confirmation_s = 2\nrelease_s = 0.5\n"
        '[labels."dog BARK"]\nstart_threshold = 0.9\ncooldown_s = 60\n[labels.Rain]\n',
        base,
    )
    general = {"confirmation_s": 2.0, "release_s": 0.5}
    dog = EventConfig(start_threshold=0.9, cooldown_s=60.0, **general)
    rain = EventConfig(start_threshold=0.7, cooldown_s=2.0, **general)
    assert config.labels == {"Dog bark": dog, "Rain": rain}
    assert config.of("Sea waves") is config
    assert (config.start_threshold, config.cooldown_s) == (0.7, 2.0)


def test_an_empty_file_changes_nothing(read) -> None:
    base = EventConfig(start_threshold=0.6, stop_threshold=0.5)
    assert read("", base) == base
    assert read("# nothing\n[labels]\n", base) == base


def test_a_stop_threshold_that_follows_goes_on_following_the_label_s_start(read) -> None:
    assert read("[labels.Rain]\nstart_threshold = 0.5").of("Rain").stop_below == pytest.approx(0.3)


def test_the_file_of_the_document_works(read) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    config = read(text)
    assert set(config.labels) == {"Dog bark", "Rain"}
    assert config.of("Rain") != config.of("Dog bark") != config


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("start_threshold = 0.7\nsmoothing_s = \n", "line 2: no TOML: Invalid value"),
        ("smoothing_s = 1\nsmoothing_s = 2\n", "line 2: no TOML: Cannot overwrite a value"),
        ("[labels", "its end: no TOML"),
        ("\nstart_treshold = 0.5\n", "line 2, start_treshold: unknown key. Did you mean start_th"),
        ("colour = 1\n", "line 1, colour: unknown key. Allowed: start_threshold, stop_threshold"),
        ("smoothing_s = '1'\n", "line 1, smoothing_s: '1' is no number"),
        ("smoothing_s = true\n", "line 1, smoothing_s: True is no number"),
        ("smoothing_s = nan\n", "line 1, smoothing_s: smoothing_s is nan. Allowed: 0 to 3600"),
        (
            "start_threshold = 0.5\n\nstop_threshold = 0.6\n",
            "line 3, stop_threshold: stop_threshold 0.6 is above start_threshold 0.5",
        ),
        ("# a\ncooldown_s = -1\n", "line 2, cooldown_s: cooldown_s is -1.0. Allowed: 0 to 3600"),
        (
            "[labels.Rain]\n[labels.'Dog park']\n",
            "line 2, labels.Dog park: unknown label 'Dog park'. Did you mean Dog bark?",
        ),
        ("[labels]\nXyz = {}\n", "line 2, labels.Xyz: unknown label 'Xyz'. It knows: Dog bark, "),
        ("[labels]\nRain = 3\n", "line 2, labels.Rain: is no table"),
        ("labels = 3\n", "line 1, labels: is no table"),
        (
            "release_s = 1\n[labels.Rain]\nrelease_s = -2\n",
            "line 3, labels.Rain.release_s: release_s is -2.0",
        ),
        (
            "[labels.Rain]\nrelease_s = 1\n[labels.'Dog bark']\nreleases = 1\n",
            "line 4, labels.Dog bark.releases: unknown key. Did you mean release_s?",
        ),
        ("labels.Rain.release_s = -1\n", "line 1, labels.Rain.release_s: release_s is -1.0"),
        ("labels.Rain = {release_s = -1}\n", "line 1, labels.Rain.release_s: release_s is -1.0"),
        ("[labels.Rain]\n[labels.rain]\n", "line 2, labels.rain: the label 'Rain' is there twice"),
        (
            "stop_threshold = 0.6\n[labels.Rain]\nstart_threshold = 0.5\n",
            "line 3, labels.Rain.start_threshold: stop_threshold 0.6 is above start_threshold 0.5",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(read, tmp_path, text, told) -> None:
    with pytest.raises(ConfigError) as error:
        read(text)
    assert f"{tmp_path / 'events.toml'}, {told}" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"events.toml cannot be read: No such file"):
        read_event_config(tmp_path / "events.toml", LABELS, EventConfig())
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_event_config(tmp_path, LABELS, EventConfig())
    (tmp_path / "latin.toml").write_bytes("# Geräusch".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"latin.toml cannot be read: it is no UTF-8"):
        read_event_config(tmp_path / "latin.toml", LABELS, EventConfig())
