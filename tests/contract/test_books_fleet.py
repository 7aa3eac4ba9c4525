"""What the operations store promises of sites, team, plans, costs, labels and cases, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from foreworn.economics.cost_table import ASSUMED_COST, CostTable
from foreworn.errors import Conflict, NotFound
from foreworn.fleet.history import MAINTENANCE_SCHEMA
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.health.anomaly import SignalShare
from foreworn.health.case import Case, CaseState, Reading
from foreworn.health.label import Label, Outcome
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.technician import Technician
from foreworn.storage.operations.sql import SqlOperations
from tests.operations_store import DAY, HOUR, T0, machine

# The fleet


def test_a_machine_taken_out_of_service_says_since_when(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.registry.add([machine("m2", retired_at=T0)], [])
    with books.reading() as tx:
        assert [m.retired_at for m in tx.registry.machines()] == [None, T0]


def test_maintenance_recorded_in_a_transaction_is_seen_in_it(books: SqlOperations) -> None:
    done = {"time": T0, "machine": "m1", "component": "seal", "action": "replaced", "kind": "preventive"}
    with books.transaction() as tx:
        tx.registry.record_maintenance(pa.Table.from_pylist([done], schema=MAINTENANCE_SCHEMA))
        assert tx.registry.maintenance(T0, T0 + HOUR).to_pylist() == [done]


def test_machines_stand_where_they_were_placed_last(books: SqlOperations) -> None:
    with books.transaction() as tx:
        for area in (Area("west", "hall 2"), Area("west", "hall 1", "Hall one"), Area("east", "hall 1")):
            tx.sites.put_area(area)
        tx.sites.put_area(Area("east", "hall 1", "Eastern hall"))
        tx.sites.put_customer(Customer("acme", "Acme"))
        tx.sites.place(Standing("m2", "hall 2"))
        tx.sites.place(Standing("m1", "hall 1", "acme"))
        tx.sites.place(Standing("m2", None, "acme"))
        assert tx.sites.areas() == [
            Area("east", "hall 1", "Eastern hall"),
            Area("west", "hall 1", "Hall one"),
            Area("west", "hall 2"),
        ]
        assert tx.sites.customers() == [Customer("acme", "Acme")]
        assert tx.sites.standings() == [Standing("m1", "hall 1", "acme"), Standing("m2", None, "acme")]
        tx.sites.place(Standing("m2"))
        assert [s.machine for s in tx.sites.standings()] == ["m1"]


def test_a_machine_that_moved_to_another_site_stands_in_no_area_there(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.sites.put_area(Area("west", "hall 1"))
        tx.sites.place(Standing("m1", "hall 1"))
        tx.registry.add([machine("m1", site="north")], [])
        assert tx.sites.standings() == []


@pytest.mark.parametrize(
    ("standing", "missing"),
    [
        pytest.param(Standing("m9"), "no machine 'm9'", id="a machine nobody knows"),
        pytest.param(
            Standing("m1", "hall 1"), "no area of site 'west' 'hall 1'; known: hall 2", id="another site's area"
        ),
        pytest.param(Standing("m1", None, "acme"), "no customer 'acme'", id="a customer nobody knows"),
    ],
)
def test_a_machine_stands_only_where_there_is_a_place(books: SqlOperations, standing: Standing, missing: str) -> None:
    with books.transaction() as tx:
        tx.sites.put_area(Area("west", "hall 2"))
        tx.sites.put_area(Area("east", "hall 1"))
        with pytest.raises(NotFound, match=missing):
            tx.sites.place(standing)


# Planning


def test_technicians_come_back_as_they_were_put_last(books: SqlOperations) -> None:
    eve = Technician("eve", "Eve", timedelta(hours=7, microseconds=5), ("welding", "electrics"), active=False)
    with books.transaction() as tx:
        tx.team.put(replace(eve, name="E."))
        tx.team.put(eve)
    with books.reading() as tx:
        assert tx.team.all() == [eve, Technician("tom", "Tom", 30 * HOUR)]


def test_plans_come_back_as_they_were_put_last(books: SqlOperations) -> None:
    grease = MaintenancePlan("plan-1", "m1", "motor", "grease", timedelta(days=30, microseconds=1), T0, 2 * HOUR)
    with books.transaction() as tx:
        tx.plans.put(replace(grease, last_done=T0 - DAY))
        tx.plans.put(grease)
        tx.plans.put(replace(grease, id="plan-0", machine="m2"))
        assert [p.id for p in tx.plans.all()] == ["plan-0", "plan-1"]
        assert tx.plans.all(machine="m1") == [grease]
        with pytest.raises(NotFound, match="no machine 'm9'"):
            tx.plans.put(replace(grease, machine="m9"))


def test_costs_are_merged_by_key_and_the_last_currency_is_everybodys(books: SqlOperations) -> None:
    given = replace(ASSUMED_COST, preventive=0.1 + 0.2, labour=timedelta(microseconds=1), assumed=False)
    with books.transaction() as tx:
        assert tx.costs.table() == CostTable()
        tx.costs.put(CostTable({("px", "seal"): ASSUMED_COST, ("*", "*"): ASSUMED_COST}))
        tx.costs.put(CostTable({("px", "seal"): given}, "SEK"))
    with books.reading() as tx:
        assert tx.costs.table() == CostTable({("px", "seal"): given, ("*", "*"): ASSUMED_COST}, "SEK")


# Labels


def label(machine: str = "m1", component: str = "seal", **other: Any) -> Label:
    whole: dict[str, Any] = {"time": T0, "horizon": DAY, "model_version": "v1", "probability": 1 / 3, "alarm": True}
    return Label(machine, component, **(whole | {"issued_at": T0 + HOUR} | other))


def test_a_label_expected_twice_stays_as_it_was_first_said(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.labels.expect([label()])
        tx.labels.decide([label(outcome=Outcome.FAILED, decided_at=T0 + DAY)])
        tx.labels.expect([label(probability=0.9)])
        assert tx.labels.of_model() == [label(outcome=Outcome.FAILED, decided_at=T0 + DAY)]
        assert tx.labels.pending() == []


def test_a_decided_label_keeps_what_the_forecast_said(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.labels.expect([label()])
        tx.labels.decide([label(probability=0.9, alarm=False, outcome=Outcome.FOUND_NOTHING, decided_at=T0)])
        tx.labels.decide([label(outcome=Outcome.FAILED, decided_at=T0 + HOUR)])
        assert tx.labels.of_model("v1") == [label(outcome=Outcome.FAILED, decided_at=T0 + HOUR)]


def test_labels_are_found_by_model_and_time_in_order(books: SqlOperations) -> None:
    later = label(time=T0 + DAY, model_version="v2")
    with books.transaction() as tx:
        tx.labels.expect([label("m2"), later, label("m1", "motor"), label()])
        assert tx.labels.pending() == [label("m1", "motor"), label(), later, label("m2")]
        assert tx.labels.of_model("v2") == tx.labels.of_model(since=T0 + DAY) == [later]
        assert tx.labels.of_model("v9") == []


# Cases


CASE = Case(
    id="case-m1-1",
    machine="m1",
    opened_at=T0,
    detector="pca-1",
    reason="3 of the last 4 scores",
    first=Reading(T0, 3.2, 2.5, 1e-4),
    peak=Reading(T0 + HOUR, 1 / 3, 2.5, 0.0),
    latest=Reading(T0 + 2 * HOUR, 2.0, 2.5, 0.03),
    contributions=(SignalShare("vibration", 0.7, 40.1, 30.0, 35.0), SignalShare("pressure", 0.3, -0.0, 90.0, 99.7)),
)


def test_a_case_comes_back_as_it_was_kept_last(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.cases.add(CASE)
        assert (tx.cases.get(CASE.id), tx.cases.open_of("m1"), tx.cases.open_of("m2")) == (CASE, CASE, None)
        closed = CASE.noted("looked at").close(T0 + DAY, because="quiet for 24 h")
        tx.cases.update(closed)
        assert (tx.cases.get(CASE.id), tx.cases.open_of("m1")) == (closed, None)
        assert closed.state is CaseState.CLOSED


def test_a_machine_has_one_open_case(books: SqlOperations) -> None:
    second = replace(CASE, id="case-m1-2", opened_at=T0 + DAY)
    with books.transaction() as tx:
        tx.cases.add(CASE)
        with pytest.raises(Conflict, match="machine 'm1' has an open case already, case-m1-1"):
            tx.cases.add(second)
        with pytest.raises(Conflict, match="there is a case case-m1-1 already"):
            tx.cases.add(CASE)
        tx.cases.update(CASE.close(T0 + DAY, because="quiet"))
        tx.cases.add(second)
        assert [c.id for c in tx.cases.list(machine="m1")] == ["case-m1-2", "case-m1-1"]


def test_cases_are_listed_the_last_opened_first_then_by_machine(books: SqlOperations) -> None:
    closed = replace(CASE, id="old", opened_at=T0 - DAY).close(T0, because="quiet")
    with books.transaction() as tx:
        for case in (replace(CASE, id="b", machine="m2"), closed, CASE):
            tx.cases.add(case)
        assert [c.id for c in tx.cases.list()] == ["case-m1-1", "b", "old"]
        assert [c.id for c in tx.cases.list(open_only=True, limit=1)] == ["case-m1-1"]


def test_a_case_nobody_knows_is_not_found(books: SqlOperations) -> None:
    with books.transaction() as tx:
        for ask in (
            lambda: tx.cases.get("x"),
            lambda: tx.cases.update(CASE),
            lambda: tx.cases.add(replace(CASE, machine="m9")),
        ):
            with pytest.raises(NotFound):
                ask()
