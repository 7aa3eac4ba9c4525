from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from foreworn.errors import TransitionRefused
from foreworn.spares.purchase import PURCHASE_TRANSITIONS, PurchaseOrder, PurchaseState

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PATHS = {
    PurchaseState.PROPOSED: [],
    PurchaseState.APPROVED: [PurchaseState.APPROVED],
    PurchaseState.DECLINED: [PurchaseState.DECLINED],
    PurchaseState.ORDERED: [PurchaseState.APPROVED, PurchaseState.ORDERED],
    PurchaseState.CANCELLED: [PurchaseState.APPROVED, PurchaseState.CANCELLED],
    PurchaseState.RECEIVED: [PurchaseState.APPROVED, PurchaseState.ORDERED, PurchaseState.RECEIVED],
}


def _order(state: PurchaseState) -> PurchaseOrder:
    order = PurchaseOrder("PO-1", "seal", "main", 4, NOON, NOON + timedelta(days=21))
    for step, to in enumerate(PATHS[state]):
        order = order.transition(to, actor="ines", time=NOON + step * timedelta(hours=1), reason="because")
    return order


@pytest.mark.parametrize(("before", "after"), list(product(PurchaseState, PurchaseState)))
def test_only_steps_of_the_table_are_taken(before: PurchaseState, after: PurchaseState) -> None:
    order = _order(before)
    allowed = {
        ("proposed", "approved"),
        ("proposed", "declined"),
        ("proposed", "cancelled"),
        ("approved", "ordered"),
        ("approved", "cancelled"),
        ("ordered", "received"),
        ("ordered", "cancelled"),
    }

    if (before.value, after.value) in allowed:
        assert order.transition(after, actor="ines", time=NOON + timedelta(days=1), reason="").state is after
    else:
        with pytest.raises(TransitionRefused, match=f"a purchase order that is {before}"):
            order.transition(after, actor="ines", time=NOON + timedelta(days=1), reason="")


def test_a_received_order_tells_every_step_and_when_it_was_ordered_and_came() -> None:
    order = _order(PurchaseState.RECEIVED)

    assert [(s.before, s.after) for s in order.transitions] == list(
        zip([PurchaseState.PROPOSED, *PATHS[PurchaseState.ORDERED]], PATHS[PurchaseState.RECEIVED], strict=True)
    )
    assert (order.ordered_at, order.received_at) == (NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    assert order.version == 3


@pytest.mark.parametrize("state", list(PurchaseState))
def test_only_what_somebody_committed_to_is_coming(state: PurchaseState) -> None:
    assert _order(state).is_coming == (state in (PurchaseState.APPROVED, PurchaseState.ORDERED))
    assert state.is_final == (not PURCHASE_TRANSITIONS[state])
    assert _order(state).is_open == (not state.is_final)


def test_a_step_needs_an_actor_and_does_not_go_back_in_time() -> None:
    order = _order(PurchaseState.APPROVED)

    with pytest.raises(ValueError, match="name of its actor"):
        order.transition(PurchaseState.ORDERED, actor=" ", time=NOON, reason="")
    with pytest.raises(ValueError, match="the next cannot be at"):
        order.transition(PurchaseState.ORDERED, actor="ines", time=NOON - timedelta(hours=1), reason="")


def test_an_order_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="order at least 1"):
        PurchaseOrder("PO-1", "seal", "main", 0, NOON, NOON)
