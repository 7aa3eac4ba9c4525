"""Forecasts become work orders where acting pays, as far as parts and hours go, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise

import hypothesis.strategies as st
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from foreworn.economics.age_replacement import best_age_replacement
from foreworn.economics.cost_table import ASSUMED_COST, ComponentCost, CostTable
from foreworn.economics.saving import Deferral
from foreworn.economics.weibull_life import Life, fit_weibull
from foreworn.errors import Conflict
from foreworn.fleet.history import MAINTENANCE_SCHEMA
from foreworn.health.failure_curve import FailureCurve
from foreworn.health.label import Label, Outcome
from foreworn.loop.proposing import Proposing
from foreworn.loop.survey import (
    CHANGED_MIND,
    HORIZON_OVER,
    IN_HAND,
    PART_GONE,
    RENEWED,
    RISK_PASSED,
    ROOM_MADE,
    Rules,
)
from foreworn.planning.evidence import TrackRecord
from foreworn.planning.opportunity import Fit
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import OPEN_STATES, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.planning.working_week import WorkingWeek
from foreworn.spares import PurchaseOrder, PurchaseState
from tests.operations_store import at_once
from tests.unit.loop.repair_shop import COST, DAY, HOUR, LOOKED, NOW, PUMPS, REPLACED, WEEK, RepairShop

S = WorkOrderState


def _lives() -> list[Life]:
    """What the shop's record says of bearings up to midnight; the first lives began before the record did."""
    ends = [800, 630, 410, 220, 30]
    known = [Life(float(a - b), failed=True) for a, b in pairwise(ends)]
    return [*known, Life(30 - 1 / 3, failed=False)] * 2


def _deferral(probability: float, cost: ComponentCost = COST) -> Deferral:
    base = best_age_replacement(fit_weibull(_lives()), planned=cost.planned, breakdown=cost.breakdown)
    curve = FailureCurve(((WEEK, probability),))
    return Deferral(curve, planned=cost.planned, breakdown=cost.breakdown, rate=base.rate, inspection=cost.inspection)


def test_a_likely_failure_becomes_an_order_that_says_what_it_rests_on(shop: RepairShop) -> None:
    forecast = shop.say("p1", 0.6)
    [order] = shop.propose()
    assert (order.machine, order.component, order.kind, order.state) == ("p1", "bearing", "predictive", S.PROPOSED)
    assert (order.labour, order.created_at, order.due) == (4 * HOUR, NOW, NOW + 10 * HOUR)
    evidence, saving = order.evidence, _deferral(0.6)
    assert evidence is not None
    assert evidence.expected_saving == pytest.approx(saving.saving(timedelta(0), until=WEEK))
    assert evidence.waiting_cost_per_day == pytest.approx(saving.slope(timedelta(0)))
    assert (evidence.probability, evidence.horizon, evidence.data_time) == (0.6, WEEK, forecast.time)
    assert (evidence.act_at, evidence.currency, evidence.costs_assumed) == (NOW, "EUR", False)
    assert shop.get(order.id) == order
    [entry] = shop.trail(order.id)
    assert (entry.actor, entry.detail["base_assumed"]) == ("foreworn", False)


def test_what_is_rather_sure_to_last_is_left_alone(shop: RepairShop) -> None:
    # a hazard of 0.004 a week times 4,400 is below what age replacement costs in a week
    shop.say("p1", 0.004)
    assert (shop.propose(), shop.proposing().ranking()) == ([], [])


def test_proposing_again_from_the_same_forecasts_proposes_nothing_new(shop: RepairShop) -> None:
    shop.say("p1", 0.6)
    shop.say("p2", 0.5)
    first, told = shop.propose(), len(shop.told())
    assert [order.machine for order in first] == ["p1", "p2"]
    assert shop.propose() == []
    assert (shop.orders(), len(shop.told())) == (first, told)


def test_a_saving_below_the_least_one_is_not_worth_a_visit(shop: RepairShop) -> None:
    shop.say("p1", 0.6)
    saving = _deferral(0.6).saving(timedelta(0), until=WEEK)
    assert shop.propose(Rules(least_saving=saving + 1)) == []
    assert len(shop.propose(Rules(least_saving=saving - 1))) == 1


def test_costs_that_nobody_has_given_are_marked(shop: RepairShop) -> None:
    with shop.operations.transaction() as tx:
        tx.costs.put(CostTable({("px", "bearing"): ASSUMED_COST}, "EUR"))
    evidence = shop.proposed().evidence
    assert evidence is not None
    assert evidence.costs_assumed


def test_a_part_that_is_not_there_is_waited_for(shop: RepairShop) -> None:
    shop.stock(-2)
    shop.say("p1", 0.6, horizon=30 * DAY)
    [order] = shop.propose()
    assert order.evidence is not None
    # the lead time is a fortnight
    assert order.evidence.act_at == NOW + 14 * DAY


