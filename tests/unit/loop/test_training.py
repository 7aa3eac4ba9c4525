from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.loop.promotion import filed_decision
from foreworn.loop.training import train, train_detector
from foreworn.settings import ScoringSettings
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from models.registry import FolderDetectorStore, FolderModelStore
from tests.unit.models.anomaly.pumps import TRAINED_UNTIL, pumps
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import at


def test_a_trained_model_is_kept_and_put_in_use(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    trained = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL, by="ann")
    serving = models.serving()
    assert serving is not None
    assert serving.version == trained.model.version
    assert serving.horizon == ScoringSettings().horizon
    assert trained.decision.promoted
    assert filed_decision(models, serving.version) == trained.decision
    (promotion,) = models.promotions()
    assert (promotion.version, promotion.by) == (serving.version, "ann")


def test_the_model_in_use_trained_again_is_not_promoted_again(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    for _ in range(2):
        trained = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    assert trained.decision.promoted
    assert [check.name for check in trained.decision.checks] == ["version"]
    assert len(models.promotions()) == 1


def test_a_recipe_that_is_worse_on_what_came_since_is_kept_and_not_put_in_use(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    good = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    worse = SMALL.model_copy(update={"trees": 1, "learning_rate": 0.01})
    weak = train(fleet(), until=at(60 * 24), settings=ScoringSettings(), models=models, model_settings=worse)
    assert not weak.decision.promoted
    assert {"accuracy", "recall"} <= {check.name for check in weak.decision.failed}
    assert weak.decision.against == good.model.version
    assert models.serving_version() == good.model.version
    assert weak.model.version in models.versions()


def test_a_model_that_cannot_be_read_is_replaced_by_the_next(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    good = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    (tmp_path / good.model.version / "trees-0-0.txt").write_text("")
    fresh = FolderModelStore(tmp_path)
    less = SMALL.model_copy(update={"trees": 20})
    new = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=fresh, model_settings=less)
    assert new.decision.promoted
    assert "trees-0-0.txt" in new.decision.checks[-1].said
    assert fresh.serving_version() == new.model.version


def test_with_too_little_history_the_last_good_model_keeps_serving(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    good = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    with pytest.raises(TooLittleHistory, match="too little telemetry"):
        train(fleet(), until=at(40), settings=ScoringSettings(), models=models, model_settings=SMALL)
    serving = models.serving()
    assert serving is not None
    assert serving.version == good.model.version
    assert models.versions() == [good.model.version]


def test_age_alone_never_replaces_learned_signs(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    good = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    thin = train(fleet(), until=at(50), settings=ScoringSettings(), models=models, model_settings=SMALL)
    assert not thin.model.components
    assert "signs" in {check.name for check in thin.decision.failed}
    assert models.serving_version() == good.model.version


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
    trained = train(
        replace(history, telemetry=counted),
        until=UNTIL,
        settings=settings,
        models=models,
        model_settings=SMALL,
        catalogue=catalogue,
    )
    assert not any("hours_run" in name for name in trained.model.features.names)
