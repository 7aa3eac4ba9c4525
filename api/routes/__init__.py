"""The JSON API: one file per noun."""

from api.routes import (
    audit,
    cases,
    costs,
    devices,
    failures,
    labels,
    machines,
    models,
    parts,
    platform,
    purchases,
    quarantine,
    remaining_lives,
    stock_movements,
    tokens,
    users,
    work_orders,
)

ROUTERS = (
    machines.router,
    remaining_lives.router,
    failures.router,
    work_orders.router,
    parts.router,
    stock_movements.router,
    purchases.router,
    costs.router,
    cases.router,
    models.router,
    labels.router,
    devices.router,
    quarantine.router,
    users.router,
    tokens.router,
    audit.router,
    platform.router,
)

__all__ = ["ROUTERS"]
