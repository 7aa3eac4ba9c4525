"""Train a failure model on a fleet's past, keep it, and put it in use."""

from datetime import datetime

from foreworn.fleet.history import FleetHistory
from foreworn.settings import ScoringSettings
from models.failure import FailureModelSettings, GradientBoostedFailureModel
from models.failure import train as train_model
from models.registry import FolderModelStore


def train(
    history: FleetHistory,
    *,
    until: datetime,
    settings: ScoringSettings,
    models: FolderModelStore,
    model_settings: FailureModelSettings | None = None,
) -> GradientBoostedFailureModel:
    """Train on what was stamped before `until`, save the model, and put it in use.

    Raises
    ------
    TooLittleHistory
        If there is not enough to train on; the model in use stays.
    """
    model = train_model(
        history, until=until, horizon=settings.horizon, settings=model_settings or FailureModelSettings()
    )
    models.save(model)
    models.serve(model.version)
    return model
