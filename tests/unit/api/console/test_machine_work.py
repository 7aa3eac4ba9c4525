"""A failure that is reported and work that is asked for on a machine's page."""

import pytest

from api.services import ConsoleServices
from foreworn.planning import WorkOrderKind, WorkOrderState
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words

FAILURE = {"component": "bearing", "time": "2026-03-02T05:00", "mode": "seized"}
WORK = {"component": "seal", "kind": "preventive", "hours": "1.5", "task": "grease it", "due": "2026-03-05T08:00"}


def test_a_failure_orders_the_repair_and_carries_the_predictions_evidence(theo: Client, plant: ConsoleServices) -> None:
    answer = theo.send("/machines/Pump-07/failures", form=FAILURE)
    assert answer.headers["location"] == "/orders/WO-2?did=WO-2"
    assert theo.send("/machines/Pump-07/failures", form=FAILURE).headers["location"] == "/orders/WO-2?did=WO-2"
    with plant.operations.reading() as tx:
        repair, predicted = tx.orders.get("WO-2"), tx.orders.get("WO-1")
    assert (repair.kind, predicted.state) == (WorkOrderKind.CORRECTIVE, WorkOrderState.SUPERSEDED)
    page = words(theo.get("/orders/WO-1").text)
    assert "superseded 06:00 today, theo" in page
    assert "was 62 % likely to fail within 7 days" in page
    assert "comes out of WO-1" in words(theo.get("/orders/WO-2").text)


def test_a_planner_asks_for_work(paula: Client, plant: ConsoleServices) -> None:
    assert paula.send("/machines/Pump-07/orders", form=WORK).status_code == 303
    with plant.operations.reading() as tx:
        order = tx.orders.get("WO-2")
    assert (order.task, order.kind, order.state) == ("grease it", WorkOrderKind.PREVENTIVE, WorkOrderState.PROPOSED)
    assert "grease it, due Thu 08:00" in words(paula.get("/").text)


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        pytest.param("failures", {"component": "gear"}, "no component", id="a component it has not"),
        pytest.param("failures", {"component": ""}, "component: it is empty", id="no component"),
        pytest.param("failures", {"time": "2026-03-09T05:00"}, "has not happened yet", id="a failure to come"),
        pytest.param("orders", {"hours": "0"}, "hours cannot be", id="no hours"),
        pytest.param("orders", {"kind": "predictive"}, "a predictive order rests on a forecast", id="a prediction"),
        pytest.param("orders", {"task": " "}, "task: it is empty", id="no task"),
    ],
)
def test_what_cannot_be_used_comes_back_as_it_was_typed(
    paula: Client, plant: ConsoleServices, path: str, fields: dict[str, str], said: str
) -> None:
    typed = (FAILURE if path == "failures" else WORK) | fields
    answer = paula.send(f"/machines/Pump-07/{path}", form=typed)
    assert answer.status_code == 400
    assert said.lower() in words(answer.text).lower()
    kept = typed["mode"] if path == "failures" else typed["due"]
    assert f'value="{kept}"' in answer.text
    with plant.operations.reading() as tx:
        assert [order.id for order in tx.orders.find()] == ["WO-1"]


def test_who_may_not_work_may_not_report(ines: Client, theo: Client) -> None:
    assert ines.send("/machines/Pump-07/failures", form=FAILURE).status_code == 403
    assert theo.send("/machines/Pump-07/orders", form=WORK).status_code == 403


def test_past_failures_that_announced_themselves_alike_say_what_fixed_them(planner: Client) -> None:
    text = words(planner.get("/machines/Pump-07").text)
    assert "Past failures of bearing that announced themselves alike, and what fixed them" in text
    assert "Pump-02 vibration, E17 (100 %) as predicted: replaced, outer ring pitted , 1 × 6204, 2 h WO-1" in text
    assert "Pump-07 vibration, E17 (100 %) other: adjusted, loose flange, tightened , 1 h" in text
