from dataclasses import replace

import pytest

from foreworn.health.forecast import Forecast
from foreworn.loop.revised_evidence import ACTION, RevisedEvidence
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.signal import SignalCatalogue
from tests.unit.loop.repair_shop import DAY, HOUR, WEEK, RepairShop


@pytest.fixture
def store() -> MemoryTelemetryStore:
    return MemoryTelemetryStore(SignalCatalogue({}))


def _said(shop: RepairShop, store: MemoryTelemetryStore, probability: float = 0.6) -> Forecast:
    forecast = shop.say("p1", probability)
    store.write_forecasts([forecast])
    return forecast


def test_an_order_says_once_that_late_data_has_changed_what_it_rests_on(
    shop: RepairShop, store: MemoryTelemetryStore
) -> None:
    forecast = _said(shop, store)
    [order] = shop.propose()
    revised = RevisedEvidence(shop.operations, store, shop.clock)
    assert revised.note() == []
    store.write_forecasts([replace(forecast, revision=1, probability=0.2)])
    now = shop.wait(HOUR)
    assert (revised.note(), revised.note()) == ([order.id], [])
    entry = shop.trail(order.id)[-1]
    assert (entry.action, entry.time, entry.detail["revision"]) == (ACTION, now, 1)
    assert entry.detail["reason"] == "late data: the forecast it rests on said 60%, and says 20% now"
    # what the planner saw stays
    assert shop.get(order.id) == order
    store.write_forecasts([replace(forecast, revision=2, probability=0.3)])
    assert revised.note() == [order.id]
    assert [message.payload.get("revision") for message in shop.told()][-2:] == [1, 2]


@pytest.mark.parametrize(
    "other",
    [
        {"component": "seal", "revision": 1},
        {"horizon": DAY, "revision": 1},
        {"machine": "p2", "revision": 1},
        {"model_version": "v2"},
    ],
    ids=["another component", "another horizon", "another machine", "another model, not later"],
)
def test_what_an_order_does_not_rest_on_is_none_of_its_business(
    shop: RepairShop, store: MemoryTelemetryStore, other: dict[str, object]
) -> None:
    forecast = _said(shop, store)
    assert forecast.horizon == WEEK
    shop.propose()
    store.write_forecasts([replace(forecast, **other)])  # type: ignore[arg-type]
    assert RevisedEvidence(shop.operations, store, shop.clock).note() == []


def test_an_order_that_is_decided_is_left_as_it_is(shop: RepairShop, store: MemoryTelemetryStore) -> None:
    forecast = _said(shop, store)
    [order] = shop.propose()
    shop.work_orders.decline(order.id, actor="ines", seen=order.version, reason="it is new")
    store.write_forecasts([replace(forecast, revision=1, probability=0.2)])
    assert RevisedEvidence(shop.operations, store, shop.clock).note() == []
