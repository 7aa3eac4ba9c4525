"""Today's list, its CSV, and what it says when there is little to say."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from api.app import create_app
from api.services import ConsoleServices
from foreworn.clock import ManualClock
from foreworn.errors import DamagedModel
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.operations.memory import MemoryVerdictBoard
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import Sample, TelemetryBatch
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import DAY, NOW, StubModels, empty_services, seeded_services


def words(html: str) -> str:
    """Return the page's text as a person reads it, in one line."""
    text = re.sub(r"<script.*?</script>|<svg.*?</svg>|<[^>]+>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text.replace("&lt;", "<").replace("&gt;", ">"))


def ranked(html: str) -> list[str]:
    return re.findall(r'class="subject" href="/machines/([^"]+)"', html)


def test_the_day_is_said_in_a_sentence(client: Client) -> None:
    page = words(client.get("/").text)
    assert "2 of 40 machines are above the alarm threshold of 40 %." in page
    assert "Most urgent: Pump-07 , bearing: 62 % likely to fail by Tue 06:00." in page
    assert "Data to 06:00 today , 38 of 40 machines reporting (2 silent)" in page


def test_a_row_says_how_likely_and_why(client: Client) -> None:
    page = words(client.get("/").text)
    assert "62 % likely to fail by Tue 06:00" in page
    assert "vibration averaged 7.9 mm/s over 24 h, usual 2.2–4 E17 3 times in 24 h, usual 0–1" in page
    assert "also seal 41 %" in page
    assert "<1 % likely to fail by Tue 06:00" in page


def test_the_riskiest_come_first_and_the_rest_is_one_link_away(client: Client) -> None:
    short, whole = client.get("/").text, client.get("/?show=all").text
    assert ranked(short)[:3] == ["Pump-07", "Pump-12", "Pump-03"]
    assert ranked(short)[3:] == ["Pump-19", "Pump-28", "Pump-33", "Pump-40"]
    assert "33 further machines, each less than 1 % likely to fail: show all 40" in words(short)
    assert len(ranked(whole)) == 40


def test_a_silent_machine_is_not_folded_away_with_the_ordinary_ones(client: Client) -> None:
    page = words(client.get("/").text)
    assert "Pump-33 · bearing" in page
    assert "silent: the forecast rests on what was known" in page
    assert "has never reported" in page


def test_a_small_fleet_is_shown_whole() -> None:
    page = Client(create_app(seeded_services(machines=7, days=1))).get("/").text
    assert len(ranked(page)) == 7
    assert "further machine" not in page


def test_a_fleet_of_which_nothing_is_expected_shows_its_highest() -> None:
    services = seeded_services(machines=40, days=1)
    calm = replace(services, verdicts=MemoryVerdictBoard())
    calm.verdicts.post([f for f in services.verdicts.latest() if f.probability < 0.01])
    calm.progress.observe(_all_report(services))
    page = Client(create_app(calm)).get("/").text
    assert len(ranked(page)) == 3
    assert "37 further machines, each less than 1 % likely to fail" in words(page)


def _all_report(services: ConsoleServices) -> IntakeBatch:
    devices = [a.device for a in services.registry.attachments()]
    samples = tuple(Sample(device, NOW, {"vibration": 3.0}, seq=10_000) for device in devices)
    return IntakeBatch(telemetry=TelemetryBatch(samples=samples), received_at=NOW)


def test_a_list_in_another_order_is_not_folded(client: Client) -> None:
    page = client.get("/?sort=machine").text
    assert len(ranked(page)) == 25
    assert "15 further machines below these" in words(page)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("state=silent", ["Pump-33", "Pump-40"], id="silent machines"),
        pytest.param("state=alarm", ["Pump-07", "Pump-12"], id="alarms"),
        pytest.param("state=alarm&site=East", ["Pump-12"], id="alarms of one site"),
        pytest.param("state=alarm&model=px-200", ["Pump-07"], id="alarms of one model"),
        pytest.param("state=alarm&sort=machine&site=Nowhere", [], id="a site that is not there"),
        pytest.param("state=silent&sort=data", ["Pump-40", "Pump-33"], id="the oldest data first"),
    ],
)
def test_a_view_is_its_address_and_its_csv_lists_the_same(client: Client, query: str, expected: list[str]) -> None:
    assert ranked(client.get(f"/?{query}").text) == expected
    rows = list(csv.DictReader(io.StringIO(client.get(f"/today.csv?{query}").text)))
    assert [row["machine"] for row in rows] == expected


def test_links_keep_the_view(client: Client) -> None:
    page = client.get("/?site=West&sort=machine").text
    assert 'href="/today.csv?site=West&amp;sort=machine"' in page
    assert 'href="/?site=West&amp;sort=data#machines"' in page
    assert '<input type="hidden" name="sort" value="machine">' in page


def test_a_sort_nobody_offers_is_refused_on_a_page(client: Client) -> None:
    answer = client.get("/?sort=colour")
    assert answer.status_code == 400
    assert "risk" in words(answer.text)


