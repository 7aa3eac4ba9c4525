"""What a part will be needed for: predicted, planned and the rest, and nothing twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from foreworn.health.demand import DemandForecast, DemandSource
from foreworn.health.forecast import Forecast
from foreworn.loop.part_demand import STALE, PartDemand
from foreworn.spares import MovementKind, Part, PartUse, ReservationState, StockMovement
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, PUMPS, REPLACED, WEEK, RepairShop

MONTH = 30 * DAY
Streams = dict[DemandSource, DemandForecast]


def look(shop: RepairShop, verdicts: list[Forecast] | None = None) -> tuple[PartDemand, Part]:
    """Take one look at the store; only what it has read by then is asked of it."""
    with shop.operations.reading() as tx:
        found = PartDemand(
            tx,
            shop.verdicts.latest() if verdicts is None else verdicts,
            shop.registry.machines(),
            place="main",
            now=shop.clock.now(),
        )
        return found, tx.parts.get("6204")


def streams(shop: RepairShop, span: timedelta = WEEK) -> Streams:
    found, part = look(shop)
    return {forecast.source: forecast for forecast in found.over(part, span)}


def mean(found: Streams, source: DemandSource) -> float:
    return found[source].distribution.mean if source in found else 0.0


def test_forecasts_become_expected_parts_with_their_machines_named(shop: RepairShop) -> None:
    for pump, probability in zip(PUMPS, (0.6, 0.3, 0.1, 0.0), strict=True):
        shop.say(pump, probability)
    found = streams(shop)
    assert mean(found, DemandSource.PREDICTED) == pytest.approx(1.0)
    drivers = found[DemandSource.PREDICTED].drivers
    assert [(d.machine, d.component) for d in drivers] == [("p1", "bearing"), ("p2", "bearing"), ("p3", "bearing")]
    assert [d.probability for d in drivers] == pytest.approx([0.6, 0.3, 0.1])
    assert mean(found, DemandSource.PLANNED) == 0


def test_approving_an_order_moves_its_part_from_predicted_to_planned(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.6)
    shop.say("p2", 0.3)
    before = streams(shop)
    assert [mean(before, s) for s in (DemandSource.PREDICTED, DemandSource.PLANNED)] == pytest.approx([0.9, 0])
    shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    after = streams(shop)
    assert [mean(after, s) for s in (DemandSource.PREDICTED, DemandSource.PLANNED)] == pytest.approx([0.3, 1])
    [planned] = after[DemandSource.PLANNED].drivers
    assert (planned.order, planned.machine, planned.quantity) == (order.id, "p1", 1)
    shop.work_orders.cancel(order.id, actor="ines", seen=order.version + 1, reason="not now")
    assert mean(streams(shop), DemandSource.PREDICTED) == pytest.approx(0.9)


def test_a_job_beyond_the_period_is_neither_planned_in_it_nor_predicted(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.6)
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    shop.work_orders.schedule(order.id, actor="ines", seen=order.version, booking=shop.book(NOW + 10 * DAY))
    assert [f.distribution.mean for f in streams(shop).values() if f.source is not DemandSource.HISTORY][:2] == [0, 0]
    assert mean(streams(shop, 11 * DAY), DemandSource.PLANNED) == 1


def test_a_job_that_is_done_is_no_demand_until_somebody_looks_again(shop: RepairShop) -> None:
    """The part has gone and the old forecast still stands: it speaks of the bearing that is on the scrap heap."""
    order = shop.started("p1")
    shop.wait(HOUR)
    order = shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=REPLACED)
    assert shop.reservations(order.id)[0].state is ReservationState.ISSUED
    found = streams(shop)
    assert (mean(found, DemandSource.PREDICTED), mean(found, DemandSource.PLANNED)) == (0, 0)
    shop.wait(HOUR)
    shop.say("p1", 0.2)
    assert mean(streams(shop), DemandSource.PREDICTED) == pytest.approx(0.2)


def test_what_has_forecasts_is_not_foreseen_from_history_as_well(shop: RepairShop) -> None:
    """Only p1 and p2 have ever failed: once both have forecasts there is nothing left for history to say."""
    assert mean(streams(shop), DemandSource.HISTORY) > 0
    shop.say("p1", 0.1)
    half = mean(streams(shop), DemandSource.HISTORY)
    shop.say("p2", 0.1)
    found = streams(shop)
    assert (half > 0, mean(found, DemandSource.HISTORY)) == (True, 0)
    assert mean(found, DemandSource.TOTAL) == pytest.approx(0.2)


@pytest.mark.parametrize(("age", "counts"), [(STALE - HOUR, True), (STALE, False), (STALE + DAY, False)])
def test_a_forecast_that_is_too_old_leaves_its_component_to_history(
    shop: RepairShop, age: timedelta, counts: bool
) -> None:
    for pump in PUMPS:
        shop.say(pump, 0.4)
    shop.wait(age)
    found = streams(shop)
    assert (mean(found, DemandSource.PREDICTED) > 0) is counts
    assert (mean(found, DemandSource.HISTORY) > 0) is not counts


def test_a_forecast_of_yesterday_is_read_from_today_on(shop: RepairShop) -> None:
    shop.say("p1", 0.5)
    shop.wait(DAY)
    week_from_now = 1 - 0.5 ** (7 / 7)
    assert mean(streams(shop), DemandSource.PREDICTED) == pytest.approx(week_from_now)
    assert mean(streams(shop, 6 * DAY), DemandSource.PREDICTED) == pytest.approx(1 - 0.5 ** (6 / 7))


def test_the_bearing_of_a_machine_that_is_gone_is_no_risk(shop: RepairShop) -> None:
    shop.say("p1", 0.9)
    shop.say("p3", 0.2)
    shop.work_orders.remove_machine("p1", actor="ines")
    found = streams(shop)
    assert [driver.machine for driver in found[DemandSource.PREDICTED].drivers] == ["p3"]


def test_a_risk_takes_as_many_as_the_bill_says_and_components_without_the_part_none(shop: RepairShop) -> None:
    with shop.operations.transaction() as tx:
        tx.parts.put_use(PartUse("px", "bearing", "6204", 2))
    shop.say("p1", 0.5)
    shop.say("p1", 0.9, component="seal")
    predicted = streams(shop)[DemandSource.PREDICTED]
    assert predicted.distribution.pmf == pytest.approx((0.5, 0, 0.5))


def test_the_total_is_the_sum_of_what_shares_nothing(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.6)
    shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    shop.say("p3", 0.3)
    found = streams(shop, MONTH)
    parts = sum(mean(found, s) for s in DemandSource if s is not DemandSource.TOTAL)
    assert mean(found, DemandSource.TOTAL) == pytest.approx(parts)
    components = [(d.machine, d.component) for d in found[DemandSource.TOTAL].drivers if d.machine]
    assert len(components) == len(set(components)) == 2


def test_what_nobody_has_reserved_leaves_the_planned_out(shop: RepairShop) -> None:
    order = shop.proposed("p1", 0.6)
    shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    for pump in PUMPS[1:]:
        shop.say(pump, 0.0)
    found, part = look(shop)
    assert found.unreserved(part, DAY).mean == 0
    assert [need.order for need in found.needs(part)] == [order.id]


def test_a_lead_time_that_varies_is_looked_at_over_all_its_lengths(shop: RepairShop) -> None:
    shop.say("p1", 0.5)
    for pump in PUMPS[1:]:
        shop.say(pump, 0.0)
    found, part = look(shop)
    spread = replace(part, lead_time_sd=4 * DAY)
    steady, varying = found.unreserved(part, DAY), found.unreserved(spread, DAY)
    # 15 days of a bearing that halves its chances every week; 15 and 15 +- 4 sqrt(3) where it varies
    assert steady.mean == pytest.approx(1 - 0.5 ** (15 / 7))
    lengths = [(2 / 3, 15), (1 / 6, 15 - 4 * 3**0.5), (1 / 6, 15 + 4 * 3**0.5)]
    assert varying.mean == pytest.approx(sum(w * (1 - 0.5 ** (days / 7)) for w, days in lengths))


def test_without_any_record_nothing_is_said_of_the_rest(shop: RepairShop) -> None:
    with shop.operations.transaction() as tx:
        tx.parts.put(Part("new", "never used", 1.0, lead_time=DAY))
    with shop.operations.reading() as tx:
        machines = [machine for machine in shop.registry.machines() if machine.id in ("p3", "p4")]
        found = PartDemand(tx, [], machines, place="main", now=NOW)
        told = found.over(tx.parts.get("new"), WEEK)
    assert [forecast.source for forecast in told] == [
        DemandSource.PREDICTED,
        DemandSource.PLANNED,
        DemandSource.TOTAL,
    ]


def test_consumables_that_no_component_takes_are_foreseen_from_the_ledger(shop: RepairShop) -> None:
    with shop.operations.transaction() as tx:
        tx.stock.move(StockMovement("g0", NOW - 400 * DAY, "grease", "main", 40, MovementKind.COUNT, "", "ines"))
        for month in range(1, 13):
            at = NOW - month * MONTH + DAY
            tx.stock.move(StockMovement(f"g{month}", at, "grease", "main", -2, MovementKind.ISSUE, "round", "ines"))
    with shop.operations.reading() as tx:
        found = PartDemand(tx, [], shop.registry.machines(), place="main", now=NOW)
        told = {f.source: f for f in found.over(tx.parts.get("grease"), MONTH)}
    assert 0 < mean(told, DemandSource.HISTORY) <= 2
    assert mean(told, DemandSource.PREDICTED) == 0
