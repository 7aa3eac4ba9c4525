"""The operations store for tests: SQLite and a real PostgreSQL, opened once and emptied before every test."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, TypeVar

import sqlalchemy as sa

from foreworn.fleet.machine import Machine
from foreworn.health.forecast import Reason
from foreworn.planning.evidence import Evidence, TrackRecord
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import WorkOrder, WorkOrderKind
from foreworn.spares.part import Part
from foreworn.storage.operations.sql import SqlOperations, open_operations
from foreworn.storage.operations.sql.tables import METADATA

T0 = datetime(2026, 3, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

T = TypeVar("T")


def empty(engine: sa.Engine) -> None:
    """Take every row away."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"TRUNCATE {', '.join(METADATA.tables)} CASCADE")
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for table in METADATA.tables.values():
                connection.execute(sa.delete(table))


def furnish(operations: SqlOperations) -> None:
    """Put two machines, a technician and a part into an empty store."""
    with operations.transaction() as tx:
        tx.registry.add([machine("m1"), machine("m2")], [])
        tx.team.put(Technician("tom", "Tom", 30 * HOUR))
        tx.parts.put(Part("seal-40", "shaft seal 40 mm", 85.0, lead_time=21 * DAY))


def at_once(engine: sa.Engine, first: Callable[[SqlOperations], T], second: Callable[[SqlOperations], T]) -> list[T]:
    """Do both at the same time, each over an engine of its own as two processes would, and return what they did."""
    start = Barrier(2, timeout=20)

    def run(work: Callable[[SqlOperations], T]) -> T:
        own = open_operations(engine.url.render_as_string(hide_password=False))
        try:
            start.wait()
            return work(SqlOperations(own))
        finally:
            own.dispose()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (first, second)))


def machine(id: str, **other: Any) -> Machine:
    """A machine with a seal and a motor."""
    whole: dict[str, Any] = {"model": "px", "site": "west", "installed_at": T0 - 300 * DAY}
    return Machine(id, **(whole | {"components": ("motor", "seal")} | other))


def order(id: str, **other: Any) -> WorkOrder:
    """A proposed predictive order for the seal of m1."""
    whole: dict[str, Any] = {"machine": "m1", "component": "seal", "kind": WorkOrderKind.PREDICTIVE, "created_at": T0}
    return WorkOrder(id, **(whole | other))


EVIDENCE = Evidence(
    probability=1 / 3,
    horizon=timedelta(days=7, microseconds=1),
    data_time=T0 - HOUR,
    issued_at=T0 - timedelta(microseconds=1),
    model_version="2026-02-01-ab12",
    revision=2,
    reasons=(
        Reason("vibration_rms", "vibration_rms mean 24 h", 0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0),
        Reason("E17", "E17 count 3 d", None, None, None, 2.5),
    ),
    expected_saving=812.4000000000001,
    waiting_cost_per_day=1e-9,
    act_at=T0 + 3 * DAY,
    currency="EUR",
    costs_assumed=True,
    track_record=TrackRecord(40, 23, 0.3, 0.4),
)
