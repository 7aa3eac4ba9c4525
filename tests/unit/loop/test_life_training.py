from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from shutil import copytree

import pyarrow as pa
import pytest

from foreworn.errors import DamagedModel, TooLittleHistory
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory
from foreworn.loop import life_training
from foreworn.loop.life_training import settings_for, train_life_models
from models.life import GradientBoostedLifeModel, train
from models.life.registry import FolderLifeStore
from tests.unit.models.life.wearing_engines import SETTINGS, UNTIL, before_failure, engines
from tests.unit.models.small_fleet import HOUR, START

SMALL = SETTINGS.model_copy(
    update={"every": 4 * HOUR, "trees": 15, "seeds": 1, "quantile_trees": 15, "folds": 2, "fewest_rows_in_leaf": 10}
)


@cache
def model() -> GradientBoostedLifeModel:
    return train(engines(), "engine", until=UNTIL, settings=SMALL)


def with_gears() -> FleetHistory:
    """Return the engines, each with a gear that never fails."""
    history = engines()
    return replace(history, machines=tuple(replace(m, components=("engine", "gear")) for m in history.machines))


def test_each_component_that_enough_is_known_of_gets_a_model_that_serves_and_the_others_a_reason(
    tmp_path: Path,
) -> None:
    models = FolderLifeStore(tmp_path / "lives")
    engine, gear = train_life_models(with_gears(), until=UNTIL, models=models, model_settings=SMALL)
    assert (engine.component, engine.why) == ("engine", "")
    assert (gear.component, gear.model) == ("gear", None)
    assert gear.why.startswith("0 lives of 'gear'")
    (serving,) = FolderLifeStore(tmp_path / "lives").serving()
    assert engine.model is not None
    assert (serving.component, serving.version) == ("engine", engine.model.version)
    (told,) = serving.remaining_life(engines(), [before_failure("e03", 10)])
    assert told.model_version == engine.model.version


def test_with_too_little_history_the_model_in_use_stays(tmp_path: Path) -> None:
    models = FolderLifeStore(tmp_path)
    models.of("engine").save(model())
    models.of("engine").serve(model().version)
    (little,) = train_life_models(engines(), until=START + timedelta(hours=50), models=models, model_settings=SMALL)
    assert little.model is None
    assert [m.version for m in models.serving()] == [model().version]


def test_a_damaged_model_of_one_component_hides_no_other(tmp_path: Path) -> None:
    models = FolderLifeStore(tmp_path)
    models.of("engine").save(model())
    models.of("engine").serve(model().version)
    copytree(tmp_path / "engine", tmp_path / "belt")
    (tmp_path / "belt" / model().version / "p90.txt").write_text("not what was written")
    found = models.in_use()
    assert [m.version for m in found.models] == [model().version]
    assert list(found.troubles) == ["belt"]
    with pytest.raises(DamagedModel, match=r"p90\.txt"):
        models.serving()


def test_a_model_whose_intervals_tell_nothing_is_kept_and_not_put_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life_training, "WIDEST", 0.01)
    models = FolderLifeStore(tmp_path)
    (wide,) = train_life_models(engines(), until=UNTIL, models=models, model_settings=SMALL)
    assert wide.model is None
    assert "cycles wide, more than twice a usual life" in wide.why
    assert models.serving() == []
    assert len(models.of("engine").versions()) == 1


def slowed(times: int) -> FleetHistory:
    """Return the engines as if everything took so many times as long."""
    history = engines()

    def later(table: pa.Table) -> pa.Table:
        if not len(table):
            return table
        slow = [START + times * (t - START) for t in table["time"].to_pylist()]
        return table.set_column(table.column_names.index("time"), "time", pa.array(slow, TIME))

    return replace(history, telemetry=later(history.telemetry), failures=later(history.failures))


def test_spans_follow_how_long_the_component_lasts() -> None:
    quick, slow = (settings_for(slowed(times), "engine", until=UNTIL) for times in (1, 20))
    assert (quick.step, quick.cap) == (timedelta(hours=1), 125.0)
    hours = slow.step / timedelta(hours=1)
    assert 20 * 90 / 200 <= hours <= 20 * 160 / 200 + 1, "a two-hundredth of a life of 1,800 to 3,200 h"
    assert (slow.cap, slow.calibrate_up_to) == (125 * hours, 150 * hours)
    assert slow.warm_up == slow.step * 5


def test_rows_stand_further_apart_where_they_would_look_back_on_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    dense = settings_for(engines(), "engine", until=UNTIL)
    monkeypatch.setattr(life_training, "LARGEST_WORK", 30_000)
    sparse = settings_for(engines(), "engine", until=UNTIL)
    assert dense.every == dense.step == sparse.step
    # 24 lives of about 120 h in steps of one: 24 x 120^2 / 2 = 170,000 samples looked back on
    assert 4 * dense.every <= sparse.every <= 8 * dense.every
    assert sparse.fewest_rows_in_leaf <= dense.fewest_rows_in_leaf


def test_no_more_rows_teach_than_the_sizes_of_the_trees_were_chosen_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life_training, "MOST_ROWS", 1_000)
    sparse = settings_for(engines(), "engine", until=UNTIL)
    assert sparse.every == 4 * sparse.step  # 24 lives of about 125 h: a good 3,000 rows at one a step
    assert 200 <= sparse.fewest_rows_in_leaf <= 300


def test_what_did_not_fail_often_enough_is_said_before_anything_is_computed() -> None:
    lasting = replace(engines(), failures=FAILURE_SCHEMA.empty_table(), maintenance=MAINTENANCE_SCHEMA.empty_table())
    with pytest.raises(TooLittleHistory, match=r"0 lives of 'engine' ended in a failure .*; 10 are needed"):
        settings_for(lasting, "engine", until=UNTIL)
    with pytest.raises(TooLittleHistory, match="no telemetry"):
        settings_for(replace(lasting, telemetry=lasting.telemetry.slice(0, 0)), "engine", until=UNTIL)
