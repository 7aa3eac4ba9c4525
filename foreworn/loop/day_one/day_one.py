"""What somebody tells the platform on its first day, each statement with the row that makes it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import pyarrow as pa

from foreworn.economics.cost_table import ComponentCost
from foreworn.errors import MalformedHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import WorkOrderKind
from foreworn.spares import Part, PartUse
from foreworn.telemetry.signal import SignalCatalogue

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Line(Generic[T]):
    """What one row of a file says, and where an editor finds it."""

    says: T
    file: str
    row: int

    def problem(self, text: str, column: str | None = None) -> MalformedHistory:
        """Return what is wrong with it, by file, row and column."""
        return MalformedHistory(self.file, text, row=self.row, column=column)

    @property
    def place(self) -> str:
        """The file and row, as a person says them."""
        return f"{self.file}, row {self.row}"


@dataclass(frozen=True, slots=True)
class Count:
    """A stock-taking: so many of a part lay in a store at that time [unit of the part]."""

    part: str
    place: str
    on_hand: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """A job that was agreed on before the platform came; it keeps the number people know it by.

    Parameters
    ----------
    id
        Its number.
    machine, component
        What is to be worked on.
    kind
        Preventive or corrective: a predictive one rests on a forecast that nobody here has made.
    task, labour
        What is to be done, and the team's time for it.
    due
        By when; None: no date.
    """

    id: str
    machine: str
    component: str
    kind: WorkOrderKind
    task: str
    labour: timedelta
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class CostLine:
    """What one component of one machine model costs, in one currency; `*` stands for any model or component."""

    model: str
    component: str
    cost: ComponentCost
    currency: str

    @property
    def key(self) -> tuple[str, str]:
        """What the cost table keeps it by."""
        return self.model, self.component


@dataclass(frozen=True, slots=True)
class DayOne:
    """Everything that was told; whatever nobody speaks of stays as it is registered.

    Parameters
    ----------
    catalogue
        The signals of machine models; None where nobody says.
    machines, attachments, standings
        The fleet, the devices on it over time, and where machines stand for whom.
    unspoken
        Machines of which nobody says which device speaks for them: their attachment is assumed.
    areas, customers
        Names of areas and customers; None where there is no list: then each is known by being named.
    maintenance, failures
        What was done to machines so far, as `MAINTENANCE_SCHEMA` and `FAILURE_SCHEMA`; None where nobody says.
    technicians, plans, orders
        The team, what is done by the calendar, and the jobs that are open already.
    parts, uses, counts
        Spare parts, which job takes which, and how many lie where.
    costs
        What maintaining and failing costs.
    unread
        Fields of this object whose file has problems; nothing is held against them.
    """

    catalogue: SignalCatalogue | None = None
    machines: tuple[Line[Machine], ...] = ()
    attachments: tuple[Line[Attachment], ...] = ()
    standings: tuple[Line[Standing], ...] = ()
    unspoken: frozenset[str] = frozenset()
    areas: tuple[Line[Area], ...] | None = None
    customers: tuple[Line[Customer], ...] | None = None
    maintenance: pa.Table | None = None
    failures: pa.Table | None = None
    technicians: tuple[Line[Technician], ...] = ()
    plans: tuple[Line[MaintenancePlan], ...] = ()
    orders: tuple[Line[OpenOrder], ...] = ()
    parts: tuple[Line[Part], ...] = ()
    uses: tuple[Line[PartUse], ...] = ()
    counts: tuple[Line[Count], ...] = ()
    costs: tuple[Line[CostLine], ...] = ()
    unread: frozenset[str] = frozenset()
