"""Model: what is in use, what it learned from, what it leaves out, and how good it was on inner folds."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.console.notices import notices
from api.console.rendering import page
from api.reading.fleet_state import fleet_state
from api.routes.parameters import Services

router = APIRouter(include_in_schema=False)

_NAMED = ("trained_from", "trained_until", "rows", "components", "features", "left_out", "metrics")


@router.get("/model")
def model_page(request: Request, services: Services) -> HTMLResponse:
    """Return the page."""
    fleet = fleet_state(services)
    said: Mapping[str, Any] = {} if fleet.model is None else fleet.model.describe()
    return page(
        request,
        "model.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        model=fleet.model,
        said={key: said.get(key) for key in _NAMED},
        metrics=_table(said.get("metrics")),
        further={key: value for key, value in said.items() if key not in _NAMED},
        versions=services.models.versions(),
    )


def _table(metrics: object) -> tuple[list[str], list[tuple[str, list[object]]]]:
    """Return column names, and a row of numbers per component; empty where the model has none."""
    if not isinstance(metrics, Mapping):
        return [], []
    rows = {name: measured for name, measured in metrics.items() if isinstance(measured, Mapping)}
    columns = sorted({key for measured in rows.values() for key in measured})
    return columns, [(name, [measured.get(column) for column in columns]) for name, measured in sorted(rows.items())]
