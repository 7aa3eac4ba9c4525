"""The pages of a working day: what they say first, whom they offer what, and what they say when there is nothing."""

import csv
import io
import re
from dataclasses import replace

import pytest

from api.app import create_app
from api.services import ConsoleServices
from foreworn.planning.technician import Technician
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.seeded_fleet import HOUR, seeded_services, with_store_away


def test_today_ranks_proposals_with_the_sentence_first(planner: Client) -> None:
    page = planner.get("/").text
    text = words(page)
    assert re.findall(r'<li id="(WO-\d+)">', page) == ["WO-10", "WO-11", "WO-12"]
    assert "Pump-14, seal : has failed : Repair or replace the seal: leaks." in text
    sentence = r"Pump-07, bearing : 62 % likely to fail within 24 hours. Acting now saves about \d,\d00 EUR ."
    assert re.search(sentence, text)
    assert "vibration averaged 7.9 mm/s over 24 h, usual 2.2–4 E17 3 times in 24 h, usual 0–1" in text
    assert "Of 9 like this, 5 failed or were found worn (27–81 %)." in text
    assert "● 6204 deep groove bearing on shelf in main" in text
    assert "○ S-40 shaft seal 40 mm not in stock, 21 d from order to shelf" in text


def test_today_says_hours_money_and_what_is_under_way(planner: Client) -> None:
    text = words(planner.get("/").text)
    assert "Team hours this week: 10 h of 56 h planned, 9 h more proposed below." in text
    assert re.search(r"Expected avoided cost if all is done: \d,\d\d0 EUR \.", text)
    assert "Open work: 1 to schedule · 2 scheduled · 1 in progress · 1 to close ." in text
    assert "Machines unlike themselves (2)" in text


def test_assumed_costs_are_marked_where_they_are_used(planner: Client) -> None:
    rows = re.findall(r'<li id="(WO-\d+)">(.*?)</li>', planner.get("/").text, flags=re.DOTALL)
    assert {id for id, row in rows if "costs assumed" in row} == {"WO-12"}


def test_what_would_pay_but_not_now_says_why(planner: Client) -> None:
    text = words(planner.get("/").text)
    assert re.search(r"Would pay, but not now \(\d+\): risk and cost of waiting", text)
    row = (
        r"Pump-07, seal 41 % within 24 hours saves [\d,]+ EUR waiting a day [\d,]+ EUR work 3 h its part comes too late"
    )
    assert re.search(row, text)


def test_a_viewer_sees_all_and_no_buttons(viewer: Client) -> None:
    for path in (
        "/",
        "/orders/WO-11",
        "/orders/WO-5",
        "/jobs?technician=theo",
        "/parts",
        "/parts/6204",
        "/machines/Pump-07",
    ):
        page = viewer.get(path)
        assert page.status_code == 200
        assert set(re.findall(r'<form[^>]*method="post" action="([^"]+)"', page.text)) == {"/logout"}


@pytest.mark.parametrize(
    ("who", "pages"),
    [
        pytest.param("theo", ["My jobs", "Today"], id="a technician's jobs come first"),
        pytest.param("paula", ["Today", "Jobs"], id="a planner's day comes first"),
        pytest.param("ines", ["Parts", "Today"], id="parts come first to who keeps them"),
        pytest.param("vera", ["Today", "Orders"], id="a viewer has no jobs"),
    ],
)
def test_the_pages_of_ones_own_work_come_first(day: ConsoleServices, who: str, pages: list[str]) -> None:
    page = Client(create_app(day), user=who).get("/model").text
    nav = re.findall(r'<a href="/[a-z]*"[^>]*>([A-Za-z ]+)</a>', page.split("<nav")[1].split("</nav>")[0])
    assert nav[:2] == pages
    assert {"Orders", "Parts", "Cases", "Data", "Model"} <= set(nav)


@pytest.mark.parametrize(
    ("query", "orders"),
    [
        pytest.param("", ["WO-10", "WO-11", "WO-12", "WO-9", "WO-5", "WO-6", "WO-7", "WO-8"], id="open, by due"),
        pytest.param("?state=proposed&sort=saving", ["WO-11", "WO-12", "WO-10"], id="proposed, by saving"),
        pytest.param("?technician=theo&state=scheduled", ["WO-6"], id="of one technician"),
        pytest.param("?state=all&machine=Pump-07", ["WO-11", "WO-3"], id="of one machine"),
        pytest.param("?kind=corrective", ["WO-10"], id="of one kind"),
        pytest.param("?state=cancelled", [], id="none"),
    ],
)
def test_orders_are_narrowed_and_sorted_by_the_address_and_so_is_the_csv(
    planner: Client, query: str, orders: list[str]
) -> None:
    page = planner.get(f"/orders{query}").text
    assert re.findall(r'class="subject" href="/orders/([^"]+)"', page) == orders
    rows = list(csv.DictReader(io.StringIO(planner.get(f"/orders.csv{query}").text)))
    assert [row["order"] for row in rows] == orders


