"""A plant on disk is entered whole, and once, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime
from pathlib import Path

from foreworn.clock import ManualClock
from foreworn.loop.day_one import enter
from foreworn.storage.day_one import check_day_one, read_day_one, write_day_one_templates
from foreworn.storage.operations.sql import SqlOperations

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def test_a_plant_on_disk_is_entered_once(books: SqlOperations, tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    write_day_one_templates(tmp_path / "plant")
    assert check_day_one(tmp_path / "plant", books, clock=clock) == []
    day_one = read_day_one(tmp_path / "plant")

    first = enter(day_one, books, clock, actor="anna")
    again = enter(day_one, books, clock, actor="anna")

    assert first.changed == {
        **{"area": 1, "attachment": 2, "cost": 1, "customer": 1, "failure": 1, "machine": 1, "maintenance": 1},
        **{"order": 1, "part": 1, "part_use": 1, "plan": 1, "signal": 1, "standing": 1, "stock": 1, "technician": 1},
    }
    assert again.changed == {}
    with books.reading() as tx:
        assert tx.orders.get("CMMS-4711").task == "Replace the shaft seal"
        assert tx.stock.level("seal-40", "main").free == 1
