"""Machines, their signals and their forecasts over HTTP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.app import create_app
from api.services import ConsoleServices
from foreworn.telemetry.sample import Sample, TelemetryBatch
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import DAY, HOUR, NOW, VERSION, seeded_services


def read_all(client: Client, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    params: dict[str, str] = {}
    while True:
        page = client.get(path, params=params).json()
        rows += page["items"]
        if page["next_cursor"] is None:
            assert page["total"] == len(rows)
            return rows
        params["cursor"] = page["next_cursor"]


def test_the_most_probable_failure_comes_first(client: Client) -> None:
    machines = client.get("/v1/machines?limit=3").json()["items"]
    assert [m["id"] for m in machines] == ["Pump-07", "Pump-12", "Pump-03"]
    top = machines[0]["forecasts"][0]
    assert (top["component"], top["probability"], top["horizon_h"], top["alarm"]) == ("bearing", 0.62, 24.0, True)
    assert top["reasons"][0]["source"] == "vibration"
    assert [f["alarm"] for f in machines[2]["forecasts"]] == [False] * 3


def test_pages_hold_every_machine_once(client: Client) -> None:
    machines = read_all(client, "/v1/machines?limit=7")
    assert len({m["id"] for m in machines}) == len(machines) == 40


def test_a_machine_tells_how_fresh_its_data_is(client: Client) -> None:
    assert client.get("/v1/machines/Pump-07").json()["data_until"] == "2026-03-02T06:00:00Z"
    silent = client.get("/v1/machines/Pump-33").json()
    assert (silent["data_until"], silent["silent"]) == ("2026-02-28T06:00:00Z", True)
    never = client.get("/v1/machines/Pump-40").json()
    assert (never["data_until"], never["silent"]) == (None, True)


def test_signals_come_as_they_were_reported(client: Client) -> None:
    answer = client.get("/v1/machines/Pump-07/signals?signal=vibration&from=2026-03-02T04:00:00Z").json()
    (series,) = answer["series"]
    assert (series["signal"], series["unit"], series["device"]) == ("vibration", "mm/s", "gw-Pump-07")
    assert series["window_s"] is None
    assert [p["time"] for p in series["points"]] == [f"2026-03-02T0{h}:00:00Z" for h in (4, 5, 6)]
    assert answer["to"] == "2026-03-02T06:00:00.001Z"


def test_ranges_are_half_open(client: Client) -> None:
    asked = "signal=vibration&from=2026-03-02T04:00:00Z&to=2026-03-02T06:00:00Z"
    (series,) = client.get(f"/v1/machines/Pump-07/signals?{asked}").json()["series"]
    assert [p["time"][11:13] for p in series["points"]] == ["04", "05"]


def test_a_signal_that_is_too_long_comes_in_windows_of_the_shortest_length_that_fits(client: Client) -> None:
    asked = "signal=vibration&from=2026-02-20T00:00:00Z&to=2026-02-25T00:00:00Z"
    (whole,) = client.get(f"/v1/machines/Pump-07/signals?{asked}&limit=200").json()["series"]
    (short,) = client.get(f"/v1/machines/Pump-07/signals?{asked}&limit=45").json()["series"]
    assert (whole["window_s"], len(whole["points"])) == (None, 120)
    assert (short["window_s"], len(short["points"])) == (3 * 3600, 40)
    first, values = short["points"][0], [p["value"] for p in whole["points"][:3]]
    assert first["count"] == 3
    assert first["value"] == pytest.approx(sum(values) / 3)
    assert (first["low"], first["high"]) == (min(values), max(values))


def test_a_device_faster_than_its_catalogue_says_is_windowed_too() -> None:
    services = seeded_services(machines=7, days=1)
    fast = tuple(Sample("gw-Pump-07", NOW - timedelta(minutes=m), {"vibration": 3.0}) for m in range(300))
    services.telemetry.write(TelemetryBatch(samples=fast))
    answer = Client(create_app(services)).get("/v1/machines/Pump-07/signals?signal=vibration&limit=100").json()
    (series,) = answer["series"]
    assert series["window_s"] is not None
    assert len(series["points"]) <= 100


def test_a_signal_that_the_model_lacks_is_not_found_and_the_others_are_named(client: Client) -> None:
    answer = client.get("/v1/machines/Pump-07/signals?signal=viscosity")
    assert answer.status_code == 404
    assert "known: pressure, rotation, vibration, voltage" in answer.json()["detail"]


def test_forecasts_can_be_read_in_pages(client: Client) -> None:
    rows = read_all(client, "/v1/machines/Pump-07/forecasts?limit=100")
    assert len(rows) == 3 * 7 * 24
    assert {r["model_version"] for r in rows} == {VERSION}


def _revised(services: ConsoleServices) -> Client:
    (standing,) = [f for f in services.verdicts.latest() if (f.machine, f.component) == ("Pump-07", "bearing")]
    late = replace(standing, probability=0.9, revision=1, issued_at=NOW + 2 * HOUR)
    services.forecasts.write_forecasts([late])
    return Client(create_app(services))


def test_as_of_shows_only_what_had_been_said_by_then() -> None:
    client = _revised(seeded_services(machines=7, days=1))
    path = "/v1/machines/Pump-07/forecasts?from=2026-03-02T06:00:00Z"

    def bearing(query: str) -> list[tuple[int, float]]:
        items = client.get(path + query).json()["items"]
        return [(i["revision"], i["probability"]) for i in items if i["component"] == "bearing"]

    assert bearing("") == [(1, 0.9)]
    assert bearing("&as_of=2026-03-02T07:00:00Z") == [(0, 0.62)]
    assert bearing("&revisions=all") == [(0, 0.62), (1, 0.9)]
    assert bearing("&as_of=2026-03-02T05:00:00Z") == []


def test_data_belongs_to_the_machine_the_device_sat_on_then() -> None:
    services = seeded_services(machines=7, days=2)
    (seat,) = [a for a in services.registry.attachments() if a.device == "gw-Pump-07"]
    moved = NOW - DAY
    services.registry.add([], [replace(seat, until=moved), replace(seat, machine="Pump-06", since=moved)])
    client = Client(create_app(services))

    def hours(machine: str) -> set[str]:
        series = client.get(f"/v1/machines/{machine}/signals?signal=vibration").json()["series"]
        return {p["time"] for s in series if s["device"] == "gw-Pump-07" for p in s["points"]}

    before, after = hours("Pump-07"), hours("Pump-06")
    assert max(before) < "2026-03-01T06:00:00Z" <= min(after)
    assert len(before) + len(after) == 48
