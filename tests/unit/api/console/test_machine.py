"""One machine's page."""

import json
import re
from dataclasses import replace

import pytest

from api.app import create_app
from api.services import ConsoleServices
from foreworn.fleet.machine import Machine
from foreworn.telemetry.sample import Event, Sample, TelemetryBatch
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.seeded_fleet import DAY, NOW, StubModel, StubModels, seeded_services


@pytest.fixture(scope="module")
def page(client: Client) -> str:
    return client.get("/machines/Pump-07").text


def test_what_is_expected_is_said_per_component_with_the_threshold(page: str) -> None:
    text = words(page)
    assert "62 % likely to fail by Tue 06:00, above the alarm threshold of 40 %." in text
    assert "<1 % likely to fail by Tue 06:00, below the alarm threshold of 40 %." in text
    assert "gear not forecast: it never failed before 2026-02-01." in text


def test_reasons_say_value_usual_range_and_direction(page: str) -> None:
    text = words(page)
    assert "vibration, mean of 24 h now 7.9 mm/s usual 2.2–4 mm/s above usual ▲ odds × 10.1" in text
    assert "time since bearing was replaced now 76 d usual 1–61 d above usual" in text
    assert "rotation, spread over 3 h now not known usual – –" in text
    assert "voltage, mean of 24 h now 171 V usual 165–176 V as usual ▽ odds ÷ 1.2" in text


def test_every_chart_has_a_finding_a_picture_and_the_figure_of_the_script(page: str) -> None:
    charts = re.findall(r'<figure class="chart".*?</figure>', page, flags=re.DOTALL)
    assert len(charts) == 6
    assert "bearing is the likeliest to fail now, at 62 %, above the alarm threshold since" in charts[1]
    assert "alarm threshold 40 %" in charts[1]
    assert "bearing fails first: 62 % within 24 h, 98 % within 4 d if nothing is done" in charts[0]
    for chart in charts:
        assert '<svg class="picture"' in chart
        figure = json.loads(re.findall(r'<script type="application/json">(.*?)</script>', chart, re.DOTALL)[0])
        assert figure["layout"]["annotations"][0]["text"]
    assert "vibration [mm/s]" in charts[2]


def test_marks_and_history_tell_what_happened(client: Client, page: str) -> None:
    assert "filter: preventive maintenance" in page
    assert "Wed 06:00 ▲ preventive maintenance filter replace" in words(page)
    assert "○ event E17 warning: bearing temperature high" in words(page)
    assert "✕ failure bearing" not in words(page)
    month = words(client.get("/machines/Pump-07?days=30").text)
    assert "9 Feb 06:00 ✕ failure bearing wear" in month
    assert "9 Feb 12:00 ▼ corrective maintenance bearing replace" in month


def test_with_the_store_away_the_forecast_stands_and_the_signals_say_why_not(away: Client) -> None:
    answer = away.get("/machines/Pump-07")
    assert answer.status_code == 200
    text = words(answer.text)
    assert "62 % likely to fail by Tue 06:00, above the alarm threshold" in text
    assert "Signals, past forecasts and events cannot be shown: InfluxDB at 127.0.0.1:8086 is not available" in text
    assert "▲ preventive maintenance filter" in text
    assert 'data-chart="signal' not in answer.text


def test_a_forecast_of_an_older_model_is_not_measured_by_the_newer_threshold(services: ConsoleServices) -> None:
    newer = StubModels(StubModel(version="gb-next", threshold=0.1))
    client = Client(create_app(replace(services, models=newer)))
    text = words(client.get("/machines/Pump-07").text)
    assert "62 % likely to fail by Tue 06:00, as model gb-3f2a91 said; model gb-next has not scored it yet." in text
    assert "▲ alarm" not in text


def test_without_a_model_the_page_says_so(services: ConsoleServices) -> None:
    client = Client(create_app(replace(services, models=StubModels(None))))
    assert "no model is in use now" in words(client.get("/machines/Pump-07").text)


def test_a_machine_that_said_nothing_has_a_page(client: Client) -> None:
    text = words(client.get("/machines/Pump-40").text)
    assert "Nothing was reported in these 7 days." in text
    assert "No failure, no maintenance and no event is on record." in text


def test_a_machine_without_components_has_a_page() -> None:
    services = seeded_services(machines=7, days=1)
    services.registry.add([Machine("bare", "px", "West", NOW - DAY)], [])
    text = words(Client(create_app(services)).get("/machines/bare").text)
    assert "The registry names no component of this machine" in text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/machines/nope", 404, id="an unknown machine"),
        pytest.param("/machines/Pump-07?days=8", 400, id="a length that is not offered"),
        pytest.param("/machines/Pump-07?days=week", 400, id="a length that is no number"),
    ],
)
def test_a_wrong_address_is_a_page_that_leads_back(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "Back to Today" in answer.text


def test_what_a_device_says_cannot_leave_its_place() -> None:
    services = seeded_services(machines=7, days=1)
    hostile = "</script><script>alert(1)</script>"
    services.telemetry.write(
        TelemetryBatch(
            samples=(Sample("gw-Pump-07", NOW, {"vibration": 1.0}),),
            events=(Event("gw-Pump-07", NOW, hostile, "error", hostile),),
        )
    )
    page = Client(create_app(services)).get("/machines/Pump-07").text
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("</script>") == page.count("<script")
