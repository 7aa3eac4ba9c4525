"""Planning: what is to be done to machines, and how far it has come."""

from foreworn.planning.work_order import TRANSITIONS, Transition, WorkOrder, WorkOrderKind, WorkOrderState

__all__ = ["TRANSITIONS", "Transition", "WorkOrder", "WorkOrderKind", "WorkOrderState"]
