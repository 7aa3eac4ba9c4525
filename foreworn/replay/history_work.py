"""What people did in the replayed history: reported and repaired as its records say."""

from datetime import datetime

from foreworn.fleet.history import FleetHistory
from foreworn.fleet.registry import FleetRegistry
from foreworn.loop.live_history import EARLIEST
from foreworn.loop.work_orders import WorkOrders
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.telemetry.sample import MILLISECOND

ACTOR = "history"
_REPAIRED = Findings(Finding.NOT_INSPECTED, Action.NONE, note="repaired as the history records")


class HistoryWork:
    """Puts a history's maintenance and failures on record as their time comes, as people would.

    A history has no work orders, so the repair of a failure is taken as done when the failure is reported;
    what was replaced when stands in its own maintenance records.

    Parameters
    ----------
    registry, work_orders
        Where it is recorded and reported.
    stretch
        The replayed history.
    """

    def __init__(self, registry: FleetRegistry, work_orders: WorkOrders, stretch: FleetHistory) -> None:
        self._registry = registry
        self._orders = work_orders
        self._stretch = stretch
        self._done_until = EARLIEST

    def do_until(self, time: datetime) -> None:
        """Record what happened up to and at `time`, what was repaired before what failed."""
        happened = self._stretch.between(self._done_until, time + MILLISECOND)
        if len(happened.maintenance):
            self._registry.record_maintenance(happened.maintenance)
        for failure in happened.failures.sort_by([("time", "ascending"), ("machine", "ascending")]).to_pylist():
            self._report(failure["machine"], failure["component"], failure["mode"], failure["time"])
        self._done_until = time + MILLISECOND

    def _report(self, machine: str, component: str, mode: str, time: datetime) -> None:
        """Report a failure and see its repair through, from wherever an attempt before has left it."""
        order = self._orders.report_failure(machine=machine, component=component, mode=mode, time=time, actor=ACTOR)
        while not order.state.is_final:
            order = self._further(order)

    def _further(self, order: WorkOrder) -> WorkOrder:
        if order.state is WorkOrderState.PROPOSED:
            return self._orders.approve(order.id, actor=ACTOR, seen=order.version)
        if order.state is WorkOrderState.IN_PROGRESS:
            return self._orders.complete(order.id, actor=ACTOR, seen=order.version, findings=_REPAIRED)
        if order.state is WorkOrderState.COMPLETED:
            return self._orders.close(order.id, actor=ACTOR, seen=order.version)
        return self._orders.start(order.id, actor=ACTOR, seen=order.version)
