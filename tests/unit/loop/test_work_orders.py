"""The life of a work order: every step in one transaction, nothing done twice, nothing half done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from foreworn.errors import Conflict, ForewornError, NotFound, TransitionRefused
from foreworn.health.label import Outcome
from foreworn.loop.work_orders import WorkOrders
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import Booking, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.spares import ReservationState
from tests.operations_store import at_once
from tests.unit.loop.repair_shop import DAY, HOUR, LOOKED, NOW, REPLACED, WEEK, RepairShop

S = WorkOrderState
K = WorkOrderKind


def test_approving_promises_the_parts_for_when_the_work_can_be_done(shop: RepairShop) -> None:
    order = shop.proposed()
    assert order.evidence is not None
    approved = shop.work_orders.approve(order.id, actor="ines", seen=order.version, reason="go ahead")
    assert (approved.state, approved.version) == (S.APPROVED, order.version + 1)
    assert shop.get(order.id) == approved
    [promised] = shop.reservations(order.id)
    assert (promised.part, promised.place, promised.quantity) == ("6204", "main", 1)
    assert (promised.due, promised.state) == (order.evidence.act_at, ReservationState.OPEN)
    assert shop.level().free == 1


def test_every_step_is_in_the_audit_trail_and_told_once(shop: RepairShop) -> None:
    order = shop.started()
    shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=replace(REPLACED, note="worn"))
    said = [(entry.action, entry.actor, entry.detail["reason"]) for entry in shop.trail(order.id)]
    assert said == [
        ("work_order.proposed", "foreworn", "acting saves more than waiting"),
        ("work_order.approved", "ines", ""),
        ("work_order.in_progress", "tom", ""),
        ("work_order.completed", "tom", "worn"),
    ]
    told = [(message.key, message.payload["state"]) for message in shop.told() if message.topic == "work_order"]
    keys = [f"{order.id}:{version}" for version in range(1, 5)]
    assert told == list(zip(keys, ["proposed", "approved", "in_progress", "completed"], strict=True))


def test_declining_needs_a_reason_and_keeps_it(shop: RepairShop) -> None:
    order = shop.proposed()
    with pytest.raises(ValueError, match="reason"):
        shop.work_orders.decline(order.id, actor="ines", seen=order.version, reason="  ")
    declined = shop.work_orders.decline(order.id, actor="ines", seen=order.version, reason="it is new")
    assert (declined.state, declined.transitions[-1].reason) == (S.DECLINED, "it is new")


def test_of_two_planners_at_once_one_approves_and_the_other_is_told(shop: RepairShop) -> None:
    order = shop.proposed()

    def approve(actor: str) -> Callable[[object], str]:
        def work(operations: object) -> str:
            orders = WorkOrders(operations, shop.registry, shop.clock)  # type: ignore[arg-type]
            try:
                return orders.approve(order.id, actor=actor, seen=order.version).transitions[-1].actor
            except Conflict as late:
                return str(late)

        return work

    said = at_once(shop.engine, approve("ines"), approve("otto"))
    winner = shop.get(order.id).transitions[-1].actor
    assert winner in said
    assert any("was changed by" in words and winner in words for words in said)
    assert len(shop.get(order.id).transitions) == len(shop.reservations(order.id)) == 1


def _close(orders: WorkOrders, order: WorkOrder) -> None:
    orders.close(order.id, actor="ines", seen=order.version)


def _start(orders: WorkOrders, order: WorkOrder) -> None:
    orders.start(order.id, actor="ines", seen=order.version)


def _complete(orders: WorkOrders, order: WorkOrder) -> None:
    orders.complete(order.id, actor="ines", seen=order.version, findings=REPLACED)


def _cancel(orders: WorkOrders, order: WorkOrder) -> None:
    orders.cancel(order.id, actor="ines", seen=order.version, reason="no")


def _decline(orders: WorkOrders, order: WorkOrder) -> None:
    orders.decline(order.id, actor="ines", seen=order.version, reason="no")


def _schedule(orders: WorkOrders, order: WorkOrder) -> None:
    orders.schedule(order.id, actor="ines", seen=order.version, booking=Booking("tom", NOW, NOW + HOUR))


@pytest.mark.parametrize(
    "step", [_close, _start, _complete, _cancel, _schedule], ids=lambda step: f"proposed cannot{step.__name__}"
)
def test_a_step_that_is_not_in_the_table_changes_nothing(
    shop: RepairShop, step: Callable[[WorkOrders, WorkOrder], None]
) -> None:
    order, before = shop.proposed(), len(shop.told())
    with pytest.raises(TransitionRefused, match="allowed from here: approved, declined, superseded"):
        step(shop.work_orders, order)
    assert shop.get(order.id) == order
    assert (len(shop.told()), shop.level().on_hand, shop.maintained("p1")) == (before, 2, [])


@pytest.mark.parametrize("step", [_cancel, _decline, _schedule, _close])
def test_running_work_is_paused_or_completed_and_nothing_else(
    shop: RepairShop, step: Callable[[WorkOrders, WorkOrder], None]
) -> None:
    order = shop.started()
    with pytest.raises(TransitionRefused, match="completed, scheduled"):
        step(shop.work_orders, order)
    assert shop.level().free == 1


@pytest.mark.parametrize(
    ("state", "step"),
    [
        pytest.param(S.PROPOSED, WorkOrders.unschedule, id="taken off the schedule is not approved"),
        pytest.param(S.APPROVED, WorkOrders.pause, id="paused is not scheduled"),
        pytest.param(S.SCHEDULED, WorkOrders.approve, id="approved again is not taken off the schedule"),
    ],
)
def test_a_step_is_not_a_way_round_another_one(
    shop: RepairShop, state: WorkOrderState, step: Callable[..., WorkOrder]
) -> None:
    order = shop.proposed()
    if state is not S.PROPOSED:
        order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    if state is S.SCHEDULED:
        order = shop.work_orders.schedule(order.id, actor="ines", seen=order.version, booking=shop.book(NOW))
    with pytest.raises(TransitionRefused):
        step(shop.work_orders, order.id, actor="ines", seen=order.version, reason="so")
    assert shop.get(order.id) == order


def test_an_order_completed_twice_is_completed_once(shop: RepairShop) -> None:
    order = shop.started()
    done = shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=REPLACED)
    with pytest.raises(Conflict, match="was changed by tom"):
        shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=REPLACED)
    with pytest.raises(TransitionRefused, match="completed cannot become completed"):
        shop.work_orders.complete(order.id, actor="tom", seen=done.version, findings=REPLACED)
    assert (shop.level().on_hand, len(shop.maintained("p1")), shop.get(order.id)) == (1, 1, done)


@pytest.mark.parametrize(
    ("finding", "action", "outcome"),
    [
        pytest.param(Finding.AS_PREDICTED, Action.REPLACED, Outcome.FOUND, id="found as predicted"),
        pytest.param(Finding.AS_PREDICTED, Action.REPAIRED, Outcome.FOUND, id="found and repaired"),
        pytest.param(Finding.OTHER, Action.REPAIRED, Outcome.FOUND_OTHER, id="something else"),
        pytest.param(Finding.NOTHING, Action.NONE, Outcome.FOUND_NOTHING, id="in order"),
        pytest.param(Finding.NOTHING, Action.REPLACED, Outcome.FOUND_NOTHING, id="in order, and replaced all the same"),
        pytest.param(Finding.NOT_INSPECTED, Action.REPLACED, Outcome.CENSORED, id="replaced without looking"),
        pytest.param(Finding.NOT_INSPECTED, Action.ADJUSTED, Outcome.CENSORED, id="adjusted without looking"),
        pytest.param(Finding.NOT_INSPECTED, Action.NONE, None, id="neither looked nor touched: time will tell"),
    ],
)
def test_the_label_says_what_was_found_and_never_what_was_done(
    shop: RepairShop, finding: Finding, action: Action, outcome: Outcome | None
) -> None:
    order = shop.started()
    done = shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=Findings(finding, action))
    assert (done.outcome, done.findings) == (outcome, Findings(finding, action))
    assert [row["action"] for row in shop.maintained("p1")] == (["replaced"] if action.renews else [])


def test_what_is_found_after_the_horizon_does_not_make_the_forecast_true(shop: RepairShop) -> None:
    order = shop.started()
    shop.wait(WEEK + HOUR)
    done = shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=REPLACED)
    assert done.outcome is Outcome.SURVIVED


def test_completing_takes_the_parts_and_gives_back_what_was_not_used(shop: RepairShop) -> None:
    order = shop.started()
    findings = replace(REPLACED, parts=())
    shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=findings)
    assert (shop.level().on_hand, shop.level().free) == (2, 2)
    other = shop.started("p2")
    shop.work_orders.complete(other.id, actor="tom", seen=other.version, findings=REPLACED)
    assert (shop.level().on_hand, shop.level().free) == (1, 1)
    assert [r.state for r in shop.reservations(other.id)] == [ReservationState.ISSUED]


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        pytest.param((("6204", 3),), Conflict, id="more than there is"),
        pytest.param((("6204", 1), ("grease", 1)), Conflict, id="one is there, the other is not"),
        pytest.param((("no-such", 1),), NotFound, id="a part nobody knows"),
        pytest.param((("6204", 0),), ValueError, id="none of it"),
        pytest.param((("6204", 2), ("6204", 1)), Conflict, id="named twice is taken twice"),
    ],
)
def test_parts_that_cannot_be_taken_leave_everything_as_it_was(
    shop: RepairShop, parts: tuple[tuple[str, int], ...], error: type[Exception]
) -> None:
    order, told = shop.started(), len(shop.told())
    with pytest.raises(error):
        shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=replace(REPLACED, parts=parts))
    assert (shop.get(order.id), len(shop.told())) == (order, told)
    assert (shop.level().on_hand, shop.level().free, shop.maintained("p1")) == (2, 1, [])


def test_scheduled_work_needs_its_parts_when_it_is_booked_for(shop: RepairShop) -> None:
    order = shop.proposed()
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    later = shop.book(NOW + 3 * DAY)
    order = shop.work_orders.schedule(order.id, actor="ines", seen=order.version, booking=later)
    assert (order.booking, shop.reservations(order.id)[0].due) == (later, NOW + 3 * DAY)
    order = shop.work_orders.unschedule(order.id, actor="ines", seen=order.version, reason="tom is ill")
    assert (order.state, order.booking, shop.reservations(order.id)[0].due) == (S.APPROVED, None, NOW)


def test_nobody_is_booked_who_is_not_in_the_team(shop: RepairShop) -> None:
    order = shop.proposed()
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    with pytest.raises(NotFound, match="technician 'ghost'"):
        shop.work_orders.schedule(order.id, actor="ines", seen=order.version, booking=Booking("ghost", NOW, NOW + HOUR))
    assert shop.get(order.id) == order


def test_a_technician_who_begins_unbooked_work_is_booked_and_keeps_it_over_a_pause(shop: RepairShop) -> None:
    order = shop.started()
    assert order.booking == Booking("tom", NOW, NOW + 4 * HOUR)
    paused = shop.work_orders.pause(order.id, actor="tom", seen=order.version, reason="a seal is missing")
    assert (paused.state, paused.booking) == (S.SCHEDULED, order.booking)


def test_a_planner_who_begins_the_work_is_no_technician(shop: RepairShop) -> None:
    order = shop.proposed()
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    assert shop.work_orders.start(order.id, actor="ines", seen=order.version).booking is None


def test_cancelling_frees_the_parts_and_says_why(shop: RepairShop) -> None:
    order = shop.proposed()
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    order = shop.work_orders.cancel(order.id, actor="ines", seen=order.version, reason="line 2 is being sold")
    assert (order.state, order.transitions[-1].reason) == (S.CANCELLED, "line 2 is being sold")
    assert (shop.level().free, [r.state for r in shop.reservations(order.id)]) == (2, [ReservationState.RELEASED])


def test_closing_ends_it(shop: RepairShop) -> None:
    order = shop.started()
    order = shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=LOOKED)
    assert shop.work_orders.close(order.id, actor="ines", seen=order.version).state is S.CLOSED


def _create(shop: RepairShop, **other: object) -> WorkOrder:
    whole: dict[str, object] = {
        "machine": "p1",
        "component": "seal",
        "kind": K.PREVENTIVE,
        "task": "renew the seal",
        "labour": 2 * HOUR,
        "due": NOW + 9 * DAY,
        "actor": "ines",
    }
    return shop.work_orders.create(**(whole | other))  # type: ignore[arg-type]


def test_a_person_proposes_work(shop: RepairShop) -> None:
    order = _create(shop)
    assert (order.state, order.kind, order.evidence) == (S.PROPOSED, K.PREVENTIVE, None)
    assert shop.get(order.id) == order
    assert [(e.action, e.actor) for e in shop.trail(order.id)] == [("work_order.proposed", "ines")]


def test_rework_follows_the_order_it_is_of(shop: RepairShop) -> None:
    order = shop.started()
    order = shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=REPLACED)
    rework = _create(shop, component="bearing", kind=order.kind, follows=order.id)
    assert (rework.follows, rework.kind) == (order.id, K.PREVENTIVE)


@pytest.mark.parametrize(
    ("wrong", "error", "complaint"),
    [
        ({"kind": K.PREDICTIVE}, ValueError, "rests on a forecast"),
        ({"task": " "}, ValueError, "needs a task"),
        ({"labour": -HOUR}, ValueError, "labour"),
        ({"actor": ""}, ValueError, "actor"),
        ({"machine": "p9"}, NotFound, "no machine 'p9'"),
        ({"component": "wing"}, NotFound, "known: bearing, seal"),
        ({"follows": "WO-99"}, NotFound, "work order 'WO-99'"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_work_that_cannot_be_is_refused(
    shop: RepairShop, wrong: dict[str, object], error: type[Exception], complaint: str
) -> None:
    with pytest.raises(error, match=complaint):
        _create(shop, **wrong)
    assert (shop.orders(), shop.told()) == ([], [])


def _report(shop: RepairShop, after: timedelta = timedelta(0), **other: object) -> WorkOrder:
    whole: dict[str, object] = {"machine": "p1", "component": "bearing", "mode": "seized", "actor": "tom"}
    return shop.work_orders.report_failure(**(whole | {"time": NOW + after} | other))  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [S.PROPOSED, S.APPROVED, S.SCHEDULED, S.IN_PROGRESS])
def test_a_failure_before_the_work_is_done_puts_a_repair_in_the_predictions_place(
    shop: RepairShop, state: WorkOrderState
) -> None:
    order = shop.proposed()
    if state is not S.PROPOSED:
        order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    if state in (S.SCHEDULED, S.IN_PROGRESS):
        order = shop.work_orders.schedule(order.id, actor="ines", seen=order.version, booking=shop.book(NOW))
    if state is S.IN_PROGRESS:
        order = shop.work_orders.start(order.id, actor="tom", seen=order.version)
    shop.wait(5 * HOUR)
    repair = _report(shop, 4 * HOUR)
    assert (repair.kind, repair.state, repair.due) == (K.CORRECTIVE, S.PROPOSED, NOW + 4 * HOUR)
    assert (repair.evidence, repair.follows, repair.labour) == (order.evidence, order.id, order.labour)
    gone = shop.get(order.id)
    assert (gone.state, gone.outcome) == (S.SUPERSEDED, Outcome.FAILED)
    assert "seized" in gone.transitions[-1].reason
    assert shop.level().free == 2
    failures = shop.registry.failures(NOW, NOW + DAY).to_pylist()
    assert [(row["time"], row["mode"]) for row in failures] == [(NOW + 4 * HOUR, "seized")]


def test_what_has_failed_needs_its_parts_now_whenever_the_prediction_wanted_them(shop: RepairShop) -> None:
    shop.stock(-2)
    shop.say("p1", 0.6, horizon=30 * DAY)
    [order] = shop.propose()
    assert order.evidence is not None
    assert order.evidence.act_at > NOW
    repair = _report(shop)
    shop.work_orders.approve(repair.id, actor="ines", seen=repair.version)
    assert [(r.due, r.quantity) for r in shop.reservations(repair.id)] == [(NOW, 1)]


def test_a_failure_after_the_horizon_does_not_make_the_forecast_true(shop: RepairShop) -> None:
    order = shop.proposed()
    shop.wait(WEEK + 5 * HOUR)
    _report(shop, WEEK + HOUR)
    assert shop.get(order.id).outcome is Outcome.SURVIVED


def test_a_failure_nobody_predicted_is_repaired_too(shop: RepairShop) -> None:
    repair = _report(shop, component="seal")
    assert (repair.evidence, repair.follows) == (None, None)
    # nobody has given the seal's costs
    assert repair.labour == timedelta(hours=3)


@pytest.mark.parametrize("after", [timedelta(0), 5 * timedelta(minutes=1)], ids=["the same time", "five minutes later"])
def test_a_failure_reported_twice_is_one(shop: RepairShop, after: timedelta) -> None:
    shop.wait(HOUR)
    repair = _report(shop)
    assert _report(shop, after, actor="otto") == repair
    done = _repaired(shop, repair)
    assert _report(shop, after) == done
    assert len(shop.orders()) == len(shop.registry.failures(NOW, NOW + DAY)) == 1


def test_a_failure_that_two_report_at_once_is_one(shop: RepairShop) -> None:
    shop.wait(HOUR)

    def report(after: timedelta) -> Callable[[object], str]:
        def work(operations: object) -> str:
            orders = WorkOrders(operations, shop.registry, shop.clock)  # type: ignore[arg-type]
            failed = NOW + after
            return orders.report_failure(machine="p1", component="bearing", mode="seized", time=failed, actor="tom").id

        return work

    first, second = at_once(shop.engine, report(timedelta(0)), report(timedelta(minutes=3)))
    assert first == second
    assert len(shop.orders()) == len(shop.registry.failures(NOW, NOW + DAY)) == 1


def _repaired(shop: RepairShop, repair: WorkOrder, action: Action = Action.REPLACED) -> WorkOrder:
    repair = shop.work_orders.approve(repair.id, actor="ines", seen=repair.version)
    repair = shop.work_orders.start(repair.id, actor="tom", seen=repair.version)
    findings = Findings(Finding.AS_PREDICTED, action)
    return shop.work_orders.complete(repair.id, actor="tom", seen=repair.version, findings=findings)


@pytest.mark.parametrize("action", [Action.REPLACED, Action.REPAIRED, Action.ADJUSTED])
def test_what_was_repaired_runs_again_and_can_fail_again(shop: RepairShop, action: Action) -> None:
    repair = _repaired(shop, _report(shop), action)
    assert repair.outcome is None
    assert [(row["action"], row["kind"]) for row in shop.maintained("p1")] == [(str(action), "corrective")]
    shop.wait(30 * DAY)
    assert _report(shop, 30 * DAY).id != repair.id
    assert len(shop.registry.failures(NOW, NOW + 60 * DAY)) == 2


def test_a_repair_that_was_ordered_before_the_report_stands_for_the_failure(shop: RepairShop) -> None:
    ordered = _create(shop, component="bearing", kind=K.CORRECTIVE, due=None)
    shop.wait(HOUR)
    repair = _report(shop)
    assert (repair.id, repair.due) == (ordered.id, NOW)
    assert _report(shop, 3 * timedelta(minutes=1)) == repair
    assert len(shop.registry.failures(NOW, NOW + DAY)) == 1


def test_a_failure_within_the_horizon_corrects_the_label_of_a_visit_that_found_nothing(shop: RepairShop) -> None:
    order = shop.started()
    order = shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=LOOKED)
    assert order.outcome is Outcome.FOUND_NOTHING
    shop.wait(3 * DAY)
    _report(shop, 2 * DAY)
    assert shop.get(order.id).outcome is Outcome.FAILED
    assert shop.trail(order.id)[-1].action == "work_order.label_corrected"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"time": NOW + HOUR}, ValueError), ({"component": "wing"}, NotFound), ({"machine": "p9"}, NotFound)],
    ids=["not happened yet", "no such component", "no such machine"],
)
def test_a_failure_that_cannot_be_is_not_recorded(
    shop: RepairShop, wrong: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _report(shop, **wrong)  # type: ignore[arg-type]
    assert len(shop.registry.failures(NOW, NOW + DAY)) == 0
    assert shop.orders() == []


def test_a_machine_with_open_orders_stays(shop: RepairShop) -> None:
    order = shop.proposed()
    with pytest.raises(Conflict, match=order.id):
        shop.work_orders.remove_machine("p1", actor="ines")
    assert all(machine.retired_at is None for machine in shop.registry.machines())


def test_a_machine_that_is_removed_leaves_its_record_and_gives_up_its_devices(shop: RepairShop) -> None:
    shop.work_orders.remove_machine("p1", actor="ines")
    retired = {m.id: m.retired_at for m in shop.registry.machines()}
    assert retired == {"p1": NOW, "p2": None, "p3": None, "p4": None}
    assert [a.until for a in shop.registry.attachments()] == [NOW, None, None, None]
    assert [(e.action, e.actor, e.detail) for e in shop.trail("p1")] == [
        ("machine.removed", "ines", {"devices": ["p1-sensor"]})
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda shop: shop.work_orders.remove_machine("p1", actor="ines"),
        lambda shop: _create(shop),
        lambda shop: _report(shop),
    ],
    ids=["removed again", "worked on", "failed"],
)
def test_what_is_out_of_service_is_left_alone(shop: RepairShop, change: Callable[[RepairShop], object]) -> None:
    shop.work_orders.remove_machine("p1", actor="ines")
    with pytest.raises(ForewornError, match="out of service at 2026-03-02 08:00"):
        change(shop)


def test_an_order_that_does_not_exist_cannot_be_changed(shop: RepairShop) -> None:
    with pytest.raises(NotFound, match="WO-77"):
        shop.work_orders.approve("WO-77", actor="ines", seen=1)
