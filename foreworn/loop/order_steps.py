"""What every change of a work order leaves behind: the order itself, the audit entry, the message to tell."""

from collections.abc import Mapping
from datetime import datetime

from foreworn.audit import AuditEntry
from foreworn.errors import Conflict
from foreworn.loop.operations import Transaction
from foreworn.loop.outbox import Message
from foreworn.planning.work_order import WorkOrder

TOPIC = "work_order"
"""Topic of the outbox messages about work orders."""


def order_seen(tx: Transaction, id: str, seen: int) -> WorkOrder:
    """Return the order in the version that its changer saw.

    Raises
    ------
    NotFound
        If there is none of this id.
    Conflict
        If it has been changed since.
    """
    order = tx.orders.get(id)
    if order.version != seen:
        last = tx.audit.find(subject=id, limit=1)
        by = f" by {last[0][1].actor} at {last[0][1].time:%Y-%m-%d %H:%M} UTC" if last else ""
        raise Conflict(
            f"work order {id} was changed{by} and is {order.state} now (version {order.version}, you saw {seen}): "
            "look at it again, then decide"
        )
    return order


def add_order(tx: Transaction, order: WorkOrder, *, actor: str, reason: str, detail: Mapping[str, object]) -> WorkOrder:
    """Add a new order and return it."""
    tx.orders.add(order)
    leave_trace(tx, order, actor=actor, time=order.created_at, reason=reason, detail=detail)
    return order


def put_step(tx: Transaction, order: WorkOrder, *, seen: int, detail: Mapping[str, object] | None = None) -> WorkOrder:
    """Keep an order that has gone one step further, and return it.

    Raises
    ------
    Conflict
        If somebody else was quicker.
    """
    tx.orders.update(order, seen=seen)
    step = order.transitions[-1]
    more = {"from": str(step.before), "to": str(step.after), **(detail or {})}
    leave_trace(tx, order, actor=step.actor, time=step.time, reason=step.reason, detail=more)
    return order


def leave_trace(
    tx: Transaction,
    order: WorkOrder,
    *,
    actor: str,
    time: datetime,
    reason: str,
    detail: Mapping[str, object],
    action: str | None = None,
    key: str | None = None,
) -> None:
    """Record a change in the audit trail, and put it in the outbox.

    Parameters
    ----------
    action
        What was done; None: the order reached its state.
    key
        The message's key; None: the order's id and version.
    """
    said = {"reason": reason, "version": order.version, **detail}
    tx.audit.record(AuditEntry(time, actor, action or f"{TOPIC}.{order.state}", order.id, said))
    whose = {"order": order.id, "machine": order.machine, "component": order.component, "kind": str(order.kind)}
    what = {"action": action or f"{TOPIC}.{order.state}", "state": str(order.state), "task": order.task}
    when = {"actor": actor, "time": time.isoformat(), "due": order.due.isoformat() if order.due else None}
    tx.outbox.put(
        Message(key or f"{order.id}:{order.version}", TOPIC, {**whose, **what, **when, **said}, created_at=time)
    )
