"""Three fans, a crew of one and one bearing on the shelf, with the platform beside them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from foreworn.clock import ManualClock
from foreworn.loop.purchasing import Purchases
from foreworn.loop.work_orders import WorkOrders
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.spares import PurchaseOrder, StockLevel
from foreworn.storage.operations.sql import SqlFleetRegistry, SqlOperations
from simulators.people import Accounts, Planner, Storekeeper, Technicians, furnish
from simulators.plant import Plant, PlantFile
from simulators.plant.period import Failure
from tests.operations_store import EVIDENCE, empty, order

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday, at midnight."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SMALL = """
name = "Three fans"
seed = 3

[loads.always]
by_hour = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]

[classes.fan.components.bearing]
part = "6204"
visible_from = 0.5
wear = { law = "bearing_wear", life_days = 100, abrupt_share = 0.0 }

[classes.fan.components.bearing.cost]
preventive = 300
failure = 2000
inspection = 50
downtime_per_hour = 40
planned_downtime_hours = 2
unplanned_downtime_hours = 12
labour_hours = 3

[classes.fan.signals.vibration_rms]
unit = "mm/s"
running = 2

[[parts]]
id = "6204"
name = "deep groove bearing"
price = 45
lead_time_days = 4
stock = 1

[[crews]]
id = "one"
sites = ["hall"]
from_hour = 8
to_hour = 16

[[sites]]
id = "hall"
machines = [{ class = "fan", count = 3, load = "always" }]
"""


class SmallPlant:
    """The plant, the stores, and the people who work with both."""

    def __init__(self, file: PlantFile, engine: sa.Engine) -> None:
        empty(engine)
        self.engine = engine
        self.plant = Plant(file, START)
        self.operations = SqlOperations(engine)
        self.registry = SqlFleetRegistry(engine)
        self.registry.add(self.plant.machines, self.plant.attachments)
        furnish(self.operations, self.plant, place="main", time=START)
        self.clock = ManualClock(START)
        self.work_orders = WorkOrders(self.operations, self.registry, self.clock)
        self.purchases = Purchases(self.operations, self.clock)
        self.accounts = Accounts(self.plant.costs, {m.id: m.model for m in self.plant.machines})
        self.technicians = Technicians(self.plant, self.operations, self.work_orders, self.accounts)
        self.planner = Planner(self.plant, self.operations, self.work_orders, patience=timedelta(0))
        self.storekeeper = Storekeeper(self.plant, self.operations, self.purchases)
        for machine in self.machines:
            self.wear(machine, 0.1)

    @property
    def machines(self) -> list[str]:
        return [machine.id for machine in self.plant.machines]

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def wear(self, machine: str, share: float) -> None:
        """Put a bearing at a share of its life."""
        seat = self.plant.roster.seat(machine, "bearing").index
        self.plant.state.consumed[seat] = share * self.plant.lives.of(seat, int(self.plant.state.number[seat])).limit

    def wait(self, span: timedelta) -> list[Failure]:
        """Let time pass for plant and platform, and return what failed."""
        period = self.plant.advance(span // self.plant.step, telemetry=False)
        self.clock.set(period.end)
        return list(period.failures)

    def fail(self, machine: str) -> Failure:
        """Let time pass until a bearing at the end of its life has failed."""
        self.wear(machine, 0.9999)
        while not (failures := self.wait(HOUR)):
            assert self.now < START + 10 * DAY
        [failure] = failures
        assert failure.machine == machine
        return failure

    def propose(self, machine: str, *, act_at: datetime = START) -> WorkOrder:
        """Have a predictive order proposed."""
        evidence = replace(EVIDENCE, data_time=START - HOUR, issued_at=START, act_at=act_at)
        with self.operations.transaction() as tx:
            proposed = order(
                tx.orders.next_id(), machine=machine, component="bearing", created_at=self.now, labour=3 * HOUR
            )
            tx.orders.add(replace(proposed, evidence=evidence))
        return proposed

    def get(self, id: str) -> WorkOrder:
        with self.operations.reading() as tx:
            return tx.orders.get(id)

    def corrective(self) -> list[WorkOrder]:
        with self.operations.reading() as tx:
            return [o for o in tx.orders.find() if o.kind == "corrective"]

    def in_state(self, state: WorkOrderState) -> list[str]:
        with self.operations.reading() as tx:
            return [o.machine for o in tx.orders.find(states=(state,))]

    def level(self) -> StockLevel:
        with self.operations.reading() as tx:
            return tx.stock.level("6204", "main")

    def buy(self, quantity: int, part: str = "6204") -> PurchaseOrder:
        """Have parts proposed for buying."""
        with self.operations.transaction() as tx:
            proposed = PurchaseOrder(
                tx.purchases.next_id(), part, "main", quantity, self.now, expected_at=self.now + 4 * DAY
            )
            tx.purchases.add(proposed)
        return proposed
