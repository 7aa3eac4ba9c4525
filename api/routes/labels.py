"""Labels: what became of forecasts, and how often a model was right."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.cursor import page_of
from api.instants import Instant
from api.routes.parameters import PRINTABLE, Cursor, Key, Limit, Services, problems
from api.schemas.record import LabelAnswer, LabelPage, ScorecardAnswer
from foreworn.errors import NotFound
from foreworn.health.label import Label, Outcome

router = APIRouter(tags=["models"])


def _key(label: Label) -> tuple[str, str, float, str, float]:
    times = label.time.timestamp(), label.horizon.total_seconds()
    return (label.machine, label.component, times[0], label.model_version, times[1])


@router.get("/labels", summary="Labels", responses=problems(400, 503))
def list_labels(
    services: Services,
    model_version: Annotated[str | None, Query(description="Only of this model.", max_length=200), PRINTABLE] = None,
    outcome: Annotated[list[Outcome] | None, Query(description="Only with one of these outcomes.")] = None,
    since: Annotated[Instant | None, Query(description="Only of forecasts whose data time is not before.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> LabelPage:
    """Return forecasts as they were first said, and what became of them."""
    with services.operations.reading() as tx:
        found = tx.labels.of_model(model_version, since=since)
    chosen = [label for label in found if outcome is None or label.outcome in outcome]
    page = page_of(chosen, _key, limit=limit, cursor=cursor)
    items = [LabelAnswer.of(label) for label in page.rows]
    return LabelPage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get("/models/{version}/scorecard", summary="How often it was right", responses=problems(400, 404, 503))
def get_scorecard(services: Services, version: Key) -> ScorecardAnswer:
    """Return a model version's precision, recall, lead times and calibration, from outcomes."""
    versions = services.models.versions()
    if version not in versions:
        raise NotFound("model", version, known=versions)
    return ScorecardAnswer.of(services.labelling.scorecard(version), version)
