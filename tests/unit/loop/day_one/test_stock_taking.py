"""A stock-taking makes the books agree with what lay there when it was counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foreworn.loop.day_one import Count
from foreworn.loop.day_one.stock_taking import count_movement, counted_later
from foreworn.spares import MovementKind, StockMovement

T0 = datetime(2026, 1, 5, 6, tzinfo=UTC)
DAY = timedelta(days=1)
COUNT = Count("seal-40", "main", 5, T0)


def moved(quantity: int, time: datetime, *, part: str = "seal-40", place: str = "main") -> StockMovement:
    kind = MovementKind.RECEIPT if quantity > 0 else MovementKind.ISSUE
    return StockMovement(f"{part}@{place}@{time}", time, part, place, quantity, kind, "", "tom")


def taken(count: Count, *before: StockMovement) -> StockMovement:
    movement = count_movement(count, before, actor="anna")
    assert movement is not None
    return movement


@pytest.mark.parametrize(
    ("before", "change"),
    [
        pytest.param([], 5, id="the first count is all there is"),
        pytest.param([moved(7, T0 - DAY)], -2, id="the books said more"),
        pytest.param([moved(7, T0 - DAY), moved(-3, T0 + DAY)], -2, id="what was taken after the count still counts"),
        pytest.param([moved(7, T0 - DAY, part="seal-50")], 5, id="another part"),
        pytest.param([moved(7, T0 - DAY, place="van")], 5, id="another store"),
        pytest.param([moved(5, T0 - DAY)], 0, id="the books were right: the count is on record all the same"),
    ],
)
def test_a_count_is_the_difference_to_the_books_at_its_time(before: list[StockMovement], change: int) -> None:
    movement = taken(COUNT, *before)
    assert (movement.quantity, movement.kind, movement.time, movement.actor) == (change, MovementKind.COUNT, T0, "anna")


def test_a_count_entered_twice_is_one_whatever_happened_since() -> None:
    first = taken(COUNT)
    assert count_movement(COUNT, [first, moved(-4, T0 + DAY)], actor="otto") is None


def test_a_number_corrected_there_and_back_again_ends_where_it_began() -> None:
    ledger = [taken(COUNT)]
    ledger.append(taken(replace(COUNT, on_hand=4), *ledger))
    ledger.append(taken(COUNT, *ledger))

    assert [(m.quantity, m.kind) for m in ledger] == [
        (5, MovementKind.COUNT),
        (-1, MovementKind.ADJUSTMENT),
        (1, MovementKind.ADJUSTMENT),
    ]
    assert len({m.id for m in ledger}) == 3


def test_a_later_count_is_found_and_another_stores_is_not() -> None:
    later = taken(replace(COUNT, counted_at=T0 + DAY))
    elsewhere = taken(replace(COUNT, counted_at=T0 + DAY, place="van"))
    assert counted_later(COUNT, [elsewhere, later]) == later
    assert counted_later(COUNT, [elsewhere]) is None
