"""Two runs are alike if, and only if, they decided alike."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from foreworn.health.label import Label, Outcome
from foreworn.loop.order_record import OrderRecord
from foreworn.planning.findings import Findings
from foreworn.planning.work_order import WorkOrder
from tests.unit.loop.repair_shop import DAY, HOUR, LOOKED, NOW, REPLACED, WEEK, RepairShop

LABEL = Label("p1", "bearing", NOW, WEEK, "v1", 0.6, True, NOW + HOUR)


def run(shop: RepairShop, *, label: Label = LABEL, finish: Callable[[RepairShop], object] | None = None) -> OrderRecord:
    """Live through one order, in a shop that is furnished anew."""
    own = RepairShop(shop.engine)
    own.stock(5)
    order = own.started("p1")
    own.proposed("p2", 0.4)
    if finish is not None:
        finish(own)
    else:
        own.work_orders.complete(order.id, actor="tom", seen=order.version, findings=REPLACED)
    with own.operations.transaction() as tx:
        tx.labels.expect([label])
        tx.labels.decide([label])
    return OrderRecord.of(own.operations)


def test_it_counts_orders_outcomes_and_labels(shop: RepairShop) -> None:
    record = run(shop, label=replace(LABEL, outcome=Outcome.FOUND, decided_at=NOW + DAY))
    assert record.figures() == {
        "orders_predictive": 2,
        "orders_outcome_found": 1,
        "orders_outcome_open": 1,
        "labels_found": 1,
    }


def test_the_same_decisions_have_the_same_digests(shop: RepairShop) -> None:
    assert run(shop) == run(shop)


def _completed(shop: RepairShop, findings: Findings) -> WorkOrder:
    order = shop.orders()[0]
    return shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=findings)


@pytest.mark.parametrize(
    "finish",
    [
        pytest.param(lambda shop: None, id="it is not done"),
        pytest.param(lambda shop: (shop.wait(HOUR), _completed(shop, REPLACED)), id="it is done an hour later"),
        pytest.param(lambda shop: _completed(shop, LOOKED), id="something else was found"),
        pytest.param(lambda shop: _completed(shop, replace(REPLACED, note="loud")), id="something else was said"),
        pytest.param(lambda shop: _completed(shop, replace(REPLACED, parts=())), id="no part was taken"),
        pytest.param(lambda shop: (_completed(shop, REPLACED), shop.proposed("p3", 0.4)), id="one more was proposed"),
    ],
)
def test_any_other_decision_has_another_digest(shop: RepairShop, finish: Callable[[RepairShop], object]) -> None:
    assert run(shop, finish=finish).orders_sha256 != run(shop).orders_sha256


def test_a_proposal_of_another_time_has_another_digest(shop: RepairShop) -> None:
    """Two replays that proposed alike, but one of them an hour late, are not the same."""

    def late(own: RepairShop) -> None:
        own.wait(HOUR)
        own.proposed("p3", 0.4)

    def said_then_proposed_late(own: RepairShop) -> None:
        own.wait(HOUR)
        own.say("p3", 0.4)
        own.wait(HOUR)
        own.propose()

    assert run(shop, finish=late).orders_sha256 != run(shop, finish=said_then_proposed_late).orders_sha256


@pytest.mark.parametrize(
    "other",
    [
        {"outcome": Outcome.SURVIVED},
        {"decided_at": NOW + DAY},
        {"probability": 0.6000000000000001},
        {"alarm": False},
        {"horizon": DAY},
        {"model_version": "v2"},
    ],
)
def test_any_other_label_has_another_digest(shop: RepairShop, other: dict[str, object]) -> None:
    base, changed = run(shop), run(shop, label=replace(LABEL, **other))  # type: ignore[arg-type]
    assert base.labels_sha256 != changed.labels_sha256
    assert base.orders_sha256 == changed.orders_sha256
