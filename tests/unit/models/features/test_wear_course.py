from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory
from foreworn.fleet.machine import Machine
from models.features import RowIndex
from models.features.fleet_record import FleetRecord
from models.features.wear_course import PARTS, CourseOfWear, ExponentialWear
from models.features.weighting import WHOLE_LIFE
from tests.unit.models.small_fleet import HOUR, START, at

CONSTANTS = tuple(n * HOUR for n in (12, 40, 90))
LIVES = tuple(range(100, 160, 5))


@cache
def worn(lives: tuple[int, ...] = LIVES, noise: float = 0.3) -> FleetHistory:
    """Return machines whose two indices grow exponentially, by 40 h, up to where they fail."""
    draw = np.random.default_rng(3)
    tables = []
    for number, life in enumerate(lives):
        course = np.exp((np.arange(1, life + 1) - life) / 40)
        tables.append(
            pa.table(
                {
                    "time": pa.array([at(h) for h in range(1, life + 1)], TIME),
                    "machine": [f"e{number:02d}"] * life,
                    "one": draw.normal(0, 0.2) + 5 * course + draw.normal(0, noise, life),
                    "two": draw.normal(0, 0.2) - 4 * course + draw.normal(0, noise, life),
                }
            )
        )
    return FleetHistory(
        tuple(Machine(f"e{n:02d}", "px", "west", START, ("engine",)) for n in range(len(lives))),
        pa.concat_tables(tables),
        EVENT_SCHEMA.empty_table(),
        MAINTENANCE_SCHEMA.empty_table(),
        FAILURE_SCHEMA.empty_table(),
    )


def record(rows: Sequence[tuple[str, float]], known: FleetHistory | None = None) -> FleetRecord:
    return FleetRecord(known or worn(), RowIndex.of([(m, at(hour)) for m, hour in rows]), WHOLE_LIFE)


@cache
def learned() -> ExponentialWear:
    ends = [(f"e{n:02d}", float(life)) for n, life in enumerate(LIVES)]
    every = np.arange(len(ends))
    return ExponentialWear.fit(record(ends), every, np.zeros(len(ends)), ("one", "two"), "engine", HOUR, CONSTANTS)


def test_the_time_constant_that_lives_have_is_found() -> None:
    assert learned().chance[1] > 0.9
    assert learned().mean[0, 1] == pytest.approx([0.0, 5.0], abs=0.4)
    assert learned().noise == pytest.approx([0.09, 0.09], rel=0.4)


@pytest.mark.parametrize(("left", "allowed"), [(40, 12.0), (20, 6.0), (6, 4.0)])
def test_what_is_left_is_told_the_closer_to_the_end_the_closer(left: int, allowed: float) -> None:
    told = learned().values(record([(f"e{n:02d}", life - left) for n, life in enumerate(LIVES)]))
    mean, spread = told[:, -len(PARTS)], told[:, -len(PARTS) + 1]
    assert np.sqrt(np.mean(np.square(mean - left))) < allowed
    assert np.all(spread < 2 * allowed)


def test_quantiles_of_what_is_left_are_in_order_and_hold() -> None:
    rows = [(n, life - left) for n, life in enumerate(LIVES) for left in (10, 30, 50, 70)]
    left = np.array([LIVES[n] - hour for n, hour in rows])
    p10, p50, p90 = learned().values(record([(f"e{n:02d}", hour) for n, hour in rows]))[:, -3:].T
    assert np.all(p10 <= p50)
    assert np.all(p50 <= p90)
    assert 0.7 <= np.mean((p10 <= left) & (left <= p90)) <= 1.0


def test_a_row_says_the_same_alone_as_among_others_and_nothing_later_changes_it() -> None:
    rows = [("e03", 60.0), ("e05", 80.0), ("e03", 110.0)]
    among = learned().values(record(rows))
    alone = learned().values(record(rows[:1], worn().until(at(60) + timedelta(milliseconds=1))))
    assert np.array_equal(among[0], alone[0])


def test_one_sample_leaves_about_what_past_lives_had_and_without_any_nothing_is_said() -> None:
    told = learned().values(record([("e03", 0.5), ("e03", 1.0)]))
    assert np.isnan(told[0]).all()
    assert 90 < told[1, -2] < 160  # the median of what is left of lives of 100 to 155 h


def test_a_kept_one_says_the_same() -> None:
    kept = ExponentialWear.from_data(learned().as_data())
    assert np.array_equal(kept.values(record([("e03", 60.0)])), learned().values(record([("e03", 60.0)])))
    assert kept.columns == learned().columns


def test_a_single_index_is_followed_alone() -> None:
    ends = [(f"e{n:02d}", life - 5.0) for n, life in enumerate(LIVES)]
    left = np.full(len(ends), 5.0)
    found = ExponentialWear.fit(record(ends), np.arange(len(ends)), left, ("one",), "engine", HOUR, CONSTANTS)
    assert [column.part for column in found.columns] == list(PARTS)
    assert found.mean[0, 1] == pytest.approx([0.0, 5.0], abs=0.6)  # as the index is at the end, not at the row
    with pytest.raises(ValueError, match="ask ExponentialWear"):
        CourseOfWear(("one",), "mean").values(record(ends))


def test_lives_of_one_length_leave_a_forecast_without_a_number_that_is_none() -> None:
    known = worn((120,) * 10)
    ends = [(f"e{n:02d}", 120.0) for n in range(10)]
    found = ExponentialWear.fit(
        record(ends, known), np.arange(10), np.zeros(10), ("one", "two"), "engine", HOUR, CONSTANTS
    )
    still = replace(known, telemetry=known.telemetry.set_column(2, "one", pa.array(np.zeros(1200))))
    assert np.isfinite(found.values(record([("e03", 60.0)], still))).all()
