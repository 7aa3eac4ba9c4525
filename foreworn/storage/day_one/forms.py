"""The files of the first day and their columns; `docs/howto/day-one.md` says what they mean."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One file: its name, and the columns it must and may have."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


AREAS = Form("areas.csv", ("site", "area", "name"))
CUSTOMERS = Form("customers.csv", ("customer", "name"))
TECHNICIANS = Form("technicians.csv", ("technician", "name", "weekly_hours"), ("skills",))
PARTS = Form(
    "parts.csv",
    ("part", "description", "price", "lead_time_days"),
    (
        *("lead_time_sd_days", "unit", "supplier", "pack_size", "holding_rate", "service_level"),
        *("order_cost", "stockout_cost"),
    ),
)
BILL_OF_PARTS = Form("bill_of_parts.csv", ("model", "component", "part"), ("quantity",))
STOCK = Form("stock.csv", ("part", "on_hand", "counted_at"), ("place",))
PLANS = Form("plans.csv", ("plan", "machine", "component", "task", "every_days", "last_done", "labour_h"))
ORDERS = Form("orders.csv", ("order", "machine", "component", "kind", "task", "labour_h"), ("due",))
COSTS = Form(
    "costs.csv",
    (
        *("model", "component", "preventive", "failure", "inspection", "downtime_per_hour"),
        *("planned_downtime_h", "unplanned_downtime_h", "labour_h", "currency"),
    ),
)
FORMS = (AREAS, CUSTOMERS, TECHNICIANS, PARTS, BILL_OF_PARTS, STOCK, PLANS, ORDERS, COSTS)
"""Every file that is not also a file of a fleet history."""
