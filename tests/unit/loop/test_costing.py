"""The cost table changes on the version that was seen, and only then."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from foreworn.clock import ManualClock
from foreworn.economics.cost_table import ASSUMED_COST, CostTable
from foreworn.errors import Conflict
from foreworn.loop.costing import Costing, version_of
from foreworn.storage.operations.sql import SqlOperations, open_operations

COST = replace(ASSUMED_COST, assumed=False)


@pytest.fixture
def operations(tmp_path: Path) -> Iterator[SqlOperations]:
    engine = open_operations("sqlite:///operations.sqlite", folder=tmp_path)
    yield SqlOperations(engine)
    engine.dispose()


def test_who_saw_another_table_changes_nothing(operations: SqlOperations) -> None:
    costing = Costing(operations, ManualClock(datetime(2026, 3, 2, tzinfo=UTC)))
    empty = version_of(CostTable())
    after = costing.put(CostTable({("px", "seal"): COST}), seen=empty, actor="paula")
    with pytest.raises(Conflict, match="read them again"):
        costing.put(CostTable({("px", "seal"): replace(COST, preventive=1.0)}), seen=empty, actor="emil")
    with operations.reading() as tx:
        assert tx.costs.table() == after
        assert [entry.actor for _, entry in tx.audit.find()] == ["paula"]


def test_a_version_changes_with_any_cost_and_with_the_currency() -> None:
    table = CostTable({("px", "seal"): COST})
    others = [
        CostTable({("px", "seal"): replace(COST, preventive=1.0)}),
        CostTable({("px", "bearing"): COST}),
        CostTable({("px", "seal"): COST}, "CHF"),
    ]
    assert len({version_of(t) for t in (table, *others)}) == 4
    assert version_of(table) == version_of(CostTable({("px", "seal"): replace(COST)}))