def test_a_part_that_comes_too_late_is_said_and_not_proposed(shop: RepairShop) -> None:
    shop.stock(-2)
    shop.say("p1", 0.6)
    assert shop.propose() == []
    [found] = shop.proposing().ranking()
    assert (found.fit, found.saving) == (Fit.PART_LATE, 0.0)
    assert found.saving_with_part == pytest.approx(_deferral(0.6).saving(timedelta(0), until=WEEK))


def test_a_part_that_is_on_its_way_is_waited_for_no_longer_than_that(shop: RepairShop) -> None:
    shop.stock(-2)
    with shop.operations.transaction() as tx:
        purchase = PurchaseOrder(tx.purchases.next_id(), "6204", "main", 5, NOW, NOW + 2 * DAY)
        tx.purchases.add(purchase)
        approved = purchase.transition(PurchaseState.APPROVED, actor="ines", time=NOW, reason="")
        tx.purchases.update(approved, seen=purchase.version)
    order = shop.proposed()
    assert order.evidence is not None
    assert order.evidence.act_at == NOW + 2 * DAY
    left = _deferral(0.6).saving(2 * DAY, until=WEEK)
    assert order.evidence.expected_saving == pytest.approx(left)


def test_of_two_that_need_the_last_part_the_one_that_saves_more_has_it(shop: RepairShop) -> None:
    shop.stock(-1)
    shop.say("p1", 0.4)
    shop.say("p2", 0.7)
    assert [order.machine for order in shop.propose()] == ["p2"]
    assert [(o.machine, o.fit) for o in shop.proposing().ranking()] == [
        ("p2", Fit.WITHIN_HOURS),
        ("p1", Fit.PART_LATE),
    ]


def test_a_part_that_is_promised_to_an_approved_order_is_not_there_for_others(shop: RepairShop) -> None:
    shop.stock(-1)
    order = shop.proposed("p1")
    shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    shop.say("p2", 0.9)
    assert shop.propose() == []


def test_work_begins_when_the_team_works(shop: RepairShop) -> None:
    rules = Rules(week=WorkingWeek(opens=time(7), closes=time(15), days=(1, 2)))
    shop.say("p1", 0.6)
    [order] = shop.propose(rules)
    assert order.evidence is not None
    assert (order.evidence.act_at, order.due) == (NOW + 23 * HOUR, NOW + 31 * HOUR)


def _hours(shop: RepairShop, hours: float) -> None:
    with shop.operations.transaction() as tx:
        tx.team.put(Technician("tom", "Tom", hours * HOUR))


def _shelf_is_full(shop: RepairShop) -> None:
    shop.stock(20)


def test_proposals_end_where_the_teams_hours_do_and_the_rest_is_shown(shop: RepairShop) -> None:
    _shelf_is_full(shop)
    _hours(shop, 9)
    for pump, probability in zip(PUMPS, (0.3, 0.7, 0.5, 0.2), strict=True):
        shop.say(pump, probability)
    assert [order.machine for order in shop.propose()] == ["p2", "p3"]
    ranking = shop.proposing().ranking()
    assert [o.machine for o in ranking] == ["p2", "p3", "p1", "p4"]
    assert [o.fit for o in ranking] == [Fit.WITHIN_HOURS] * 2 + [Fit.BEYOND_HOURS] * 2
    assert [o.order is None for o in ranking] == [False, False, True, True]
    assert all(o.evidence.waiting_cost_per_day > 0 for o in ranking)


def test_approved_work_takes_hours_from_proposals(shop: RepairShop) -> None:
    _shelf_is_full(shop)
    _hours(shop, 7)
    order = shop.proposed("p1")
    shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    shop.say("p2", 0.9)
    assert shop.propose() == []
    hours = shop.proposing().hours()
    assert (hours.available, hours.planned, hours.free) == (7 * HOUR, 4 * HOUR, 3 * HOUR)


def test_what_saves_clearly_more_takes_the_place_of_a_proposal_and_what_saves_a_little_more_does_not(
    shop: RepairShop,
) -> None:
    _shelf_is_full(shop)
    _hours(shop, 5)
    first = shop.proposed("p1", 0.5)
    shop.say("p2", 0.52)
    assert shop.propose() == []
    shop.say("p3", 0.9)
    assert [order.machine for order in shop.propose()] == ["p3"]
    assert shop.get(first.id).transitions[-1].reason == ROOM_MADE


def test_without_a_team_nothing_is_capped(shop: RepairShop) -> None:
    _shelf_is_full(shop)
    _hours(shop, 0)
    for pump in PUMPS:
        shop.say(pump, 0.6)
    assert shop.propose() == []
    with shop.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM technicians")
    assert len(shop.propose()) == 4


