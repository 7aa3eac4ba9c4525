from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.loop.training import train, train_detector
from foreworn.settings import ScoringSettings
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from models.registry import FolderDetectorStore, FolderModelStore
from tests.unit.models.anomaly.pumps import TRAINED_UNTIL, pumps
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import at


def test_a_trained_model_is_kept_and_put_in_use(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    model = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    serving = models.serving()
    assert serving is not None
    assert serving.version == model.version
    assert serving.horizon == ScoringSettings().horizon


def test_with_too_little_history_the_last_good_model_keeps_serving(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    good = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    with pytest.raises(TooLittleHistory, match="are needed"):
        train(fleet(), until=at(50), settings=ScoringSettings(), models=models, model_settings=SMALL)
    serving = models.serving()
    assert serving is not None
    assert serving.version == good.version
    assert models.versions() == [good.version]


def test_a_trained_detector_is_kept_and_put_in_use(tmp_path: Path) -> None:
    detectors = FolderDetectorStore(tmp_path / "detectors")
    detector = train_detector(pumps(), until=TRAINED_UNTIL, detectors=detectors)
    serving = detectors.serving()
    assert serving is not None
    assert serving.version == detector.version


def test_a_counter_is_no_feature(tmp_path: Path) -> None:
    history = fleet()
    counted = history.telemetry.append_column("hours_run", pa.array(range(len(history.telemetry)), pa.int64()))
    catalogue = SignalCatalogue({"*": [Signal("hours_run", "h", SignalType.COUNTER)]})
    settings = ScoringSettings()
    models = FolderModelStore(tmp_path)
    model = train(
        replace(history, telemetry=counted),
        until=UNTIL,
        settings=settings,
        models=models,
        model_settings=SMALL,
        catalogue=catalogue,
    )
    assert not any("hours_run" in name for name in model.features.names)
