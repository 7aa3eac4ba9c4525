"""A work order over HTTP: every step with the version it rests on, once, and on record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.services import ConsoleServices
from foreworn.clock import ManualClock
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import NOW

JOB = {"machine": "Pump-07", "component": "seal", "kind": "preventive", "task": "Renew the seal", "labour_h": 1.5}
BOOKING = {"technician": "theo", "start": "2026-03-04T06:00:00Z", "end": "2026-03-04T09:00:00Z"}
FOUND = {"finding": "as_predicted", "action": "replaced", "labour_h": 2.5, "parts": [{"part": "6204", "quantity": 2}]}


def _step(client: Client, step: str, body: object = None, seen: int | str = 1, id: str = "WO-1") -> httpx.Response:
    return client.change("POST", f"/v1/work-orders/{id}/{step}", body, If_Match=f'"{seen}"')


def test_an_order_goes_all_the_way_and_every_step_is_on_record(
    paula: Client, theo: Client, plant: ConsoleServices
) -> None:
    clock = plant.clock
    assert isinstance(clock, ManualClock)
    assert _step(paula, "approve", {"reason": "risk 0.62"}, 1).headers["etag"] == '"2"'
    assert _step(paula, "schedule", BOOKING, 2).json()["booking"]["technician"] == "theo"
    assert _step(paula, "unschedule", {"reason": "the crane is broken"}, 3).json()["booking"] is None
    assert _step(paula, "schedule", BOOKING, 4).status_code == 200
    clock.set(NOW + timedelta(days=2))
    assert _step(theo, "start", seen=5).json()["code"] == "INPRG"
    assert _step(theo, "pause", {"reason": "lunch"}, 6).json()["state"] == "scheduled"
    assert _step(theo, "start", seen=7).status_code == 200
    done = _step(theo, "complete", FOUND, 8).json()
    assert (done["state"], done["outcome"]) == ("completed", "found")
    assert done["findings"]["parts"] == [{"part": "6204", "quantity": 2}]
    closed = _step(paula, "close", {}, 9).json()
    assert [t["actor"] for t in closed["transitions"]] == ["paula"] * 4 + ["theo"] * 4 + ["paula"]
    assert paula.get("/v1/parts/6204").json()["levels"][0]["on_hand"] == 2
    trail = paula.get("/v1/audit?subject=WO-1").json()["items"]
    assert [e["action"] for e in trail][::-1][:3] == [
        "work_order.approved",
        "work_order.scheduled",
        "work_order.approved",
    ]


def test_an_order_shows_the_evidence_it_rests_on(paula: Client) -> None:
    answer = paula.get("/v1/work-orders/WO-1")
    order = answer.json()
    assert answer.headers["etag"] == '"1"'
    assert order["evidence"]["expected_saving"] == 3100.0
    assert order["evidence"]["reasons"][0]["source"] == "vibration"
    assert order["may_become"] == ["approved", "declined", "superseded"]


def test_of_two_planners_at_once_one_is_told_that_the_other_was_faster(paula: Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: _step(paula, "approve", {"reason": f"planner {n}"}), range(4)))
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412]
    stale = next(a for a in answers if a.status_code == 412)
    assert stale.headers["etag"] == '"2"'
    assert stale.json()["type"] == "urn:problem-type:foreworn:stale-version"
    assert len(paula.get("/v1/work-orders/WO-1").json()["transitions"]) == 1


def test_a_change_without_its_version_is_refused(paula: Client) -> None:
    answer = paula.change("POST", "/v1/work-orders/WO-1/approve", {})
    assert answer.status_code == 428
    assert "If-Match" in answer.json()["detail"]


@pytest.mark.parametrize("tag", ["*", "1", 'W/"1"', '"one"', '"1", "2"', '"99999999999999999999"'])
def test_a_version_that_is_not_one_of_ours_is_refused(paula: Client, tag: str) -> None:
    answer = paula.change("POST", "/v1/work-orders/WO-1/approve", {}, If_Match=tag)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "If-Match"


def test_a_step_that_is_not_in_the_table_is_refused_and_says_what_is(theo: Client) -> None:
    answer = _step(theo, "complete", FOUND)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:problem-type:foreworn:transition-refused"
    assert "allowed from here: approved, declined, superseded" in answer.json()["detail"]


def test_a_job_is_completed_once(paula: Client, theo: Client) -> None:
    _step(paula, "approve", {})
    _step(theo, "start", seen=2)
    assert _step(theo, "complete", FOUND, 3).status_code == 200
    assert _step(theo, "complete", FOUND, 3).status_code == 412
    assert _step(theo, "complete", FOUND, 4).status_code == 409
    assert theo.get("/v1/parts/6204").json()["levels"][0]["on_hand"] == 2


@pytest.mark.parametrize(
    ("step", "body", "word"),
    [
        pytest.param("decline", {}, "reason", id="a decline without a reason"),
        pytest.param("decline", {"reason": " "}, "reason", id="a blank is no reason"),
        pytest.param("approve", {"reson": "typo"}, "reson", id="a field we do not know"),
        pytest.param("schedule", BOOKING | {"end": BOOKING["start"]}, "window", id="a window without length"),
        pytest.param("schedule", BOOKING | {"start": "Thursday"}, "start", id="a time that is none"),
        pytest.param("approve", {"reason": "\u0000"}, "reason", id="a character that no store keeps"),
    ],
)
def test_a_bad_step_says_what_is_wrong_and_changes_nothing(paula: Client, step: str, body: object, word: str) -> None:
    answer = _step(paula, step, body)
    assert answer.status_code == 400
    (error, *_) = answer.json()["errors"]
    assert word in f"{error['field']} {error['problem']}"
    assert paula.get("/v1/work-orders/WO-1").json()["version"] == 1


def test_a_technician_whom_nobody_knows_cannot_be_booked(paula: Client) -> None:
    _step(paula, "approve", {})
    assert _step(paula, "schedule", BOOKING | {"technician": "nobody"}, 2).status_code == 404


def test_a_create_with_a_key_happens_once(paula: Client) -> None:
    first = paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1")
    again = paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers["location"] == again.headers["location"] == "/v1/work-orders/WO-2"
    assert again.headers["etag"] == '"1"'
    assert len(paula.get("/v1/work-orders").json()["items"]) == 2


def test_a_key_stands_for_one_request_of_one_user(paula: Client, ada: Client) -> None:
    paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1")
    other = paula.change("POST", "/v1/work-orders", JOB | {"labour_h": 2.0}, Idempotency_Key="k1")
    assert (other.status_code, other.json()["type"]) == (422, "urn:problem-type:foreworn:key-reused")
    assert ada.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1").json()["id"] == "WO-3"
    assert len(paula.get("/v1/work-orders").json()["items"]) == 3


def test_a_create_that_was_refused_may_be_mended_under_its_key(paula: Client) -> None:
    wrong = JOB | {"machine": "Pump-99"}
    assert paula.change("POST", "/v1/work-orders", wrong, Idempotency_Key="k1").status_code == 404
    assert paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1").status_code == 201


def test_of_one_create_sent_many_times_at_once_one_order_comes(paula: Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        sent = [JOB] * 4
        answers = list(pool.map(lambda job: paula.change("POST", "/v1/work-orders", job, Idempotency_Key="k"), sent))
    assert {a.status_code for a in answers} <= {201, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
    assert len(paula.get("/v1/work-orders").json()["items"]) == 2


def test_a_failure_supersedes_the_prediction_and_is_reported_once(theo: Client) -> None:
    failure = {"component": "bearing", "mode": "seized"}
    first = theo.change("POST", "/v1/machines/Pump-07/failures", failure).json()
    again = theo.change("POST", "/v1/machines/Pump-07/failures", failure).json()
    assert (first["kind"], first["follows"], first["id"]) == ("corrective", "WO-1", again["id"])
    assert first["evidence"]["probability"] == 0.62
    assert theo.get("/v1/work-orders/WO-1").json()["state"] == "superseded"


def test_a_failure_that_lies_ahead_is_refused(theo: Client) -> None:
    failure = {"component": "bearing", "time": "2026-03-03T00:00:00Z"}
    assert theo.change("POST", "/v1/machines/Pump-07/failures", failure).status_code == 400


def _ids(client: Client, query: str) -> list[str]:
    return [order["id"] for order in client.get(f"/v1/work-orders{query}").json()["items"]]


def test_orders_are_chosen_by_state_kind_machine_technician_and_change(paula: Client) -> None:
    paula.change("POST", "/v1/work-orders", JOB)
    _step(paula, "approve", {}, id="WO-2")
    _step(paula, "schedule", BOOKING, 2, id="WO-2")
    assert _ids(paula, "") == ["WO-1", "WO-2"]
    assert _ids(paula, "?state=proposed&state=approved") == ["WO-1"]
    assert _ids(paula, "?kind=preventive") == ["WO-2"]
    assert _ids(paula, "?component=bearing") == ["WO-1"]
    assert _ids(paula, "?technician=theo") == ["WO-2"]
    assert _ids(paula, "?machine=Pump-99") == []
    assert _ids(paula, "?changed_since=2026-03-02T06:00:00Z") == ["WO-2"]


def test_orders_are_read_in_pages(paula: Client) -> None:
    for _ in range(4):
        paula.change("POST", "/v1/work-orders", JOB)
    seen: list[str] = []
    page: dict[str, Any] = paula.get("/v1/work-orders?limit=2").json()
    while True:
        seen += [order["id"] for order in page["items"]]
        if page["next_cursor"] is None:
            break
        page = paula.get("/v1/work-orders", params={"limit": "2", "cursor": page["next_cursor"]}).json()
    assert seen == [f"WO-{n}" for n in range(1, 6)]
    assert paula.get("/v1/work-orders?cursor=WyJuZXZlciJd").status_code == 400
