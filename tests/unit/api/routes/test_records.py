"""What stands on record, over HTTP: cases, labels, scorecards, jobs, the audit trail."""

from dataclasses import replace

import pytest

from api.services import ConsoleServices
from foreworn.health.anomaly import AnomalyScore, SignalShare
from foreworn.health.case import Case
from foreworn.health.label import Label, Outcome
from foreworn.loop.jobs import Job
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import DAY, HOUR, NOW, VERSION, StubModels


@pytest.fixture
def told(plant: ConsoleServices) -> ConsoleServices:
    """The plant with a week of labels, a case, and jobs in every state."""
    labels = [
        Label("Pump-07", "bearing", NOW - n * DAY, DAY, VERSION, 0.1 * n, n > 4, NOW - n * DAY) for n in range(1, 8)
    ]
    with plant.operations.transaction() as tx:
        tx.labels.expect(labels)
        tx.labels.decide([replace(labels[-1], outcome=Outcome.FAILED, decided_at=NOW - 6 * DAY)])
        tx.labels.decide([replace(labels[-2], outcome=Outcome.SURVIVED, decided_at=NOW - 5 * DAY)])
        share = SignalShare("vibration", 0.8, 7.9, 2.0, 4.0)
        score = AnomalyScore("Pump-07", NOW - HOUR, "pca-1", 9.0, 3.0, 0.001, (share,))
        tx.cases.add(Case.opened_by(score, reason="3 of the last 4 scores lie above their threshold"))
        for key in ("propose:1", "propose:2", "propose:3"):
            tx.jobs.put(Job(key, "propose", NOW))
        for end in ("finish", "fail"):
            job = tx.jobs.lease("worker-1", now=NOW, until=NOW + HOUR)
            assert job is not None
            if end == "finish":
                tx.jobs.finish(job.key, "worker-1", now=NOW)
            else:
                tx.jobs.fail(job.key, "worker-1", now=NOW, why="no model", again=None)
    return plant


def test_labels_tell_what_became_of_forecasts(told: ConsoleServices, paula: Client) -> None:
    everything = paula.get("/v1/labels").json()
    assert everything["total"] == 7
    (failed,) = paula.get("/v1/labels?outcome=failed").json()["items"]
    assert (failed["alarm"], failed["decided_at"]) == (True, "2026-02-24T06:00:00Z")
    assert paula.get("/v1/labels?since=2026-02-28T00:00:00Z").json()["total"] == 2
    assert paula.get("/v1/labels?model_version=none").json()["total"] == 0


def test_a_model_is_measured_by_its_labels(told: ConsoleServices, paula: Client, app: object) -> None:
    app.state.services = replace(told, models=StubModels())  # type: ignore[attr-defined]
    card = paula.get(f"/v1/models/{VERSION}/scorecard").json()
    assert (card["forecasts"], card["pending"], card["failures"], card["caught"]) == (7, 5, 1, 1)
    assert (card["recall"], card["lead_time_p50_h"]) == (1.0, 24.0)
    assert sum(b["said"] for b in card["calibration"]) == 2
    assert paula.get("/v1/models/nope/scorecard").status_code == 404


def test_a_case_names_the_signals_behind_it(told: ConsoleServices, paula: Client) -> None:
    (case,) = paula.get("/v1/cases?open_only=true&machine=Pump-07").json()["items"]
    assert case["contributions"][0]["signal"] == "vibration"
    assert paula.get(f"/v1/cases/{case['id']}").json() == case
    assert paula.get("/v1/cases?machine=Pump-99").json()["items"] == []
    assert paula.get("/v1/cases/nope").status_code == 404


def test_a_job_tells_how_far_it_has_come(told: ConsoleServices, paula: Client) -> None:
    states = [paula.get(f"/v1/jobs/propose:{n}").json() for n in (1, 2, 3)]
    assert [(s["state"], s["why"], s["attempts"]) for s in states] == [
        ("done", None, 1),
        ("failed", "no model", 1),
        ("waiting", None, 0),
    ]
    assert paula.get("/v1/jobs/nope").status_code == 404


def test_the_audit_trail_is_read_in_pages_the_newest_first(paula: Client) -> None:
    seen: list[int] = []
    params = {"limit": "2"}
    while True:
        page = paula.get("/v1/audit", params=params).json()
        seen += [entry["number"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(seen) >= 3
    assert seen == sorted(set(seen), reverse=True)
    assert paula.get("/v1/audit?cursor=WyJuZXZlciJd").status_code == 400
