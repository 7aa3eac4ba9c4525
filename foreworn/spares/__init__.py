"""Spares: parts, what lies where, what is promised, and when to buy."""

from foreworn.spares.part import Part, PartUse, parts_for
from foreworn.spares.policy import (
    NOT_KEPT,
    StockPolicy,
    critical_ratio,
    economic_order_quantity,
    fill_rate,
    order_quantity,
    protection_times,
    reorder_point,
    stock_policy,
)
from foreworn.spares.purchase import (
    COMING_STATES,
    OPEN_PURCHASE_STATES,
    PURCHASE_TRANSITIONS,
    PurchaseOrder,
    PurchaseState,
    PurchaseTransition,
)
from foreworn.spares.replenishment import REVIEW, ReplenishmentProposal, propose
from foreworn.spares.stock import MovementKind, Reservation, ReservationState, StockLevel, StockMovement, stock_level

__all__ = [
    "COMING_STATES",
    "NOT_KEPT",
    "OPEN_PURCHASE_STATES",
    "PURCHASE_TRANSITIONS",
    "REVIEW",
    "MovementKind",
    "Part",
    "PartUse",
    "PurchaseOrder",
    "PurchaseState",
    "PurchaseTransition",
    "ReplenishmentProposal",
    "Reservation",
    "ReservationState",
    "StockLevel",
    "StockMovement",
    "StockPolicy",
    "critical_ratio",
    "economic_order_quantity",
    "fill_rate",
    "order_quantity",
    "parts_for",
    "propose",
    "protection_times",
    "reorder_point",
    "stock_level",
    "stock_policy",
]
