"""What the operations store promises of work orders, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from foreworn.audit import AuditEntry
from foreworn.errors import Conflict, NotFound, StoreRejected
from foreworn.fleet.history import FAILURE_SCHEMA
from foreworn.health.label import Outcome
from foreworn.loop.operations import Operations, Transaction
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import Booking, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.storage.operations.sql import SqlOperations, SqlTransaction
from tests.operations_store import DAY, EVIDENCE, HOUR, T0, at_once, order

S = WorkOrderState


def step(order: WorkOrder, *states: WorkOrderState, hours: float = 1, actor: str = "ana") -> WorkOrder:
    for state in states:
        order = order.transition(state, actor=actor, time=order.last_changed + hours * HOUR, reason="risk 0.8")
    return order


def added(books: SqlOperations, *orders: WorkOrder) -> None:
    with books.transaction() as tx:
        for one in orders:
            tx.orders.add(one)


def test_the_store_is_what_use_cases_ask_for(books: SqlOperations) -> None:
    port: Operations = books
    with port.reading() as tx:
        seen: Transaction = tx
        assert seen.orders.find() == []


def test_an_order_comes_back_exactly_as_it_was_added(books: SqlOperations) -> None:
    first = order("WO-1", kind=WorkOrderKind.CORRECTIVE)
    whole = order(
        "WO-2",
        task='replace the "seal", 40 mm',
        labour=timedelta(hours=3, microseconds=7),
        due=T0 + 5 * DAY,
        evidence=EVIDENCE,
        follows="WO-1",
    )
    whole = replace(step(whole, S.APPROVED, S.SCHEDULED), booking=Booking("tom", T0 + DAY, T0 + DAY + 3 * HOUR))
    findings = Findings(
        Finding.AS_PREDICTED, Action.REPLACED, "worn", 4 * HOUR, (("o-ring", 2), ("seal-40", 1)), "wear"
    )
    whole = replace(step(whole, S.IN_PROGRESS, S.COMPLETED), findings=findings, outcome=Outcome.FOUND)
    added(books, first, whole)
    with books.reading() as tx:
        assert tx.orders.get("WO-1") == first
        assert tx.orders.get("WO-2") == whole
        assert tx.orders.find() == [first, whole]


def test_times_in_another_zone_are_the_same_instants(books: SqlOperations) -> None:
    east = T0.astimezone(timezone(timedelta(hours=5)))
    added(books, order("WO-1", due=east, evidence=replace(EVIDENCE, act_at=east)))
    with books.reading() as tx:
        assert tx.orders.get("WO-1") == order("WO-1", due=T0, evidence=replace(EVIDENCE, act_at=T0))


def test_evidence_that_is_no_number_is_refused(books: SqlOperations) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        added(books, order("WO-1", evidence=replace(EVIDENCE, waiting_cost_per_day=float("nan"))))


def test_ids_grow_and_are_in_the_order_of_their_numbers(books: SqlOperations) -> None:
    with books.transaction() as tx:
        ids = [tx.orders.next_id() for _ in range(11)]
        for id in reversed(ids):
            tx.orders.add(order(id, kind=WorkOrderKind.PREVENTIVE))
    assert ids == [f"WO-{n}" for n in range(1, 12)]
    with books.reading() as tx:
        assert [o.id for o in tx.orders.find()] == ids
        assert [o.id for o in tx.orders.find(after="WO-9", limit=1)] == ["WO-10"]


def test_an_id_that_was_brought_along_is_never_given_again(books: SqlOperations) -> None:
    added(books, *(order(id, kind=WorkOrderKind.PREVENTIVE) for id in ("WO-50", "4711/a", "WO-7")))
    with books.transaction() as tx:
        assert tx.orders.next_id() == "WO-52"
        assert [o.id for o in tx.orders.find()] == ["WO-7", "WO-50", "4711/a"]


def test_a_second_open_predictive_order_is_refused_by_name_and_the_transaction_goes_on(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.orders.add(order("WO-1"))
        with pytest.raises(Conflict, match="'seal' of 'm1' has an open predictive order already, WO-1"):
            tx.orders.add(order("WO-2"))
        tx.orders.add(order("WO-2", component="motor"))
    with books.reading() as tx:
        assert [o.component for o in tx.orders.find()] == ["seal", "motor"]


def test_an_id_is_taken_once(books: SqlOperations) -> None:
    added(books, order("WO-1"))
    with pytest.raises(Conflict, match="there is a work order WO-1 already"):
        added(books, order("WO-1", component="motor"))


@pytest.mark.parametrize(
    ("other", "missing"),
    [
        pytest.param({"machine": "m9"}, "no machine 'm9'", id="a machine nobody knows"),
        pytest.param({"follows": "WO-9"}, "no work order 'WO-9'", id="an order that does not exist"),
        pytest.param({"booking": Booking("eve", T0, T0 + HOUR)}, "no technician 'eve'", id="a technician nobody knows"),
    ],
)
def test_an_order_names_only_what_exists(books: SqlOperations, other: dict[str, Any], missing: str) -> None:
    with pytest.raises(NotFound, match=missing):
        added(books, order("WO-1", **other))


def test_an_order_that_does_not_exist_is_not_found(books: SqlOperations) -> None:
    with books.transaction() as tx:
        for ask in (
            lambda: tx.orders.get("WO-9"),
            lambda: tx.orders.find(after="WO-9"),
            lambda: tx.orders.update(order("WO-9"), seen=1),
        ):
            with pytest.raises(NotFound, match="no work order 'WO-9'"):
                ask()


def test_who_changes_an_order_second_learns_who_changed_it_to_what_and_when(books: SqlOperations) -> None:
    proposed = order("WO-1")
    added(books, proposed)
    with books.transaction() as tx:
        tx.orders.update(step(proposed, S.APPROVED), seen=1)
    declined = step(proposed, S.DECLINED, hours=2, actor="ben")
    told = (
        "WO-1 was changed by ana at 2026-03-01 07:00 UTC and is approved now .version 2, you saw 1.: look at it again"
    )
    with books.transaction() as tx, pytest.raises(Conflict, match=told):
        tx.orders.update(declined, seen=1)
    with books.reading() as tx:
        assert tx.orders.get("WO-1") == step(proposed, S.APPROVED)


def test_a_change_that_is_no_step_counts_as_a_change_and_names_who_made_it(books: SqlOperations) -> None:
    proposed = order("WO-1")
    added(books, proposed)
    with books.transaction() as tx:
        tx.orders.update(replace(proposed, outcome=Outcome.SURVIVED), seen=1)
        tx.audit.record(AuditEntry(T0 + DAY, "foreworn", "work_order.labelled", "WO-1"))
        assert tx.orders.get("WO-1").version == 2
    with books.transaction() as tx, pytest.raises(Conflict, match="by foreworn at 2026-03-02 06:00 UTC"):
        tx.orders.update(step(proposed, S.APPROVED), seen=1)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"evidence": replace(EVIDENCE, probability=0.9)}, id="its evidence"),
        pytest.param({"component": "motor"}, id="what is worked on"),
        pytest.param({"transitions": ()}, id="the steps it took"),
    ],
)
def test_what_is_frozen_does_not_change(books: SqlOperations, other: dict[str, Any]) -> None:
    approved = step(order("WO-1", evidence=EVIDENCE), S.APPROVED)
    added(books, approved)
    with books.transaction() as tx, pytest.raises(ValueError, match=r"frozen|never taken back"):
        tx.orders.update(replace(approved, version=3, **other), seen=2)


ORDERS = (
    order("WO-1"),
    step(order("WO-2", component="motor"), S.APPROVED),
    step(order("WO-3", machine="m2", kind=WorkOrderKind.CORRECTIVE), S.APPROVED, hours=30),
    replace(step(order("WO-4", machine="m2"), S.APPROVED, S.SCHEDULED), booking=Booking("tom", T0, T0 + HOUR)),
    replace(step(order("WO-5", machine="m2", component="motor"), S.DECLINED), outcome=Outcome.SURVIVED),
)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({}, [1, 2, 3, 4, 5], id="all"),
        pytest.param({"states": [S.APPROVED, S.DECLINED]}, [2, 3, 5], id="in one of some states"),
        pytest.param({"states": []}, [], id="in none of no states"),
        pytest.param({"kind": WorkOrderKind.CORRECTIVE}, [3], id="of a kind"),
        pytest.param({"machine": "m2", "component": "motor"}, [5], id="of a component"),
        pytest.param({"technician": "tom"}, [4], id="of a technician"),
        pytest.param({"changed_since": T0 + 2 * HOUR}, [3, 4], id="changed at that time or since"),
        pytest.param({"unlabelled": True}, [1, 2, 4], id="predictive and without an outcome"),
        pytest.param({"machine": "m2", "after": "WO-3", "limit": 1}, [4], id="the next page"),
    ],
)
def test_orders_are_found_that_meet_all_that_is_given(
    books: SqlOperations, wanted: dict[str, Any], found: list[int]
) -> None:
    added(books, *ORDERS)
    with books.reading() as tx:
        assert tx.orders.find(**wanted) == [ORDERS[n - 1] for n in found]


def test_of_two_planners_who_approve_at_once_one_wins(books: SqlOperations, engine: sa.Engine) -> None:
    added(books, order("WO-1"))
    # Both have seen the first version before either writes.
    with books.reading() as tx:
        seen = tx.orders.get("WO-1")

    def attempt(actor: str) -> Callable[[SqlOperations], str]:
        def approving(own: SqlOperations) -> str:
            try:
                with own.transaction() as tx:
                    tx.orders.update(step(seen, S.APPROVED, actor=actor), seen=seen.version)
            except Conflict as conflict:
                return str(conflict)
            return "won"

        return approving

    did = at_once(engine, attempt("ana"), attempt("ben"))
    with books.reading() as tx:
        (taken,) = tx.orders.get("WO-1").transitions
    assert sorted(answer == "won" for answer in did) == [False, True]
    assert any(f"was changed by {taken.actor} " in answer for answer in did)


def test_of_two_who_propose_for_one_component_at_once_one_wins(books: SqlOperations, engine: sa.Engine) -> None:
    def propose(own: SqlOperations) -> str:
        with own.transaction() as tx:
            id = tx.orders.next_id()
            try:
                tx.orders.add(order(id))
            except Conflict:
                return "second"
            return id

    did = at_once(engine, propose, propose)
    with books.reading() as tx:
        assert [o.id for o in tx.orders.find()] == [id for id in did if id != "second"]
    assert did.count("second") == 1


def test_what_fails_half_way_leaves_nothing(books: SqlOperations) -> None:
    failure = {"time": T0, "machine": "m1", "component": "seal", "mode": "leak"}

    def report(tx: SqlTransaction) -> None:
        tx.registry.record_failures(pa.Table.from_pylist([failure], schema=FAILURE_SCHEMA))
        tx.orders.add(order(tx.orders.next_id()))
        tx.audit.record(AuditEntry(T0, "ana", "work_order.reported", "WO-1"))

    def pull_the_plug() -> None:
        with books.transaction() as tx:
            report(tx)
            assert tx.orders.find() != []
            raise RuntimeError("the plug is pulled")

    with pytest.raises(RuntimeError):
        pull_the_plug()
    with books.transaction() as tx:
        assert (tx.orders.find(), tx.audit.find(), len(tx.registry.failures(T0, T0 + DAY))) == ([], [], 0)
        report(tx)
    with books.reading() as tx:
        assert (len(tx.orders.find()), len(tx.audit.find()), len(tx.registry.failures(T0, T0 + DAY))) == (1, 1, 1)


def test_who_reads_sees_one_state_of_the_store(books: SqlOperations) -> None:
    with books.reading() as tx:
        assert tx.orders.find() == []
        added(books, order("WO-1"))
        assert tx.orders.find() == []
    with books.reading() as tx:
        assert len(tx.orders.find()) == 1


def test_who_only_reads_cannot_write(books: SqlOperations) -> None:
    with pytest.raises(StoreRejected, match="only reads"), books.reading() as tx:
        tx.audit.record(AuditEntry(T0, "ana", "work_order.approved", "WO-1"))
    with books.transaction() as tx:
        assert tx.audit.find() == []
        tx.audit.record(AuditEntry(T0, "ana", "work_order.approved", "WO-1"))
