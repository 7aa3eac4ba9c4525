"""Stock changed by hand: one line for one id, with who did it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.clock import ManualClock
from foreworn.errors import Conflict, NotFound
from foreworn.loop.stock_keeping import Handling, StockKeeping
from foreworn.spares.part import Part
from foreworn.spares.stock import MovementKind
from foreworn.storage.operations.sql import SqlOperations, open_operations

FIVE = Handling("6204", "main", MovementKind.RECEIPT, 5)


@pytest.fixture
def operations(tmp_path: Path) -> Iterator[SqlOperations]:
    engine = open_operations("sqlite:///operations.sqlite", folder=tmp_path)
    store = SqlOperations(engine)
    with store.transaction() as tx:
        tx.parts.put(Part("6204", "ball bearing", 12.5, timedelta(days=7)))
    yield store
    engine.dispose()


@pytest.fixture
def keeping(operations: SqlOperations) -> StockKeeping:
    return StockKeeping(operations, ManualClock(datetime(2026, 3, 2, tzinfo=UTC)))


def test_one_id_is_one_line_and_one_entry_of_the_trail(keeping: StockKeeping, operations: SqlOperations) -> None:
    first, new = keeping.record(FIVE, id="SM-1", actor="ines")
    again, newer = keeping.record(FIVE, id="SM-1", actor="ines")
    assert (first, new, newer) == (again, True, False)
    with operations.reading() as tx:
        assert tx.stock.level("6204", "main").on_hand == 5
        assert [(e.actor, e.action, e.detail["quantity"]) for _, e in tx.audit.find()] == [("ines", "stock.moved", 5)]


def test_a_count_is_the_difference_to_what_the_ledger_says(keeping: StockKeeping) -> None:
    keeping.record(FIVE, id="SM-1", actor="ines")
    counted = Handling("6204", "main", MovementKind.COUNT, 3, "sheet 7")
    assert keeping.record(counted, id="SM-2", actor="ines")[0].quantity == -2
    assert keeping.record(counted, id="SM-3", actor="ines")[0].quantity == 0


def test_what_is_not_there_cannot_be_taken(keeping: StockKeeping) -> None:
    with pytest.raises(Conflict):
        keeping.record(Handling("6204", "main", MovementKind.ISSUE, -1), id="SM-1", actor="ines")
    with pytest.raises(NotFound):
        keeping.record(Handling("9999", "main", MovementKind.RECEIPT, 1), id="SM-2", actor="ines")
