"""A small repair shop for tests of the use cases: four pumps, one technician, two bearings on the shelf."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import sqlalchemy as sa

from foreworn.audit import AuditEntry
from foreworn.clock import ManualClock
from foreworn.economics.cost_table import ComponentCost, CostTable
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.forecast import Forecast
from foreworn.loop.outbox import Message
from foreworn.loop.proposing import Proposing
from foreworn.loop.survey import Rules
from foreworn.loop.work_orders import WorkOrders
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import Booking, WorkOrder
from foreworn.spares import MovementKind, Part, PartUse, Reservation, StockLevel, StockMovement
from foreworn.storage.operations.sql import SqlFleetRegistry, SqlOperations, SqlVerdictBoard
from tests.operations_store import empty

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""A Monday."""
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
PUMPS = ("p1", "p2", "p3", "p4")
COST = ComponentCost(
    preventive=500.0,
    failure=4_000.0,
    inspection=100.0,
    downtime_per_hour=100.0,
    planned_downtime=HOUR,
    unplanned_downtime=10 * HOUR,
    labour=4 * HOUR,
)
"""600 when planned, 5,000 when it breaks down."""
REPLACED = Findings(Finding.AS_PREDICTED, Action.REPLACED, labour=3 * HOUR, parts=(("6204", 1),))
LOOKED = Findings(Finding.NOTHING, Action.NONE)


class RepairShop:
    """The stores, emptied and furnished anew, and the use cases over them."""

    def __init__(self, engine: sa.Engine) -> None:
        empty(engine)
        self.engine = engine
        self.operations = SqlOperations(engine)
        self.registry = SqlFleetRegistry(engine)
        self.verdicts = SqlVerdictBoard(engine)
        self.clock = ManualClock(NOW)
        self.work_orders = WorkOrders(self.operations, self.registry, self.clock)
        self._furnish()

    def proposing(self, rules: Rules | None = None) -> Proposing:
        """A proposer that has fitted nothing yet."""
        return Proposing(self.operations, self.registry, self.verdicts, self.clock, rules=rules)

    def propose(self, rules: Rules | None = None) -> list[WorkOrder]:
        return self.proposing(rules).propose()

    def proposed(self, machine: str = "p1", probability: float = 0.6) -> WorkOrder:
        """Forecast a failure of a pump's bearing, and return the order that was proposed for it."""
        self.say(machine, probability)
        return next(order for order in self.propose() if order.machine == machine)

    def started(self, machine: str = "p1") -> WorkOrder:
        """Return an order whose work has begun."""
        order = self.proposed(machine)
        order = self.work_orders.approve(order.id, actor="ines", seen=order.version)
        return self.work_orders.start(order.id, actor="tom", seen=order.version)

    def say(
        self,
        machine: str,
        probability: float,
        *,
        component: str = "bearing",
        time: datetime | None = None,
        horizon: timedelta = WEEK,
        revision: int = 0,
    ) -> Forecast:
        """Post a forecast of the present, or of `time`."""
        at = time or self.clock.now()
        forecast = Forecast(machine, component, at, horizon, probability, "v1", self.clock.now(), revision)
        self.verdicts.post([forecast])
        return forecast

    def wait(self, span: timedelta) -> datetime:
        """Let time pass, and return what it is then."""
        self.clock.set(self.clock.now() + span)
        return self.clock.now()

    def book(self, start: datetime) -> Booking:
        return Booking("tom", start, start + 4 * HOUR)

    def get(self, id: str) -> WorkOrder:
        with self.operations.reading() as tx:
            return tx.orders.get(id)

    def orders(self) -> list[WorkOrder]:
        with self.operations.reading() as tx:
            return tx.orders.find()

    def level(self, part: str = "6204") -> StockLevel:
        with self.operations.reading() as tx:
            return tx.stock.level(part, "main")

    def reservations(self, order: str) -> list[Reservation]:
        with self.operations.reading() as tx:
            return tx.stock.reservations(order=order)

    def stock(self, quantity: int, *, id: str = "count-1") -> None:
        """Add bearings to the shelf, or take some away."""
        kind = MovementKind.COUNT
        with self.operations.transaction() as tx:
            tx.stock.move(StockMovement(id, NOW, "6204", "main", quantity, kind, id, "ines"))

    def trail(self, subject: str) -> list[AuditEntry]:
        """Return what was recorded about something, oldest first."""
        with self.operations.reading() as tx:
            return [entry for _, entry in reversed(tx.audit.find(subject=subject))]

    def told(self) -> list[Message]:
        with self.operations.reading() as tx:
            return list(tx.outbox.due(self.clock.now() + DAY))

    def fails(self, machine: str, time: datetime) -> None:
        """Record a failure behind everybody's back, as an import does."""
        row = {"time": time, "machine": machine, "component": "bearing", "mode": "worn"}
        self.registry.record_failures(pa.Table.from_pylist([row], schema=FAILURE_SCHEMA))

    def maintained(self, machine: str) -> list[dict[str, object]]:
        """Return what was recorded about a machine since NOW."""
        rows: Sequence[dict[str, object]] = self.registry.maintenance(NOW, NOW + 365 * DAY).to_pylist()
        return [row for row in rows if row["machine"] == machine]

    def _furnish(self) -> None:
        born = NOW - 1_000 * DAY
        pumps = [Machine(id, "px", "west", born, ("bearing", "seal")) for id in PUMPS]
        self.registry.add(pumps, [Attachment(f"{id}-sensor", id, born) for id in PUMPS])
        failed = [(p, NOW - day * DAY) for p in PUMPS[:2] for day in (800, 630, 410, 220, 30)]
        rows = [{"time": time, "machine": m, "component": "bearing", "mode": "worn"} for m, time in failed]
        self.registry.record_failures(pa.Table.from_pylist(rows, schema=FAILURE_SCHEMA))
        repairs = [
            {"time": time, "machine": m, "component": "bearing", "action": "replaced", "kind": "corrective"}
            for m, time in failed
        ]
        self.registry.record_maintenance(pa.Table.from_pylist(repairs, schema=MAINTENANCE_SCHEMA))
        with self.operations.transaction() as tx:
            tx.costs.put(CostTable({("px", "bearing"): COST}, "EUR"))
            tx.team.put(Technician("tom", "Tom", 40 * HOUR))
            tx.parts.put(Part("6204", "deep groove bearing", 85.0, lead_time=14 * DAY))
            tx.parts.put(Part("grease", "bearing grease", 5.0, lead_time=2 * DAY))
            tx.parts.put_use(PartUse("px", "bearing", "6204"))
        self.stock(2, id="count-0")
