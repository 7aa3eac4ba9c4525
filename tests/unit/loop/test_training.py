from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from foreworn.clock import ManualClock
from foreworn.errors import TooLittleHistory
from foreworn.loop.promotion import Check, PromotionDecision, decide, filed_decision, objections
from foreworn.loop.training import Trained, train, train_detector
from foreworn.settings import ScoringSettings
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from models.failure import FailureModelSettings
from models.registry import FolderDetectorStore, FolderModelStore
from tests.unit.loop.remembered_training import train as train_model
from tests.unit.models.anomaly.pumps import TRAINED_UNTIL, pumps
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import at

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learned once is not learned again: these tests are of what becomes of it."""
    monkeypatch.setattr("foreworn.loop.training.train_model", train_model)


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


def test_a_version_that_was_rolled_back_from_is_not_put_in_use_by_training_it_again(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path, clock=ManualClock(NOW))
    first, second = trained(models), trained(models, trees=20)
    models.rollback(by="ann", why="alarms on every pump")
    assert [check.name for check in objections(models, second.model.version)] == ["rollback"]
    again = trained(models, trees=20)
    assert again.model.version == second.model.version
    assert not again.decision.promoted
    assert again.decision.failed == (
        Check("rollback", False, "rolled back on 2026-03-01 06:00 UTC by ann: alarms on every pump"),
    )
    assert models.serving_version() == first.model.version
    models.promote(second.model.version, by="ann", why="it was the pumps")
    assert objections(models, second.model.version) == ()


def test_a_champion_that_changed_during_the_judging_is_judged_against_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = FolderModelStore(tmp_path)
    trained(models, trees=20)
    meanwhile = kept(models, trees=25)
    _promote_while_judging(monkeypatch, models, [meanwhile])
    late = trained(models)
    assert late.decision.promoted
    assert late.decision.against == meanwhile
    assert models.promotions()[-1].replaced == meanwhile
    assert filed_decision(models, late.model.version) == late.decision


def test_a_version_that_is_overtaken_twice_is_kept_and_not_put_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = FolderModelStore(tmp_path)
    first = trained(models, trees=20)
    other = kept(models, trees=25)
    _promote_while_judging(monkeypatch, models, [other, first.model.version])
    late = trained(models)
    assert not late.decision.promoted
    (overtaken,) = late.decision.failed
    assert (overtaken.name, overtaken.binding) == ("overtaken", True)
    assert f"judged against {other}, and by now {first.model.version} is in use" in overtaken.said
    assert models.serving_version() == first.model.version
    assert filed_decision(models, late.model.version) == late.decision


def trained(models: FolderModelStore, *, trees: int = 30) -> Trained:
    settings = SMALL.model_copy(update={"trees": trees})
    return train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=settings)


def kept(models: FolderModelStore, *, trees: int) -> str:
    """Train and keep a version that is not put in use."""
    model = train_model(fleet(), until=UNTIL, settings=SMALL.model_copy(update={"trees": trees}))
    models.save(model)
    return model.version


def _promote_while_judging(monkeypatch: pytest.MonkeyPatch, models: FolderModelStore, versions: list[str]) -> None:
    """Have another process put one of these in use at the end of each judging, as long as there are any."""
    coming = iter(versions)

    def decide_slowly(*terms: Any) -> PromotionDecision:
        decision = decide(*terms)
        for version in islice(coming, 1):
            models.promote(version, by="ben", why="another training")
        return decision

    monkeypatch.setattr("foreworn.loop.training.decide", decide_slowly)


def test_with_too_little_history_the_last_good_model_keeps_serving(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    good = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    with pytest.raises(TooLittleHistory, match="too little telemetry"):
        train(fleet(), until=at(48), settings=ScoringSettings(), models=models, model_settings=SMALL)
    serving = models.serving()
    assert serving is not None
    assert serving.version == good.model.version
    assert models.versions() == [good.model.version]


@pytest.mark.parametrize(
    ("until", "told"),
    [
        pytest.param(at(-24), "before 2025-12-31 00:00 UTC: the record begins at 2026-01-01 00:00 UTC", id="no record"),
        pytest.param(at(5), "no failure is on record before 2026-01-01 05:00 UTC; [0-9]+ came later", id="no failure"),
    ],
)
def test_what_cannot_teach_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: datetime, told: str
) -> None:
    monkeypatch.setattr("foreworn.loop.training.train_model", None)
    with pytest.raises(TooLittleHistory, match=told):
        train(fleet(), until=until, settings=ScoringSettings(), models=FolderModelStore(tmp_path))


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


def test_a_detector_of_older_data_does_not_take_the_place_of_a_newer_one(tmp_path: Path) -> None:
    detectors = FolderDetectorStore(tmp_path / "detectors")
    newer = train_detector(pumps(), until=TRAINED_UNTIL, detectors=detectors)
    older = train_detector(pumps(), until=TRAINED_UNTIL - timedelta(days=1), detectors=detectors)
    assert older.version != newer.version
    assert older.version in detectors.versions()
    assert detectors.serving_version() == newer.version


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
        model_settings=SMALL.model_copy(update={"trees": 2}),
        catalogue=catalogue,
    )
    assert not any("hours_run" in name for name in trained.model.features.names)


def test_what_devices_say_in_words_is_learned_from_where_the_setting_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asked(Exception): ...

    def ask(*_: object, settings: FailureModelSettings, **__: object) -> None:
        raise Asked(settings.with_templates)

    monkeypatch.setattr("foreworn.loop.training.train_model", ask)
    for asked in (True, False):
        with pytest.raises(Asked, match=str(asked)):
            train(fleet(), until=UNTIL, settings=ScoringSettings(templates=asked), models=FolderModelStore(tmp_path))
