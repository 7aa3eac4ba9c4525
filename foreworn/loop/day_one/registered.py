"""What the platform knows before it is told, and what it will know afterwards."""

from dataclasses import dataclass, field, replace

import pyarrow as pa

from foreworn.economics.cost_table import CostTable
from foreworn.errors import NotFound
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.loop.day_one.day_one import DayOne
from foreworn.loop.operations import Transaction
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import OPEN_STATES, WorkOrder
from foreworn.spares import Part, PartUse, StockMovement
from foreworn.telemetry.signal import SignalCatalogue


@dataclass(frozen=True, slots=True)
class Registered:
    """What is registered, by what identifies it; nothing where there is no store yet.

    Parameters
    ----------
    orders
        The orders that have the number of one that is told of.
    open_orders
        All orders whose work is still to be done.
    movements
        The ledger of the parts whose stock is told of.
    """

    catalogue: SignalCatalogue = field(default_factory=lambda: SignalCatalogue({}))
    machines: dict[str, Machine] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    areas: dict[tuple[str, str], Area] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    technicians: dict[str, Technician] = field(default_factory=dict)
    plans: dict[str, MaintenancePlan] = field(default_factory=dict)
    orders: dict[str, WorkOrder] = field(default_factory=dict)
    open_orders: tuple[WorkOrder, ...] = ()
    parts: dict[str, Part] = field(default_factory=dict)
    uses: dict[tuple[str, str, str], PartUse] = field(default_factory=dict)
    movements: tuple[StockMovement, ...] = ()
    costs: CostTable = field(default_factory=CostTable)

    @classmethod
    def of(cls, tx: Transaction, day_one: DayOne) -> "Registered":
        """Return what the transaction sees, as far as it matters to what is told."""
        counted = {line.says.part for line in day_one.counts}
        return cls(
            catalogue=tx.registry.catalogue(),
            machines={machine.id: machine for machine in tx.registry.machines()},
            attachments=tuple(tx.registry.attachments()),
            areas={(area.site, area.id): area for area in tx.sites.areas()},
            customers={customer.id: customer for customer in tx.sites.customers()},
            standings={standing.machine: standing for standing in tx.sites.standings()},
            technicians={technician.id: technician for technician in tx.team.all()},
            plans={plan.id: plan for plan in tx.plans.all()},
            orders=_orders(tx, {line.says.id for line in day_one.orders}),
            open_orders=tuple(tx.orders.find(states=OPEN_STATES)),
            parts={part.id: part for part in tx.parts.all()},
            uses={use_key(use): use for use in tx.parts.uses()},
            movements=tuple(m for part in sorted(counted) for m in tx.stock.movements(part=part)),
            costs=tx.costs.table(),
        )

    def seats_told(self, day_one: DayOne) -> list[Attachment]:
        """Return the attachments that are to be registered, without those assumed of machines that have some.

        One that has ended since stays ended, unless the file itself says until when it lasts.
        """
        ended = {(seat.device, seat.since): seat.until for seat in self.attachments}
        seated = {seat.machine for seat in self.attachments}
        told = [line.says for line in day_one.attachments]
        return [
            replace(seat, until=seat.until or ended.get((seat.device, seat.since)))
            for seat in told
            if not (seat.machine in day_one.unspoken and seat.machine in seated)
        ]

    def machine_told(self, said: Machine) -> Machine:
        """Return the machine as it is to be registered: components nobody names, and a retirement, stay."""
        before = self.machines.get(said.id)
        if before is None:
            return said
        return replace(said, components=said.components or before.components, retired_at=before.retired_at)

    def standing_told(self, said: Standing, *, site: str) -> Standing:
        """Return where a machine is to stand: what is left empty stays, but for the area of a site it has left."""
        before = self.standings.get(said.machine, Standing(said.machine))
        has_moved = said.machine in self.machines and self.machines[said.machine].site != site
        area = None if has_moved else before.area
        return Standing(said.machine, said.area or area, said.customer or before.customer)

    def technician_told(self, said: Technician) -> Technician:
        """Return the technician as they are to be registered: whether they can be given jobs stays."""
        before = self.technicians.get(said.id)
        return said if before is None else replace(said, active=before.active)

    def plan_told(self, said: MaintenancePlan) -> MaintenancePlan:
        """Return the plan as it is to be registered: work done since the file was written counts."""
        before = self.plans.get(said.id)
        return said if before is None else replace(said, last_done=max(said.last_done, before.last_done))


def use_key(use: PartUse) -> tuple[str, str, str]:
    """Return what a line of the bill of parts is kept by."""
    return use.machine_model, use.component, use.part


def new_records(told: pa.Table | None, known: pa.Table) -> pa.Table | None:
    """Return the records of which the registry does not hold the same already; None where there are none."""
    if told is None:
        return None
    held = {tuple(row.values()) for row in known.to_pylist()}
    rows = [row for row in told.to_pylist() if tuple(row.values()) not in held]
    return pa.Table.from_pylist(rows, schema=told.schema) if rows else None


def _orders(tx: Transaction, ids: set[str]) -> dict[str, WorkOrder]:
    found = {}
    for id in sorted(ids):
        try:
            found[id] = tx.orders.get(id)
        except NotFound:
            continue
    return found
