"""What a finished job adds to the record of maintenance."""

from datetime import datetime

import pyarrow as pa

from foreworn.fleet.history import MAINTENANCE_SCHEMA
from foreworn.loop.operations import Transaction
from foreworn.planning.findings import Action
from foreworn.planning.work_order import WorkOrder, WorkOrderKind


def record_service(tx: Transaction, order: WorkOrder, *, time: datetime) -> None:
    """Write down that a component was replaced, or that a failed one was repaired and runs again.

    Other repairs and adjustments stand on the order alone: they begin no new life.
    """
    corrective = order.kind is WorkOrderKind.CORRECTIVE
    action = order.findings.action if order.findings is not None else Action.NONE
    if not (action.renews or (corrective and action is Action.REPAIRED)):
        return
    row = {
        "time": time,
        "machine": order.machine,
        "component": order.component,
        "action": str(action),
        "kind": "corrective" if corrective else "preventive",
    }
    tx.registry.record_maintenance(pa.Table.from_pylist([row], schema=MAINTENANCE_SCHEMA))
