"""Failure models: which there are, and which is in use."""

from fastapi import APIRouter

from api.routes.parameters import Services, problems
from api.schemas.model import ModelsAnswer, ServingModel

router = APIRouter(prefix="/models", tags=["models"])


@router.get("", summary="All models", responses=problems(503))
def list_models(services: Services) -> ModelsAnswer:
    """Return all versions, and what the one in use says about itself."""
    serving = services.models.serving()
    return ModelsAnswer(
        serving=None if serving is None else ServingModel.of(serving), versions=services.models.versions()
    )
