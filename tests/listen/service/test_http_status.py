"""Health over HTTP, asked by the standard library and read by Prometheus' own parser."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from datar_edge.errors import ConfigError
from datar_edge.listen.service import Service
from datar_edge.listen.service.http_status import StatusServer

Make = Callable[..., Service]


def asked(
    service: Service, path: str, *, method: str = "GET", host: str | None = None
) -> tuple[int, str, str]:
    """Status, kind and body."""
    assert service.server is not None
    connection = http.client.HTTPConnection("127.0.0.1", service.server.port, timeout=10.0)
    try:
        connection.request(method, path, headers={} if host is None else {"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type") or "", answer.read().decode()
    finally:
        connection.close()


def metrics_of(text: str) -> dict[str, Any]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_health_while_all_is_well(make_service: Make) -> None:
    status, kind, body = asked(make_service(status_port=0), "/health")
    assert (status, kind) == (200, "application/json")
    health = json.loads(body)
    assert (health["healthy"], health["problem"], health["state"]) == (True, "", "listening")
    assert health["source"] == 'USB "Mic" \\ 1'
    assert (health["time_s"], health["level_dbfs"]) == (12.346, -40.2)
    assert health["running"] == [{"id": 2, "label": "Rain", "start_s": 9.0, "score": 0.8765}]
    assert health["tags"][0] == {"label": "Rain", "score": 0.9}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"state": "device_lost"}, "is lost"),
        ({"state": "stopped"}, "stopped"),
        ({"sound_age_s": 13.2}, "no sound for 13 s"),
    ],
)
def test_health_while_something_is_wrong(
    make_service: Make, listening: Any, change: dict[str, Any], told: str
) -> None:
    service = make_service(status_port=0)
    listening.change(**change)
    status, _, body = asked(service, "/health")
    assert status == 503
    assert told in json.loads(body)["problem"]
    listening.change(state="device_back", sound_age_s=0.1)
    assert asked(service, "/health")[0] == 200


def test_health_when_no_window_is_scored(
    make_service: Make, scores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(status_port=0)
    now_s = time.monotonic()
    clock = "datar_edge.listen.service.liveness.time.monotonic"
    monkeypatch.setattr(clock, lambda: now_s + 14.0)  # 10 s + 2 * (1.0 s + 0.5 s) have gone by
    assert asked(service, "/health")[0] == 503
    service.saw(scores)
    assert asked(service, "/health")[0] == 200


def test_silence_has_no_number_in_json(make_service: Make, listening: Any) -> None:
    service = make_service(status_port=0)
    listening.change(level_dbfs=float("-inf"))
    assert json.loads(asked(service, "/health")[2])["level_dbfs"] is None
    assert metrics_of(asked(service, "/metrics")[2])[("datar_edge_level_dbfs",)] == float("-inf")


def test_prometheus_reads_the_metrics(make_service: Make, listening: Any) -> None:
    service = make_service(status_port=0)
    status, kind, text = asked(service, "/metrics")
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    metrics = metrics_of(text)
    assert metrics[("datar_edge_windows_total",)] == 11
    assert metrics[("datar_edge_dropped_seconds_total",)] == 0.5
    assert metrics[("datar_edge_sound_seconds_total",)] == 12.3456
    assert metrics[("datar_edge_inference_seconds",)] == pytest.approx(0.012345)
    assert metrics[("datar_edge_source_info", 'USB "Mic" \\ 1')] == 1
    assert metrics[("datar_edge_state", "listening")] == 1
    assert metrics[("datar_edge_state", "device_lost")] == 0
    assert metrics[("datar_edge_healthy",)] == 1
    assert 10e6 < metrics[("datar_edge_resident_memory_bytes",)] < 100e9
    listening.change(state="device_lost")
    later = metrics_of(asked(service, "/metrics")[2])
    assert later[("datar_edge_healthy",)] == 0
    assert later[("datar_edge_state", "device_lost")] == 1


def test_every_metric_is_described(make_service: Make) -> None:
    text = asked(make_service(status_port=0), "/metrics")[2]
    for family in text_string_to_metric_families(text):
        assert family.documentation
        assert family.type in ("counter", "gauge")
        assert (family.type == "counter") == any(
            sample.name.endswith("_total") for sample in family.samples
        )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/health/..", 404),
        ("GET", "/health?x=1", 200),
        ("POST", "/health", 501),
        ("HEAD", "/health", 200),
    ],
)
def test_other_requests(make_service: Make, method: str, path: str, status: int) -> None:
    answered, _, body = asked(make_service(status_port=0), path, method=method)
    assert answered == status
    assert method != "HEAD" or not body


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:9460", 200), ("127.0.0.1", 200), ("[::1]:1", 200), ("evil.example:9460", 403)],
)
def test_a_web_page_cannot_read_it_under_another_name(
    make_service: Make, host: str, status: int
) -> None:
    assert asked(make_service(status_port=0), "/health", host=host)[0] == status


def test_it_is_reached_from_this_machine_only(make_service: Make) -> None:
    service = make_service(status_port=0)
    assert service.server is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        route.connect(("192.0.2.1", 9))  # sends nothing: asks which address is ours
        ours = route.getsockname()[0]
    assert not ours.startswith("127.")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((ours, service.server.port), timeout=5.0)


def test_a_port_that_is_taken_is_told(make_service: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}: Address already in use"):
            make_service(status_port=port)


@pytest.mark.parametrize(
    ("port", "host", "told"),
    [
        (65_536, "127.0.0.1", "status port is 65536"),
        (-1, "127.0.0.1", "status port is -1"),
        (0, "192.0.2.1", "Cannot assign"),
        (0, "none.invalid", "nothing can answer at none.invalid"),
    ],
)
def test_places_that_cannot_be_taken_are_told(port: int, host: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        StatusServer(lambda: pytest.fail("asked"), port=port, host=host)


def test_a_client_that_says_nothing_holds_nobody_up(make_service: Make) -> None:
    service = make_service(status_port=0)
    assert service.server is not None
    with socket.create_connection(("127.0.0.1", service.server.port)):
        assert asked(service, "/health")[0] == 200


def test_many_ask_at_once(make_service: Make) -> None:
    service = make_service(status_port=0)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: asked(service, "/metrics")[0], range(200)))
    assert answers == [200] * 200


def test_the_port_is_free_again_at_once(make_service: Make) -> None:
    service = make_service(status_port=0)
    assert service.server is not None
    port = service.server.port
    asked(service, "/health")
    service.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "status"]
    assert asked(make_service(status_port=port), "/health")[0] == 200