def test_a_proposal_whose_risk_has_passed_is_superseded_and_comes_back_only_as_strong(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.5)
    shop.wait(HOUR)
    shop.say("p1", 0.001)
    assert shop.propose() == []
    gone = shop.get(order.id)
    assert (gone.state, gone.transitions[-1].actor) == (S.SUPERSEDED, "foreworn")
    assert gone.transitions[-1].reason == RISK_PASSED
    shop.wait(HOUR)
    shop.say("p1", 0.3)
    assert shop.propose() == []
    shop.wait(HOUR)
    shop.say("p1", 0.6)
    assert len(shop.propose()) == 1


def test_a_proposal_whose_horizon_is_over_gives_way_to_one_on_fresh_evidence(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.5)
    shop.wait(WEEK)
    shop.say("p1", 0.5)
    [fresh] = shop.propose()
    assert fresh.evidence is not None
    assert fresh.evidence.data_time == NOW + WEEK
    assert shop.get(order.id).transitions[-1].reason == HORIZON_OVER


def test_a_proposal_stands_while_nothing_new_is_said(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.5)
    shop.wait(3 * DAY)
    assert shop.propose() == []
    assert shop.get(order.id).state is S.PROPOSED


def test_a_proposal_whose_part_went_elsewhere_is_superseded(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.5)
    shop.stock(-2)
    assert shop.propose() == []
    assert shop.get(order.id).transitions[-1].reason == PART_GONE


def _declined(shop: RepairShop, order: WorkOrder) -> None:
    shop.work_orders.decline(order.id, actor="ines", seen=order.version, reason="it is new")


def _cancelled(shop: RepairShop, order: WorkOrder) -> None:
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    shop.work_orders.cancel(order.id, actor="ines", seen=order.version, reason="it is new")


def _looked_at(shop: RepairShop, order: WorkOrder) -> None:
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    order = shop.work_orders.start(order.id, actor="tom", seen=order.version)
    shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=LOOKED)


@pytest.mark.parametrize("answer", [_declined, _cancelled, _looked_at])
def test_what_was_answered_is_asked_again_only_if_it_saves_twice_as_much_or_its_time_is_over(
    shop: RepairShop, answer: Callable[[RepairShop, WorkOrder], None]
) -> None:
    order = shop.proposed("p1", 0.3)
    assert order.evidence is not None
    answer(shop, order)
    shop.wait(HOUR)
    shop.say("p1", 0.45)
    assert shop.propose() == []
    assert shop.proposing().ranking() == []
    shop.say("p1", 0.8, revision=1)
    [found] = shop.proposing().ranking()
    assert found.saving > CHANGED_MIND * order.evidence.expected_saving
    shop.say("p1", 0.3, revision=2)
    shop.wait(WEEK)
    shop.say("p1", 0.3)
    assert len(shop.propose()) == 1


def test_a_new_component_has_a_new_risk(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.5)
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    order = shop.work_orders.start(order.id, actor="tom", seen=order.version)
    shop.wait(HOUR)
    shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=REPLACED)
    # what was said before it was replaced is not about the new one
    assert shop.propose() == []
    shop.wait(23 * HOUR)
    # its windows still hold the old one's readings
    shop.say("p1", 0.4)
    assert shop.propose() == []
    shop.wait(2 * HOUR)
    shop.say("p1", 0.4)
    assert len(shop.propose()) == 1


def test_a_failure_on_record_ends_what_was_predicted_before_it(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.5)
    shop.wait(2 * HOUR)
    shop.fails("p1", NOW + HOUR)
    assert shop.propose() == []
    assert shop.get(order.id).transitions[-1].reason == RENEWED


@pytest.mark.parametrize(
    ("kind", "due", "proposed"),
    [
        pytest.param(WorkOrderKind.PREVENTIVE, NOW + 3 * DAY, False, id="planned within the horizon: done anyway"),
        pytest.param(WorkOrderKind.PREVENTIVE, NOW + 30 * DAY, True, id="planned after it: too late"),
        pytest.param(WorkOrderKind.PREVENTIVE, None, True, id="planned some day"),
        pytest.param(WorkOrderKind.CORRECTIVE, None, False, id="it has failed"),
    ],
)
def test_other_work_on_the_component_comes_first(
    shop: RepairShop, kind: WorkOrderKind, due: datetime | None, proposed: bool
) -> None:
    shop.work_orders.create(
        machine="p1", component="bearing", kind=kind, task="renew it", labour=HOUR, due=due, actor="ines"
    )
    shop.say("p1", 0.6)
    assert bool(shop.propose()) is proposed


