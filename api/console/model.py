"""Model: which serves since when, although what failed; how often it was right; which versions there are."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.console.model_history import model_history
from api.console.notices import notices
from api.console.reader import reader_of
from api.console.rendering import page
from api.console.scorecards import cards_of
from api.console.words import date, number, reading
from api.reading.fleet_state import fleet_state
from api.reading.model_record import model_record
from api.routes.parameters import Key, Services
from api.security import SANDBOXED
from foreworn.loop.promotion_decision import REPORT_PAGE

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
    engineer = reader_of(request).mends
    history = model_history(model_record(services), engineer=engineer)
    return page(
        request,
        "model.html",
        fleet=fleet,
        now=fleet.now,
        notices=[*history.notices, *notices(services, fleet)],
        history=history,
        engineer=engineer,
        model=fleet.model,
        said={key: said.get(key) for key in _NAMED},
        learned_from=" to ".join(_day(said[key]) for key in ("trained_from", "trained_until") if said.get(key)),
        metrics=_table(said.get("metrics")),
        further={key: value for key, value in said.items() if key not in _NAMED},
        cards=cards_of(services, None if fleet.model is None else fleet.model.version),
    )


@router.get("/model/{version}/report")
def report_page(services: Services, version: Key) -> Response:
    """Return the promotion report of a version as it was filed.

    It is a page of its own, which was not made here: it may run no script and reach nothing of ours.
    """
    return HTMLResponse(services.models.attachment(version, REPORT_PAGE), headers=SANDBOXED)


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
