"""What a finished job adds to the record of maintenance."""

from datetime import datetime

import pyarrow as pa

from foreworn.fleet.history import MAINTENANCE_SCHEMA
from foreworn.fleet.renewal import CORRECTIVE, renews
from foreworn.loop.operations import Transaction
from foreworn.planning.findings import Action
from foreworn.planning.work_order import WorkOrder, WorkOrderKind


def record_service(tx: Transaction, order: WorkOrder, *, time: datetime) -> None:
    """Write down that a component was replaced, or that a failed one was put right and runs again.

    Other repairs and adjustments stand on the order alone: they begin no new life.
    """
    kind = CORRECTIVE if order.kind is WorkOrderKind.CORRECTIVE else "preventive"
    action = order.findings.action if order.findings is not None else Action.NONE
    if not renews(action, kind):
        return
    row = {
        "time": time,
        "machine": order.machine,
        "component": order.component,
        "action": str(action),
        "kind": kind,
    }
    tx.registry.record_maintenance(pa.Table.from_pylist([row], schema=MAINTENANCE_SCHEMA))
