"""Broken histories and the other models, remaining life and anomalies: a message or a fallback, no silent number.

Those of failure models are in `tests/unit/models/failure/test_bad_input.py`.
"""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FAILURE_SCHEMA, FleetHistory
from foreworn.fleet.machine import Machine
from models.anomaly import SubspaceDetector
from models.anomaly import train as train_anomaly
from models.life import GradientBoostedLifeModel
from models.life import train as train_life
from models.life.life_rows import life_rows
from tests.unit.models.anomaly.pumps import QUICK, pumps
from tests.unit.models.life.wearing_engines import SETTINGS, UNTIL, engines
from tests.unit.models.small_fleet import START, at

LIFE = SETTINGS.model_copy(update={"trees": 15, "quantile_trees": 15, "learning_rate": 0.3, "folds": 2, "nearest": 5})
WATCH = QUICK.model_copy(update={"fewest_rows": 60})
ENGINE = ("e03", at(60))
PUMP = ("m1", at(90 * 24))


def plant() -> FleetHistory:
    return engines(14, 2)


def basin() -> FleetHistory:
    return pumps(4, days=100)


def life_of(known: FleetHistory, component: str = "engine") -> GradientBoostedLifeModel:
    return train_life(known, component, until=UNTIL, settings=LIFE)


def watch_of(known: FleetHistory) -> SubspaceDetector:
    return train_anomaly(known, until=at(100 * 24), settings=WATCH)


@cache
def life() -> GradientBoostedLifeModel:
    return life_of(plant())


@cache
def watch() -> SubspaceDetector:
    return watch_of(basin())


def with_column(known: FleetHistory, name: str, values: pa.Array) -> FleetHistory:
    names = known.telemetry.column_names
    if name in names:
        return replace(known, telemetry=known.telemetry.set_column(names.index(name), name, values))
    return replace(known, telemetry=known.telemetry.append_column(name, values))


def holed(known: FleetHistory, name: str, hole: float | None) -> FleetHistory:
    """Return the history with ten hours of every fifty of a signal replaced by a hole."""
    values = known.telemetry[name].to_pylist()
    return with_column(known, name, pa.array([hole if i % 50 < 10 else v for i, v in enumerate(values)], pa.float64()))


def doubled(known: FleetHistory) -> FleetHistory:
    return replace(known, telemetry=pa.concat_tables([known.telemetry, known.telemetry.slice(0, 300)]))


def with_one_row(known: FleetHistory, name: str, model: str, component: str) -> FleetHistory:
    """Return the history with one machine more, which has spoken once, when the record begins."""
    one = known.telemetry.slice(0, 1)
    one = one.set_column(one.column_names.index("machine"), "machine", pa.array([name]))
    newcomer = Machine(name, model, "west", START, (component,))
    return replace(known, machines=(*known.machines, newcomer), telemetry=pa.concat_tables([known.telemetry, one]))


@pytest.mark.parametrize(
    ("failures", "component", "message"),
    [
        pytest.param(0, "engine", "0 lives of 'engine' on 0 machines", id="no failures"),
        pytest.param(1, "engine", "1 lives of 'engine' on 1 machines", id="one failure"),
        pytest.param(12, "gearbox", "0 lives of 'gearbox' on 0 machines", id="a component that never failed"),
    ],
)
def test_a_life_cannot_be_told_from_hardly_any_failure(failures: int, component: str, message: str) -> None:
    machines = tuple(replace(m, components=("engine", "gearbox")) for m in plant().machines)
    known = replace(plant(), machines=machines, failures=plant().failures.slice(0, failures))
    with pytest.raises(TooLittleHistory, match=message):
        life_of(known, component)


def test_constants_teach_nothing_of_life() -> None:
    assert set(life().inputs.residuals.signals) == {"pressure", "temperature"}


def test_blocks_of_nan_are_holes_for_life() -> None:
    as_nan, as_null = (life_of(holed(plant(), "temperature", hole)) for hole in (float("nan"), None))
    assert as_nan.version == as_null.version


def test_life_is_learned_where_samples_stand_twice() -> None:
    (told,) = life_of(doubled(plant())).remaining_life(plant(), [ENGINE])
    (once,) = life().remaining_life(plant(), [ENGINE])
    assert told.p50 == pytest.approx(once.p50, rel=0.5)


def test_a_machine_with_one_row_is_told_as_one_that_is_new() -> None:
    lonely = with_one_row(plant(), "e99", "px", "engine")
    (told,) = life().remaining_life(lonely, [("e99", at(1))])
    assert 0.8 * told.cap < told.expected <= told.cap
    assert told.p90 > told.p10


