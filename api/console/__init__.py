"""The console: pages rendered by the server, which work without script."""

from fastapi import FastAPI

from api.console import (
    assets,
    cases,
    data_quality,
    devices,
    jobs,
    machine,
    model,
    order,
    orders,
    parts,
    purchases,
    quarantine,
    today,
)
from api.console.rendering import problem_page

__all__ = ["mount", "problem_page"]


def mount(app: FastAPI) -> None:
    """Add the console's pages, and what they load, to the application."""
    for module in (
        *(assets, today, jobs, orders, order, parts, purchases, cases),
        *(machine, data_quality, devices, quarantine, model),
    ):
        app.include_router(module.router)
