"""Train a failure model and an anomaly detector on a fleet's past, keep them, and put them in use."""

from datetime import datetime

from foreworn.fleet.history import FleetHistory
from foreworn.settings import ScoringSettings
from foreworn.telemetry.signal import SignalCatalogue, SignalType
from models import anomaly
from models.failure import FailureModelSettings, GradientBoostedFailureModel
from models.failure import train as train_model
from models.registry import FolderDetectorStore, FolderModelStore


def train(
    history: FleetHistory,
    *,
    until: datetime,
    settings: ScoringSettings,
    models: FolderModelStore,
    model_settings: FailureModelSettings | None = None,
    catalogue: SignalCatalogue | None = None,
) -> GradientBoostedFailureModel:
    """Train on what was stamped before `until`, save the model, and put it in use.

    Counters of the catalogue are no features: hours run since a machine was built tell machines apart, and
    wear since the last replacement is read from the maintenance record.

    Raises
    ------
    TooLittleHistory
        If there is not enough to train on; the model in use stays.
    """
    model = train_model(
        history,
        until=until,
        horizon=settings.horizon,
        settings=model_settings or FailureModelSettings(),
        leave_out={s.name for _, s in catalogue or () if s.type is SignalType.COUNTER},
    )
    models.save(model)
    models.serve(model.version)
    return model


def train_detector(
    history: FleetHistory, *, until: datetime, detectors: FolderDetectorStore
) -> anomaly.SubspaceDetector:
    """Learn what is healthy from what was stamped before `until`, save the detector, and put it in use.

    Raises
    ------
    TooLittleHistory
        If there is not enough to learn from; the detector in use stays.
    """
    detector = anomaly.train(history, until=until)
    detectors.save(detector)
    detectors.serve(detector.version)
    return detector
