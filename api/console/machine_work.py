"""What is and was done to one machine, and the forms by which people report a failure or ask for work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.console.cases import cases_of
from api.console.forms import Form, local
from api.services import ConsoleServices
from foreworn.health.case import Case
from foreworn.planning import WorkOrder, WorkOrderKind
from foreworn.planning.findings import Finding
from foreworn.planning.work_order import OPEN_STATES, WorkOrderState

_PAST = 20
_CASES = 10


@dataclass(frozen=True, slots=True)
class MachineWork:
    """The work on one machine.

    Parameters
    ----------
    ahead
        Orders that are not done, by id.
    past
        The newest orders that are done or came to nothing, the newest first.
    cases
        The newest cases, the newest first.
    now
        For the forms: what their time begins with.
    """

    ahead: Sequence[WorkOrder]
    past: Sequence[WorkOrder]
    cases: Sequence[Case]
    now: str

    @property
    def found(self) -> list[WorkOrder]:
        """The past orders at which something was wrong: what fixed it may fix it again."""
        return [o for o in self.past if o.findings and o.findings.finding in (Finding.AS_PREDICTED, Finding.OTHER)]


def machine_work(services: ConsoleServices, machine: str, now: datetime) -> MachineWork:
    """Read the orders and cases of a machine."""
    with services.operations.reading() as tx:
        orders = tx.orders.find(machine=machine)
    unfinished = (*OPEN_STATES, WorkOrderState.COMPLETED)
    past = sorted((o for o in orders if o.state not in unfinished), key=lambda o: o.last_changed, reverse=True)
    return MachineWork(
        [o for o in orders if o.state in unfinished],
        past[:_PAST],
        cases_of(services, machine=machine, open_only=False, limit=_CASES),
        local(now),
    )


def report_failure(services: ConsoleServices, machine: str, form: Form, *, actor: str) -> WorkOrder:
    """Record the failure that a form tells, and return the order of its repair."""
    return services.work_orders.report_failure(
        machine=machine,
        component=form.text("component", required=True),
        mode=form.text("mode"),
        time=form.moment("time"),
        actor=actor,
    )


def ask_for_work(services: ConsoleServices, machine: str, form: Form, *, actor: str) -> WorkOrder:
    """Create the order that a form asks for."""
    return services.work_orders.create(
        machine=machine,
        component=form.text("component", required=True),
        kind=form.choice("kind", WorkOrderKind),
        task=form.text("task", required=True),
        labour=form.hours("hours"),
        due=form.moment("due") if form.text("due") else None,
        actor=actor,
    )
