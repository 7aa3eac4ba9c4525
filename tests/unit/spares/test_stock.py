from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foreworn.spares.purchase import PurchaseOrder, PurchaseState
from foreworn.spares.stock import MovementKind, Reservation, ReservationState, StockLevel, StockMovement, stock_level

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _movement(quantity: int, kind: MovementKind, *, place: str = "main") -> StockMovement:
    return StockMovement(f"{kind}{quantity}", NOW, "seal", place, quantity, kind, "WO-1", "ines")


def test_a_level_counts_what_is_there_promised_and_committed_to() -> None:
    movements = [
        _movement(10, MovementKind.RECEIPT),
        _movement(-3, MovementKind.ISSUE),
        _movement(-1, MovementKind.COUNT),
        _movement(50, MovementKind.RECEIPT, place="depot"),
    ]
    promise = Reservation("WO-1", "seal", "main", 2, NOW)
    promises = [promise, replace(promise, order="WO-2", state=ReservationState.ISSUED)]
    order = PurchaseOrder("PO-1", "seal", "main", 4, NOW, NOW + timedelta(days=21))
    approved = order.transition(PurchaseState.APPROVED, actor="ines", time=NOW, reason="")

    level = stock_level("seal", "main", movements=movements, reservations=promises, orders=[order, approved])

    assert level == StockLevel("seal", "main", on_hand=6, reserved=2, on_order=4)
    assert (level.position, level.free) == (8, 4)


@pytest.mark.parametrize(
    ("quantity", "kind"),
    [
        pytest.param(-1, MovementKind.RECEIPT, id="a receipt adds"),
        pytest.param(1, MovementKind.ISSUE, id="an issue takes"),
        pytest.param(0, MovementKind.ADJUSTMENT, id="an adjustment changes something"),
    ],
)
def test_a_movement_that_goes_the_wrong_way_is_refused(quantity: int, kind: MovementKind) -> None:
    with pytest.raises(ValueError, match=f"is no {kind}"):
        _movement(quantity, kind)


def test_a_promise_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Reservation("WO-1", "seal", "main", 0, NOW)
