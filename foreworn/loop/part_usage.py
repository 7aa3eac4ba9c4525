"""What was taken of every part, read from the maintenance record and the stock ledger, each taking once."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from foreworn.fleet.machine import Machine
from foreworn.fleet.renewal import LEAVES_OLD
from foreworn.loop.operations import Transaction
from foreworn.loop.order_outcome import completed_at
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.spares import MovementKind, PartUse, parts_for
from models.demand import UsageRecord

_NO_NOTICE = timedelta(0)


def part_usage(
    tx: Transaction, machines: Sequence[Machine], bill: Sequence[PartUse], *, since: datetime, until: datetime
) -> dict[str, list[UsageRecord]]:
    """Return the usage of each part in [since, until), by part.

    A replacement takes what the bill of parts says. What the ledger says was issued besides, for no order or
    beyond its bill, comes on top; an issue that is the replacement's own is not counted again. What went into
    machines that are not of `machines` says nothing of what they will need, and is left out.

    Parameters
    ----------
    tx
        Where orders, maintenance and the ledger are.
    machines, bill
        The fleet, and which component takes which part.
    """
    models = {machine.id: machine.model for machine in machines}
    done = {order.id: order for order in tx.orders.find(states=(WorkOrderState.COMPLETED, WorkOrderState.CLOSED))}
    notices = {(o.machine, o.component, _recorded_at(o)): _notice(o) for o in done.values()}
    usage: dict[str, list[UsageRecord]] = defaultdict(list)
    for row in tx.registry.maintenance(since, until).to_pylist():
        if row["action"].strip().casefold() in LEAVES_OLD or row["machine"] not in models:
            continue
        notice = notices.get((row["machine"], row["component"], row["time"]), _NO_NOTICE)
        for part, quantity in parts_for(bill, models[row["machine"]], row["component"]).items():
            usage[part].append(UsageRecord(row["time"], quantity, row["machine"], row["component"], notice))
    explained: Counter[tuple[str, str]] = Counter()
    for movement in tx.stock.movements(until=until):
        order = done.get(movement.reference)
        if movement.kind is not MovementKind.ISSUE or (order is not None and order.machine not in models):
            continue
        own = _by_bill(order, movement.part, models, bill) - explained[movement.reference, movement.part]
        besides = max(-movement.quantity - own, 0)
        explained[movement.reference, movement.part] += -movement.quantity - besides
        if besides and movement.time >= since:
            usage[movement.part].append(UsageRecord(movement.time, besides))
    return dict(usage)


def _recorded_at(order: WorkOrder) -> datetime | None:
    """Return the time under which the record of maintenance keeps a job; it is kept to the millisecond."""
    end = completed_at(order)
    return None if end is None else end.replace(microsecond=end.microsecond // 1000 * 1000)


def _by_bill(order: WorkOrder | None, part: str, models: Mapping[str, str], bill: Sequence[PartUse]) -> int:
    """Return how much of a part an order's own replacement accounts for."""
    if order is None or order.findings is None or not order.findings.action.renews:
        return 0
    return parts_for(bill, models[order.machine], order.component).get(part, 0)


def _notice(order: WorkOrder) -> timedelta:
    """Return how long before its end the order was approved, and so its parts reserved."""
    end = completed_at(order)
    approved = next((s.time for s in order.transitions if s.after is WorkOrderState.APPROVED), end)
    return _NO_NOTICE if end is None or approved is None else max(end - approved, _NO_NOTICE)
