from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import MAINTENANCE_SCHEMA, FleetHistory
from models.features import RowIndex
from models.features.fleet_record import FleetRecord
from models.life import LifeModelSettings, train
from models.life.life_rows import life_rows
from tests.unit.models.life.wearing_engines import (
    SETTINGS,
    UNTIL,
    before_failure,
    engines,
    last_row,
    model,
)


def test_life_shrinks_as_an_engine_wears() -> None:
    rows = [before_failure("e00", hours) for hours in (40, 20, 5)]
    told = model().remaining_life(engines(), rows)
    assert [r.expected for r in told] == sorted((r.expected for r in told), reverse=True)
    assert told[-1].p50 < 30
    assert told[0].unit == "cycles"
    assert all(r.p10 <= r.p50 <= r.p90 for r in told)
    assert told[-1].reasons[0].source in {"temperature residual", "pressure residual"} | {
        f"health index {n}" for n in (1, 2, 3)
    } | {"similar past lives", "course of wear", "cycles", "age of engine"}


def test_life_by_a_counter_counts_what_the_counter_counts() -> None:
    by_use = life_rows(engines(), "engine", until=UNTIL, settings=SETTINGS)
    by_clock = life_rows(engines(), "engine", until=UNTIL, settings=SETTINGS.model_copy(update={"unit": "hours"}))
    assert np.array_equal(by_use.left, 2 * by_clock.left)
    assert by_use.lives == 21


def test_an_engine_that_runs_is_not_taken_as_failed() -> None:
    rows = life_rows(engines(), "engine", until=UNTIL, settings=SETTINGS)
    running = rows.index.machine == "e23"
    assert rows.cut_short == 3
    assert not rows.ended[running].any()
    assert rows.left[running].min() == 0  # at least that much


def test_a_life_cut_short_by_a_replacement_is_not_taken_as_failed() -> None:
    name, end = last_row("e00")
    work = {
        "time": end - timedelta(hours=30),
        "machine": name,
        "component": "engine",
        "action": "",
        "kind": "preventive",
    }
    known = replace(engines(), maintenance=pa.Table.from_pylist([work], schema=MAINTENANCE_SCHEMA))
    rows = life_rows(known, "engine", until=UNTIL, settings=SETTINGS)
    own = rows.index.machine == name
    assert rows.left[own & ~rows.ended].max() > 0
    assert rows.left[own & rows.ended].max() == 2 * (30 - 5)  # the new life begins at the replacement


def test_a_row_does_not_change_with_what_is_stamped_later() -> None:
    row = before_failure("e05", 20)
    past = engines().until(row[1] + timedelta(milliseconds=1))
    assert model().remaining_life(engines(), [row]) == model().remaining_life(past, [row])


def test_intervals_of_unseen_engines_cover_about_what_they_say() -> None:
    metrics = model().metrics
    assert 0.65 <= metrics["unseen_coverage_p10_p90"] <= 0.95
    assert metrics["unseen_rmse_capped"] < 14  # all the same life for all: 17


def test_the_expected_life_is_the_mean_over_seeds_and_so_are_its_reasons() -> None:
    index = RowIndex.of([before_failure("e00", 20), before_failure("e07", 40)])
    matrix = model().inputs.matrix(FleetRecord(engines(), index, model().lookback), index.machine)
    by_seed = model().trees.expected_by_seed(matrix)
    assert by_seed.shape == (2, SETTINGS.seeds)
    assert np.ptp(by_seed, axis=1).min() > 0  # seeds differ
    assert model().trees.expected_life(matrix) == pytest.approx(by_seed.mean(axis=1))
    assert model().trees.contributions(matrix).sum(axis=1) == pytest.approx(by_seed.mean(axis=1))


def test_the_same_history_gives_the_same_version() -> None:
    again = train(engines(), "engine", until=UNTIL, settings=SETTINGS)
    assert again.version == model().version
    assert again.trees.texts() == model().trees.texts()


def test_a_signal_that_goes_silent_does_not_make_an_engine_look_new() -> None:
    row = before_failure("e05", 4)
    known = engines()
    place = known.telemetry.column_names.index("pressure")
    silent = known.telemetry.set_column(place, "pressure", pa.nulls(len(known.telemetry), pa.float64()))
    (whole,) = model().remaining_life(known, [row])
    (blind,) = model().remaining_life(replace(known, telemetry=silent), [row])
    assert blind.expected == pytest.approx(whole.expected, abs=15)


def test_settings_that_training_had_not_seen_are_said() -> None:
    row = before_failure("e05", 4)
    known = engines().until(row[1] + timedelta(milliseconds=1))
    place = known.telemetry.column_names.index("load")
    shifted = pa.array(np.asarray(known.telemetry["load"]) + 0.25)
    strange = replace(known, telemetry=known.telemetry.set_column(place, "load", shifted))
    assert model().remaining_life(strange, [row]) == []  # no residual of this life is known
    half = np.asarray(known.telemetry["load"]).copy()
    times = np.array(known.telemetry["time"].to_pylist())
    half[times == row[1]] += 0.25
    last = replace(known, telemetry=known.telemetry.set_column(place, "load", pa.array(half)))
    (told,) = model().remaining_life(last, [row])
    assert "lie outside of every operating regime" in told.note


def without_failures(known: FleetHistory) -> FleetHistory:
    return replace(known, failures=known.failures.slice(0, 3))


@pytest.mark.parametrize(
    ("known", "changes", "message"),
    [
        pytest.param(without_failures(engines()), {}, "3 lives of 'engine' on 3 machines", id="too few lives"),
        pytest.param(engines(), {"unit": "flights"}, "'flights', and no telemetry", id="a counter that is not there"),
        pytest.param(engines(), {"operating_settings": ("mach",)}, "setting 'mach' is not", id="an unknown setting"),
        pytest.param(engines().until(UNTIL.replace(year=2000)), {}, "no telemetry", id="nothing on record"),
        pytest.param(
            engines(), {"leave_out": ("temperature", "pressure")}, "no signal varies", id="only a signal that stands"
        ),
    ],
)
def test_too_little_history_says_what_is_missing(known: FleetHistory, changes: dict[str, object], message: str) -> None:
    settings = LifeModelSettings.model_validate(SETTINGS.model_dump() | changes)
    with pytest.raises(TooLittleHistory, match=message):
        train(known, "engine", until=UNTIL, settings=settings)