def test_a_proposal_gives_way_to_work_that_is_planned_in_time(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.5)
    shop.work_orders.create(
        machine="p1",
        component="bearing",
        kind=WorkOrderKind.PREVENTIVE,
        task="renew it",
        labour=HOUR,
        due=NOW + DAY,
        actor="ines",
    )
    shop.propose()
    assert shop.get(order.id).transitions[-1].reason == IN_HAND


def test_a_machine_out_of_service_is_not_worked_on(shop: RepairShop) -> None:
    shop.work_orders.remove_machine("p1", actor="ines")
    shop.say("p1", 0.9)
    assert (shop.propose(), shop.proposing().ranking()) == ([], [])


def test_the_evidence_says_how_often_such_forecasts_came_true(shop: RepairShop) -> None:
    when = [NOW - (24 - day) * DAY for day in range(5)]  # the one that is open is the youngest
    outcomes = [Outcome.FAILED, Outcome.FOUND, Outcome.SURVIVED, Outcome.CENSORED, Outcome.PENDING]
    labels = [
        Label("p3", "bearing", at, WEEK, "v1", 0.65, True, at, what, at + DAY)
        for at, what in zip(when, outcomes, strict=True)
    ]
    with shop.operations.transaction() as tx:
        tx.labels.expect([replace(label, outcome=Outcome.PENDING, decided_at=None) for label in labels])
        tx.labels.decide([label for label in labels if label.outcome is not Outcome.PENDING])
    evidence = shop.proposed("p1", 0.6).evidence
    assert evidence is not None
    assert evidence.track_record == TrackRecord(said=3, failed=2, low=0.6, high=0.8)


def test_components_that_were_never_seen_to_fail_are_judged_on_an_assumed_shape_and_it_is_said(
    shop: RepairShop,
) -> None:
    shop.say("p1", 0.9, component="seal")
    [order] = shop.propose()
    assert shop.trail(order.id)[0].detail["base_assumed"] is True


def test_of_two_who_propose_at_once_one_does(shop: RepairShop) -> None:
    _shelf_is_full(shop)
    for pump in PUMPS:
        shop.say(pump, 0.6)

    def work(operations: object) -> int:
        try:
            return len(Proposing(operations, shop.registry, shop.verdicts, shop.clock).propose())  # type: ignore[arg-type]
        except Conflict:
            return 0

    assert sorted(at_once(shop.engine, work, work)) == [0, 4]
    assert len(shop.orders()) == 4


DAYS = st.lists(
    st.tuples(
        st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4),
        st.sampled_from(["approve", "decline", "look", "nothing"]),
        st.sampled_from(PUMPS),
    ),
    min_size=1,
    max_size=4,
)


@given(st.integers(0, 20), st.integers(0, 4), DAYS)
@settings(derandomize=True, max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_proposals_never_exceed_the_hours_and_a_component_never_has_two(
    shop_engine: sa.Engine, hours: int, shelf: int, days: list[tuple[list[float], str, str]]
) -> None:
    shop = RepairShop(shop_engine)
    _hours(shop, hours)
    shop.stock(shelf - 2)
    for probabilities, answer, pump in days:
        for machine, probability in zip(PUMPS, probabilities, strict=True):
            shop.say(machine, probability)
        committed = shop.proposing().hours().planned
        new = shop.propose()
        assert shop.propose() == []
        proposed = [order for order in shop.orders() if order.state is S.PROPOSED]
        assert sum((o.labour for o in proposed), timedelta(0)) <= max(hours * HOUR - committed, timedelta(0))
        assert all(o.evidence is not None and o.evidence.expected_saving > 0 for o in new)
        seats = [(o.machine, o.component) for o in shop.orders() if o.state in OPEN_STATES]
        assert len(seats) == len(set(seats))
        ranking = shop.proposing().ranking()
        assert [o.saving for o in ranking] == sorted((o.saving for o in ranking), reverse=True)
        for order in proposed:
            if order.machine == pump:
                _answer(shop, order, answer)
        shop.wait(DAY)


def _answer(shop: RepairShop, order: WorkOrder, answer: str) -> None:
    if answer == "approve":
        shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    elif answer == "decline":
        _declined(shop, order)
    elif answer == "look":
        _looked_at(shop, order)


def test_the_lives_behind_a_decision_are_those_up_to_the_last_midnight(shop: RepairShop) -> None:
    proposer = shop.proposing()
    shop.say("p1", 0.6)
    [before] = proposer.ranking()
    rows = [
        {"time": NOW - day * HOUR, "machine": pump, "component": "bearing", "action": "replaced", "kind": "preventive"}
        for pump in PUMPS[2:]
        for day in range(1, 7)
    ]
    shop.registry.record_maintenance(pa.Table.from_pylist(rows, schema=MAINTENANCE_SCHEMA))
    [same], [restarted] = proposer.ranking(), shop.proposing().ranking()
    assert same.base_rate == restarted.base_rate == before.base_rate