def test_a_counter_that_resets_goes_on_counting_life() -> None:
    cycles = plant().telemetry["cycles"].to_numpy()
    reset = with_column(plant(), "cycles", pa.array(np.where(cycles > 100, cycles - 100, cycles)))
    kept, gone_on = (life_rows(k, "engine", until=UNTIL, settings=LIFE) for k in (reset, plant()))
    assert np.array_equal(kept.left, gone_on.left)


@pytest.mark.parametrize("name", [None, "bar"], ids=["disappears", "is renamed"])
def test_a_signal_that_is_gone_is_named_in_what_is_told_of_life(name: str | None) -> None:
    names = [name or "gone" if column == "pressure" else column for column in plant().telemetry.column_names]
    known = replace(plant(), telemetry=plant().telemetry.rename_columns(names))
    (told,) = life().remaining_life(known if name else without(known, "gone"), [ENGINE])
    unread = "bar, dead" if name else "dead"
    assert told.note == (
        "nothing was said lately of pressure: it is told from the other signals; "
        f"training did not read {unread}, which is said"
    )
    (whole,) = life().remaining_life(plant(), [ENGINE])
    assert whole.note == ""


def test_a_signal_that_one_machine_stopped_saying_is_named_of_that_machine_alone() -> None:
    rows = plant().telemetry.to_pylist()
    values = [None if r["machine"] == "e03" and r["time"] > at(38) else r["pressure"] for r in rows]
    known = with_column(plant(), "pressure", pa.array(values, pa.float64()))
    told = life().remaining_life(known, [("e03", at(57)), ENGINE, ("e04", at(60))])
    assert ["pressure" in life.note for life in told] == [False, True, False]


def without(known: FleetHistory, *signals: str) -> FleetHistory:
    return replace(known, telemetry=known.telemetry.drop_columns(list(signals)))


@pytest.mark.parametrize("failures", [0, 1], ids=["no failures", "one failure"])
def test_what_is_usual_is_learned_without_failures(failures: int) -> None:
    rows = [{"time": at(50 * 24), "machine": "m1", "component": "bearing", "mode": ""}][:failures]
    known = replace(basin(), failures=pa.Table.from_pylist(rows, schema=FAILURE_SCHEMA))
    (score,) = watch_of(known).score(known, [PUMP])
    assert not score.is_above


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(np.full(4 * 2400, 4.2), id="a constant"),
        pytest.param(np.tile(np.arange(2400) % 900, 4), id="a counter that resets"),
    ],
)
def test_what_does_not_measure_is_not_watched(values: np.ndarray) -> None:
    known = with_column(basin(), "dull", pa.array(values))
    (part,) = watch_of(known).watches["px"].parts.values()
    assert part.signals == ("current", "flow", "pressure", "vibration")


def test_blocks_of_nan_are_holes_for_what_is_usual() -> None:
    as_nan, as_null = (holed(basin(), "pressure", hole) for hole in (float("nan"), None))
    assert watch_of(as_nan).score(as_nan, [PUMP])[0].score == watch_of(as_null).score(as_null, [PUMP])[0].score


def test_what_is_usual_is_learned_where_samples_stand_twice() -> None:
    (told,) = watch_of(doubled(basin())).score(basin(), [PUMP])
    assert not told.is_above


def test_a_machine_that_spoke_once_long_ago_has_no_score() -> None:
    lonely = with_one_row(basin(), "m9", "px", "bearing")
    assert watch_of(lonely).score(lonely, [("m9", PUMP[1])]) == []


@pytest.mark.parametrize("name", [None, "bar"], ids=["disappears", "is renamed"])
def test_a_signal_that_is_gone_has_no_share_in_a_score_and_with_most_gone_there_is_none(name: str | None) -> None:
    known = without(basin(), "pressure")
    if name is not None:
        known = with_column(known, name, basin().telemetry["pressure"].combine_chunks())
    (score,) = watch().score(known, [PUMP])
    assert {share.signal for share in score.contributions} == {"current", "flow", "vibration"}
    assert watch().score(without(known, "current", "flow"), [PUMP]) == []


def test_a_score_rests_on_the_time_before_it_alone_where_a_signal_comes_back() -> None:
    later = PUMP[1] + timedelta(days=2)
    hole = np.array([PUMP[1] < t < later for t in basin().telemetry["time"].to_pylist()])
    values = np.where(hole, np.nan, basin().telemetry["pressure"].to_numpy())
    holes = with_column(basin(), "pressure", pa.array(values))
    assert watch().score(holes, [PUMP]) == watch().score(basin(), [PUMP])
