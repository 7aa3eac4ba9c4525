"""Failure models: which there are, which is in use, and what is filed with each."""

from fastapi import APIRouter, Response

from api.cursor import page_of
from api.reading.fleet_state import serving_model
from api.reading.model_record import version_state
from api.routes.parameters import Cursor, Key, Limit, Services, problems
from api.schemas.model import ModelsAnswer, ServingModel, VersionAnswer, VersionRecord
from foreworn.loop.model_versions import VersionSummary, summaries
from foreworn.loop.promotion_decision import REPORT

router = APIRouter(prefix="/models", tags=["models"])


@router.get("", summary="All models", responses=problems(400, 503))
def list_models(services: Services, limit: Limit = 100, cursor: Cursor = None) -> ModelsAnswer:
    """Return all versions with their headline figures, and what the one in use says about itself.

    A version that cannot be read is listed with what is wrong.
    """
    models = services.models
    serving, trouble = serving_model(services)
    page = page_of(summaries(models), _key, limit=limit, cursor=cursor)
    return ModelsAnswer(
        serving=None if serving is None else ServingModel.of(serving),
        serving_version=models.serving_version(),
        serving_trouble=trouble or None,
        versions=models.versions(),
        items=[VersionAnswer.of(version_state(models, summary)) for summary in page.rows],
        total=page.total,
        next_cursor=page.next_cursor,
    )


@router.get("/{version}", summary="One model", responses=problems(400, 404, 503))
def get_model(services: Services, version: Key) -> VersionRecord:
    """Return all that is kept of a version: its files, its checks, what is filed with it, and when it was in use.

    Every file is held against its SHA-256; where one is not what was written, the answer is a problem that names it.
    """
    models = services.models
    files = models.seals(version)
    summary = next(one for one in summaries(models) if one.version == version)
    return VersionRecord.told(
        version_state(models, summary),
        description=models.describe(version),
        files=files,
        attachments=models.attachments(version),
        promotions=[one for one in models.promotions() if version in (one.version, one.replaced)],
    )


@router.get(
    "/{version}/report",
    summary="Its promotion report",
    response_class=Response,
    responses=problems(400, 404, 503)
    | {200: {"description": "The report as it was filed.", "content": {"application/json": {"schema": {}}}}},
)
def get_report(services: Services, version: Key) -> Response:
    """Return the data of the backtest that was reported of a version; 404 where none was.

    For people the same report stands on the console, at `/model/{version}/report`.
    """
    return Response(services.models.attachment(version, REPORT), media_type="application/json")


def _key(summary: VersionSummary) -> tuple[float, str]:
    return summary.saved_at.timestamp(), summary.version
