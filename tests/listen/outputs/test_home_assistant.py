from __future__ import annotations

import json

import jinja2
import pytest

from datar_edge.listen.outputs.home_assistant import discovery

LABELS = ["Dog bark", "dog-bark", 'A "quoted" {{ label }}']


def test_one_message_describes_a_device() -> None:
    topic, text = discovery("home/attic ear", LABELS, prefix="homeassistant", model="datar-micro")
    assert topic == "homeassistant/device/home_attic_ear/config"
    data = json.loads(text)
    assert data["device"]["identifiers"] == ["home_attic_ear"]
    assert data["origin"]["name"] == "datar-edge"
    assert data["availability_topic"] == "home/attic ear/availability"
    assert data["state_topic"] == "home/attic ear/state"
    sensors = data["components"]
    assert len(sensors) == len(LABELS) + 1
    assert all({"platform", "unique_id", "name"} <= set(sensor) for sensor in sensors.values())
    assert len({sensor["unique_id"] for sensor in sensors.values()}) == len(sensors)


@pytest.mark.parametrize("heard", [[], ["dog-bark"], LABELS])
def test_templates_read_the_state(heard: list[str]) -> None:
    _, text = discovery("attic", LABELS, prefix="homeassistant", model="datar-micro")
    state = {"state": "listening", "running": heard}
    shown = {
        sensor["name"]: jinja2.Template(sensor["value_template"]).render(value_json=state)
        for sensor in json.loads(text)["components"].values()
    }
    assert shown == {
        **{label: "ON" if label in heard else "OFF" for label in LABELS},
        "Listening": "listening",
    }
