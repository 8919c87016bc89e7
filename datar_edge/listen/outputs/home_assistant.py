"""What Home Assistant must be told to show listening by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from datar_edge.listen.outputs.names import unique_slugs


def discovery(topic: str, labels: Sequence[str], *, prefix: str, model: str) -> tuple[str, str]:
    """The discovery message of a device with one binary sensor a label, and one of the state.

    Args:
        topic: below which listening publishes `state` and `availability`.
        labels: that may be heard.
        prefix: of discovery topics, in Home Assistant "homeassistant" unless changed.
        model: name of the model.

    Returns:
        The topic, and the JSON to be retained there; Home Assistant 2024.11 or later reads it.
    """
    node = re.sub(r"[^A-Za-z0-9_-]+", "_", topic)
    sensors = {
        name: {
            "platform": "binary_sensor",
            "unique_id": f"{node}_{name}",
            "name": label,
            "device_class": "sound",
            "value_template": f"{{{{ 'ON' if {json.dumps(label)} in value_json.running "
            "else 'OFF' }}",
        }
        for name, label in _by_slug(labels)
    }
    state = {
        "platform": "sensor",
        "unique_id": f"{node}_listening",
        "name": "Listening",
        "entity_category": "diagnostic",
        "value_template": "{{ value_json.state }}",
        "json_attributes_topic": f"{topic}/state",
    }
    data = {
        "device": {"identifiers": [node], "name": topic, "model": model},
        "origin": {"name": "datar-edge"},
        "state_topic": f"{topic}/state",
        "availability_topic": f"{topic}/availability",
        "qos": 1,
        "components": {**sensors, "listening": state},
    }
    return f"{prefix}/device/{node}/config", json.dumps(data, ensure_ascii=False)


def _by_slug(labels: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"label-{name}", label) for label, name in unique_slugs(labels).items()]