def test_the_orders_csv_has_units_codes_and_outcomes(planner: Client) -> None:
    rows = csv.DictReader(io.StringIO(planner.get("/orders.csv?state=all").text))
    first = next(row for row in rows if row["order"] == "WO-1")
    assert (first["state"], first["code"], first["outcome"]) == ("closed", "CLOSE", "found")
    assert (first["labour_h"], first["horizon_h"], first["currency"]) == ("3", "168", "EUR")


def test_a_technician_sees_what_runs_then_what_comes_next(technician: Client) -> None:
    page = technician.get("/jobs").text
    text = words(page)
    assert re.findall(r'<article class="job[^"]*" id="([^"]+)"', page) == ["WO-5", "WO-6"]
    assert "Pump-19 West · px-200 bearing: 51 % likely to fail within 7 days." in text
    assert "Take: ● 6204 deep groove bearing on shelf in main, reserved ." in text
    assert "What did you find?" in text
    assert page.count('<button name="answer"') == 5


def test_a_planner_sees_everybodys_jobs_or_one_persons(planner: Client) -> None:
    ids = r'<article class="job[^"]*" id="([^"]+)"'
    assert re.findall(ids, planner.get("/jobs").text) == ["WO-5", "WO-6", "WO-7"]
    assert re.findall(ids, planner.get("/jobs?technician=mara").text) == ["WO-7"]


def test_who_is_not_on_the_team_is_told_so() -> None:
    services = seeded_services(machines=7, days=1)
    with services.operations.transaction() as tx:
        tx.team.put(Technician("somebody", "Somebody else", 8 * HOUR))
    text = words(Client(create_app(services), user="theo").get("/jobs").text)
    assert "theo is not on the team" in text


def test_cases_name_the_signals_behind_them(planner: Client) -> None:
    text = words(planner.get("/cases").text)
    assert "2 machines behave unlike their healthy past." in text
    assert "vibration 7.9 mm/s, usual 2.2–4: 61 % of it" in text
    assert "Pump-16" not in text
    assert "Closed: As usual for 24 h." in words(planner.get("/cases?state=all").text)
    assert "Pump-07 has no open case" not in words(planner.get("/cases?machine=Pump-07").text)
    assert "Pump-01 has no open case." in words(planner.get("/cases?machine=Pump-01").text)


def test_data_says_who_is_silent_and_what_was_refused(planner: Client) -> None:
    text = words(planner.get("/data").text)
    assert "38 of 40 machines have data of the last 2 h; " in text
    assert "11 messages and values were refused." in text
    assert "Pump-40 East never gw-Pump-40" in text
    assert "out of range the value is outside what is physically possible 9" in text
    assert "None: no forecast of the last 24 hours had to be said again." in text


def test_data_says_which_forecasts_were_said_again() -> None:
    services = seeded_services(machines=7, days=1)
    said = next(f for f in services.verdicts.latest() if f.machine == "Pump-07")
    services.forecasts.write_forecasts([replace(said, revision=1, probability=0.2)])
    assert "because readings of their time came later: Pump-07 (1)." in words(
        Client(create_app(services)).get("/data").text
    )


def test_data_stands_while_the_telemetry_store_is_away(day: ConsoleServices) -> None:
    answer = Client(create_app(with_store_away(day)), user="paula").get("/data")
    assert answer.status_code == 200
    assert "It cannot be told now" in words(answer.text)


def test_the_model_page_counts_hits_misses_and_calibration_by_version(planner: Client) -> None:
    text = words(planner.get("/model").text)
    card, old = text.split("gb-000old")[0], text.split("gb-000old")[1]
    assert "gb-3f2a91 · in use" in card
    assert "Alarms that were right (precision) 13 of 25: 52 % (95 % interval 33–70 %)" in card
    assert "Failures and findings that an alarm told (recall) 13 of 22: 59 %" in card
    assert "2 right, 2 for nothing, 0 nobody can know" in card
    assert "40 % to 60 % 49 % 13 6 0 46 % 23 % to 71 %" in card
    assert "Too young to judge: 12 outcomes so far, 5 failures among them." in old


def test_a_model_without_outcomes_is_too_young_to_judge(client: Client) -> None:
    assert "Too young to judge: no forecast has an outcome yet." in words(client.get("/model").text)


def test_a_machine_page_has_its_work_and_what_was_found_before(planner: Client) -> None:
    text = words(planner.get("/machines/Pump-07").text)
    assert "proposed WO-11 , bearing: 62 % likely to fail within 24 hours." in text
    assert "It behaves unlike itself" in text
    assert "seal: something else was wrong, adjusted ( loose flange, tightened ), 17 d ago" in text
    assert "WO-3 , predictive seal ■ closed other, adjusted something else was found" in text


def test_nothing_to_do_is_said_with_what_to_do_next(empty: Client, client: Client) -> None:
    assert "No order is open." in words(empty.get("/orders").text)
    assert "foreworn import" in words(empty.get("/parts").text)
    assert "No machine is unlike its healthy past." in words(empty.get("/cases").text)
    assert "No machine is registered yet." in words(empty.get("/data").text)
    assert "No job is booked for anybody." in words(empty.get("/jobs").text)
    assert "Nothing waits for a decision." in words(client.get("/").text)