def test_the_csv_says_units_and_times(client: Client) -> None:
    answer = client.get("/today.csv")
    first = next(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"] == 'attachment; filename="foreworn-2026-03-02T0600.csv"'
    assert (first["machine"], first["probability"], first["horizon_h"]) == ("Pump-07", "0.6200", "24")
    assert (first["alarm"], first["data_until"]) == ("yes", "2026-03-02T06:00:00Z")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_spreadsheet_does_not_run_a_name(name: str) -> None:
    services = empty_services()
    services.registry.add([Machine(name, "m", "s", NOW - DAY)], [])
    row = next(csv.DictReader(io.StringIO(Client(create_app(services)).get("/today.csv").text)))
    assert row["machine"] == f"'{name}"


def test_a_choice_of_one_is_not_offered() -> None:
    services = empty_services()
    services.registry.add([Machine(name, "m", "s", NOW - DAY) for name in ("a", "b")], [])
    page = Client(create_app(services)).get("/").text
    assert '<select name="site">' not in page
    assert '<select name="state">' in page


def test_counts_open_what_they_count(client: Client) -> None:
    page = client.get("/").text
    assert '<a href="/quarantine">Quarantined readings (11)</a>' in page
    assert '<a href="/?state=silent#machines">Silent machines (2)</a>' in page
    assert '<a href="/quarantine#sensors">Sensors that need a look (1)</a>' in page


def test_no_machines_says_what_to_do_next(empty: Client) -> None:
    page = words(empty.get("/").text)
    assert "No machines yet" in page
    assert "foreworn replay DIR --from TIME --to TIME" in page


def test_no_model_says_how_to_train_one(services: ConsoleServices) -> None:
    page = words(Client(create_app(replace(services, models=StubModels(None)))).get("/").text)
    assert "No model is in use" in page
    assert "foreworn train DIR --until TIME" in page
    assert "above the alarm threshold" not in page
    assert "What an earlier model said stands below" in page


def test_without_any_forecast_the_machines_are_listed_bare(services: ConsoleServices) -> None:
    bare = replace(services, models=StubModels(None), verdicts=MemoryVerdictBoard())
    page = words(Client(create_app(bare)).get("/").text)
    assert "Machines are listed without a probability" in page
    assert "likely to fail" not in page


def test_a_damaged_model_leaves_what_it_said_standing(services: ConsoleServices) -> None:
    class Damaged(StubModels):
        def serving(self) -> None:
            raise DamagedModel("models/gb-1", "weights.txt is missing")

    client = Client(create_app(replace(services, models=Damaged())))
    answer = client.get("/")
    assert answer.status_code == 200
    assert "The model in use cannot be read" in words(answer.text)
    assert "restore the folder, or train again" in words(answer.text)
    assert ranked(answer.text)[0] == "Pump-07"
    assert client.get("/model").status_code == 200
    assert client.get("/machines/Pump-07").status_code == 200


def test_a_model_that_has_not_scored_yet_is_no_silence(services: ConsoleServices) -> None:
    page = words(Client(create_app(replace(services, verdicts=MemoryVerdictBoard()))).get("/").text)
    assert "Nothing has been forecast yet" in page
    assert "no forecast" in page


def test_stale_data_says_since_when(services: ConsoleServices) -> None:
    page = words(Client(create_app(replace(services, clock=ManualClock(NOW + 3 * DAY)))).get("/").text)
    assert "The data is stale" in page
    assert "No machine has reported since 2026-03-02 06:00 UTC (3 d ago)" in page
    assert "62 % likely to fail by last Tue 06:00 (passed)" in page
    assert "silent: the forecast" not in page


def test_a_store_that_is_away_leaves_the_ranks_and_says_what_is_right(away: Client) -> None:
    answer = away.get("/")
    assert answer.status_code == 200
    assert "The telemetry store does not answer" in words(answer.text)
    assert "are right as they stand" in words(answer.text)
    assert ranked(answer.text)[0] == "Pump-07"


def test_a_deep_spool_is_told(services: ConsoleServices) -> None:
    page = words(Client(create_app(replace(services, spool_depth=lambda: 1234))).get("/").text)
    assert "1,234 batches that were acknowledged to their devices" in page


def test_registered_machines_without_data_are_told_apart_from_stale_ones() -> None:
    services = empty_services()
    services.registry.add([Machine("m", "x", "s", NOW - DAY)], [Attachment("d", "m", NOW - DAY)])
    assert "none has reported" in words(Client(create_app(services)).get("/").text)


def test_times_are_relative_with_the_exact_one_on_hover(client: Client) -> None:
    page = client.get("/?state=silent").text
    assert '<time datetime="2026-02-28T06:00:00Z" title="2026-02-28 06:00 UTC">2 d ago</time>' in page


def test_a_device_whose_clock_runs_ahead_has_spoken_just_now() -> None:
    services = empty_services()
    services.registry.add([Machine("m", "x", "s", NOW - DAY)], [Attachment("d", "m", NOW - DAY)])
    ahead = TelemetryBatch(samples=(Sample("d", NOW + timedelta(minutes=5), {"vibration": 3.0}),))
    services.progress.observe(IntakeBatch(telemetry=ahead, received_at=NOW))
    page = Client(create_app(services)).get("/").text
    assert '<time datetime="2026-03-02T06:05:00Z" title="2026-03-02 06:05 UTC">just now</time>' in page


def test_names_with_markup_are_shown_as_text() -> None:
    services = seeded_services(machines=7, days=1)
    services.registry.add([Machine("<b>&\"'", "<i>", "</option>", NOW - DAY)], [])
    page = Client(create_app(services)).get("/?show=all").text
    assert "&lt;b&gt;&amp;&#34;&#39;" in page
    assert "/machines/%3Cb%3E%26%22%27" in page
    assert "<b>&" not in page
    assert "<i>" not in page
