"""Model: how often it was right, what is in use, what it learned from, and how good it was on inner folds."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.console.notices import notices
from api.console.rendering import page
from api.console.scorecards import cards_of
from api.console.words import date, number, reading
from api.reading.fleet_state import fleet_state
from api.routes.parameters import Services

router = APIRouter(include_in_schema=False)

_NAMED = ("trained_from", "trained_until", "rows", "components", "features", "left_out", "metrics")
_MEASURES = {
    "failures": "failures",
    "rows": "rows",
    "base_rate": "rows before a failure",
    "inner_brier_skill": "Brier skill",
    "inner_calibration_slope": "calibration slope",
    "inner_average_precision": "average precision",
    "inner_f1": "F1",
}
"""How the measures of our own models are called, in the order they are shown; others follow by their own names."""


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
        learned_from=" to ".join(_day(said[key]) for key in ("trained_from", "trained_until") if said.get(key)),
        metrics=_table(said.get("metrics")),
        further={key: value for key, value in said.items() if key not in _NAMED},
        versions=services.models.versions(),
        cards=cards_of(services, None if fleet.model is None else fleet.model.version),
    )


def _table(metrics: object) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return column names, and a row of numbers per component; empty where the model has none."""
    if not isinstance(metrics, Mapping):
        return [], []
    rows = {name: measured for name, measured in metrics.items() if isinstance(measured, Mapping)}
    found = sorted({key for measured in rows.values() for key in measured})
    columns = [*(key for key in _MEASURES if key in found), *(key for key in found if key not in _MEASURES)]
    table = [(name, [_measured(key, measured.get(key)) for key in columns]) for name, measured in sorted(rows.items())]
    return [_MEASURES.get(key, reading(key)) for key in columns], table


def _measured(key: str, value: object) -> str:
    if not isinstance(value, int | float):
        return "–" if value is None else str(value)
    return f"{value * 100:.1f} %" if key == "base_rate" else number(value)


def _day(time: object) -> str:
    """Return the day of an RFC 3339 time; what a model tells otherwise stands as it tells it."""
    with suppress(ValueError):
        return date(datetime.fromisoformat(str(time)))
    return str(time)
