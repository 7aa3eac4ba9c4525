"""A history's people: what they did is on record when its time has come, once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from foreworn.errors import StoreUnavailable
from foreworn.fleet.history import FleetHistory
from foreworn.health.label import Outcome
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.replay.history_work import HistoryWork
from foreworn.spares import ReservationState
from foreworn.storage.operations.sql import open_operations
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, RepairShop
from tests.unit.models.small_fleet import history

FAILED = NOW + 30 * timedelta(minutes=1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    engine = open_operations("sqlite:///shop.sqlite", folder=tmp_path_factory.mktemp("shop"))
    yield engine
    engine.dispose()


@pytest.fixture
def shop(engine: sa.Engine) -> RepairShop:
    return RepairShop(engine)


STRETCH = history(
    maintenance=[("p1", FAILED, "bearing", "corrective"), ("p2", NOW + 2 * HOUR, "bearing", "preventive")],
    failures=[("p1", FAILED, "bearing"), ("p3", NOW + 3 * HOUR, "seal")],
)


def do(shop: RepairShop, work: HistoryWork, time: datetime) -> None:
    shop.clock.set(time)
    work.do_until(time)


def repairs(shop: RepairShop) -> list[WorkOrder]:
    with shop.operations.reading() as tx:
        return tx.orders.find(kind=WorkOrderKind.CORRECTIVE)


def recorded(shop: RepairShop) -> tuple[int, int]:
    """Return how many failures and how many replacements are on record since NOW."""
    until = NOW + 30 * DAY
    return len(shop.registry.failures(NOW, until)), len(shop.registry.maintenance(NOW, until))


def work_on(shop: RepairShop, stretch: FleetHistory = STRETCH) -> HistoryWork:
    return HistoryWork(shop.registry, shop.work_orders, stretch)


def test_nothing_is_on_record_before_its_time(shop: RepairShop) -> None:
    work = work_on(shop)
    seen = []
    for time in (NOW, FAILED - timedelta(milliseconds=1), FAILED, NOW + 2 * HOUR, NOW + 3 * HOUR, NOW + DAY):
        do(shop, work, time)
        seen.append(recorded(shop))
    assert seen == [(0, 0), (0, 0), (1, 1), (1, 2), (2, 2), (2, 2)]


def test_a_failure_is_repaired_when_it_is_reported_and_its_repair_is_closed(shop: RepairShop) -> None:
    do(shop, work_on(shop), NOW + HOUR)
    [repair] = repairs(shop)
    assert (repair.machine, repair.component, repair.due, repair.state) == (
        "p1",
        "bearing",
        FAILED,
        WorkOrderState.CLOSED,
    )
    assert {step.actor for step in repair.transitions} == {"history"}
    # the history says what was replaced, not the repair: it takes no part and records no second replacement
    assert recorded(shop) == (1, 1)
    assert (shop.level().on_hand, shop.level().reserved) == (2, 0)
    assert [r.state for r in shop.reservations(repair.id)] == [ReservationState.RELEASED]


def test_a_failure_supersedes_what_was_predicted_and_labels_it(shop: RepairShop) -> None:
    order = shop.proposed("p1")
    do(shop, work_on(shop), NOW + HOUR)
    order, repair = shop.get(order.id), repairs(shop)[0]
    assert (order.state, order.outcome, repair.follows) == (WorkOrderState.SUPERSEDED, Outcome.FAILED, order.id)


def test_the_same_time_again_and_another_run_over_the_same_stretch_do_nothing_twice(shop: RepairShop) -> None:
    work = work_on(shop)
    do(shop, work, NOW + DAY)
    once = (recorded(shop), repairs(shop))
    work.do_until(NOW + DAY)
    work_on(shop).do_until(NOW + DAY)
    assert (recorded(shop), repairs(shop)) == once
    assert len(once[1]) == 2


@pytest.mark.parametrize("breaks_at", ["report_failure", "approve", "start", "complete", "close"])
def test_where_the_store_goes_away_in_the_middle_the_next_attempt_goes_on(
    shop: RepairShop, monkeypatch: pytest.MonkeyPatch, breaks_at: str
) -> None:
    work = work_on(shop)
    with monkeypatch.context() as patched:

        def away(*args: object, **kwargs: object) -> WorkOrder:
            raise StoreUnavailable("operations", "away")

        patched.setattr(shop.work_orders, breaks_at, away)
        with pytest.raises(StoreUnavailable):
            do(shop, work, NOW + DAY)
    work.do_until(NOW + DAY)
    assert [repair.state for repair in repairs(shop)] == [WorkOrderState.CLOSED] * 2
    assert recorded(shop) == (2, 2)
