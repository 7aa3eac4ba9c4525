"""Devices, quarantine, models, health and status over HTTP."""

import base64

import pytest

from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import HOSTILE, VERSION


def test_a_device_tells_its_progress_and_last_refusal(client: Client) -> None:
    device = client.get("/v1/devices/gw-Pump-09").json()
    assert (device["machine"], device["samples"], device["rejected"]) == ("Pump-09", 24, 1)
    refusal = device["last_rejection"]
    assert refusal["reason"] == "unreadable"
    assert base64.b64decode(refusal["payload_base64"]) == b'{"ts": "\xff\x00<img src=x>'
    assert refusal["payload_text"] == r'{"ts": "\xff\x00<img src=x>'


def test_a_device_that_was_never_heard_is_listed(client: Client) -> None:
    device = client.get("/v1/devices/gw-Pump-40").json()
    assert (device["state"], device["last_received_at"], device["samples"]) == ("unknown", None, 0)


def test_a_device_that_the_registry_lacks_is_listed_by_what_it_sent(client: Client) -> None:
    items = client.get("/v1/devices?limit=1").json()["items"]
    assert [(i["id"], i["machine"]) for i in items] == [(HOSTILE, None)]


def test_a_device_nobody_heard_of_is_not_found(client: Client) -> None:
    assert client.get("/v1/devices/gw-Pump-99").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", 11, id="all"),
        pytest.param("limit=3", 3, id="the newest three"),
        pytest.param("reason=out_of_range", 9, id="of one reason"),
        pytest.param("device=gw-Pump-05", 9, id="of one device"),
        pytest.param("device=gw-Pump-05&reason=unreadable", 0, id="of both"),
    ],
)
def test_quarantine_is_chosen_by_device_reason_and_number(client: Client, query: str, expected: int) -> None:
    answer = client.get(f"/v1/quarantine?{query}").json()
    times = [i["received_at"] for i in answer["items"]]
    assert len(times) == expected
    assert times == sorted(times, reverse=True)
    assert answer["counts"] == {"out_of_range": 9, "unreadable": 1, "unknown_device": 1}


def test_an_unknown_reason_is_refused_with_the_known_ones(client: Client) -> None:
    (error,) = client.get("/v1/quarantine?reason=bad").json()["errors"]
    assert error["field"] == "reason"
    assert "out_of_range" in error["remedy"]


def test_health_needs_the_stores_and_status_does_not_need_telemetry(client: Client, away: Client) -> None:
    assert client.get("/v1/health").json() == {"status": "ok", "clock": "2026-03-02T06:00:00Z"}
    assert away.get("/v1/health").status_code == 503
    status = away.get("/v1/status").json()
    assert status == client.get("/v1/status").json()
    assert (status["machines"], status["reporting"], status["silent"]) == (40, 38, ["Pump-33", "Pump-40"])
    assert (status["rejected"], status["spool_depth"], status["serving_model"]) == (11, 0, VERSION)
