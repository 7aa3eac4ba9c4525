"""What a stock-taking changes in the ledger: the difference between what lay there and what the books said."""

from collections.abc import Iterable

from foreworn.loop.day_one.day_one import Count
from foreworn.spares import MovementKind, StockMovement


def count_movement(count: Count, movements: Iterable[StockMovement], *, actor: str) -> StockMovement | None:
    """Return the movement that makes the books agree with a count at its time; None where they do.

    The books are asked what lay there when it was counted, so what came or went since then still counts, and
    a count that was entered before changes nothing. A number that is corrected later, for the same time, is
    an adjustment.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> count = Count("seal-40", "main", 5, datetime(2026, 1, 5, 6, tzinfo=UTC))
    >>> movement = count_movement(count, [], actor="import")
    >>> movement.quantity, str(movement.kind)
    (5, 'count')
    >>> count_movement(count, [movement], actor="import") is None
    True
    """
    here = [m for m in movements if (m.part, m.place) == (count.part, count.place)]
    name = f"count:{count.part}:{count.place}:{count.counted_at.isoformat()}"
    again = sum(m.id == name or m.id.startswith(f"{name}#") for m in here)
    change = count.on_hand - sum(m.quantity for m in here if m.time <= count.counted_at)
    if again and not change:
        return None
    return StockMovement(
        id=f"{name}#{again + 1}" if again else name,
        time=count.counted_at,
        part=count.part,
        place=count.place,
        quantity=change,
        kind=MovementKind.ADJUSTMENT if again else MovementKind.COUNT,
        reference=f"counted {count.on_hand}",
        actor=actor,
    )


def counted_later(count: Count, movements: Iterable[StockMovement]) -> StockMovement | None:
    """Return a stock-taking at the same place after this one, which has made it a thing of the past."""
    later = (
        m
        for m in movements
        if (m.part, m.place) == (count.part, count.place) and m.kind is MovementKind.COUNT and m.time > count.counted_at
    )
    return min(later, key=lambda m: m.time, default=None)
