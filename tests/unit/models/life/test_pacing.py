from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory
from foreworn.fleet.machine import Machine
from models.life.pacing import PacedLifeModel, paced
from tests.unit.models.life.wearing_engines import before_failure, engines, model
from tests.unit.models.small_fleet import HOUR, START, at


def history(*samples: tuple[float, str, float], replaced: tuple[float, ...] = ()) -> FleetHistory:
    """Return samples (hour, machine, vibration) of pumps whose bearing was replaced at some hours."""
    table = {
        "time": pa.array([at(hour) for hour, *_ in samples], TIME),
        "machine": [machine for _, machine, _ in samples],
        "vibration": pa.array([value for *_, value in samples], pa.float64()),
        "strokes": pa.array(range(len(samples)), pa.int64()),
        "mode": ["run"] * len(samples),
    }
    work = [
        {"time": at(h), "machine": "a", "component": "bearing", "action": "replace", "kind": "preventive"}
        for h in replaced
    ]
    return FleetHistory(
        tuple(Machine(m, "px", "west", START, ("bearing",)) for m in ("a", "b")),
        pa.table(table).sort_by([("machine", "ascending"), ("time", "ascending")]),
        EVENT_SCHEMA.empty_table(),
        pa.Table.from_pylist(work, schema=MAINTENANCE_SCHEMA),
        FAILURE_SCHEMA.empty_table(),
    )


def told(history: FleetHistory, step: int, until: float) -> list[tuple[datetime, str, float, int]]:
    table = paced(history, "bearing", timedelta(hours=step), until=at(until)).telemetry
    assert table.column_names == ["time", "machine", "vibration", "strokes"]
    return [tuple(row.values()) for row in table.to_pylist()]


def test_a_step_is_closed_at_its_end_and_stamped_like_its_last_sample() -> None:
    told_of = told(history((6, "a", 9.0), (7, "a", 1.0), (9, "a", 3.0), (9.5, "b", 5.0)), 4, 10)
    assert told_of == [(at(6), "a", 9.0, 0), (at(9), "a", 2.0, 2), (at(9.5), "b", 5.0, 3)]


def test_nothing_after_the_row_is_in_it() -> None:
    assert told(history((9, "a", 1.0), (10, "a", 3.0), (10.001, "a", 99.0)), 4, 10) == [(at(10), "a", 2.0, 1)]


def test_what_the_old_one_said_stays_out_of_the_life_of_the_new_one() -> None:
    samples = ((7, "a", 9.0), (8, "a", 7.0), (9, "a", 1.0), (8.5, "b", 4.0), (9, "b", 6.0))
    ((first, *_), (second, *_), _) = told_of = told(history(*samples, replaced=(8,)), 4, 10)
    assert (first, second) == (at(8), at(9))
    assert [vibration for *_, vibration, _ in told_of] == [8.0, 1.0, 5.0]


def test_without_telemetry_there_is_none() -> None:
    assert told(history(), 4, 10) == []


def test_samples_as_dense_as_the_steps_are_told_of_as_the_model_alone_does() -> None:
    rows = [before_failure("e03", 10), before_failure("e01", 30), before_failure("e03", 10)]
    (same, other, again) = PacedLifeModel(model()).remaining_life(engines(), rows)
    for paced_one, alone in zip((same, other, again), model().remaining_life(engines(), rows), strict=True):
        assert (paced_one.machine, paced_one.time) == (alone.machine, alone.time)
        told = [(x.p10, x.p50, x.p90, x.expected) for x in (paced_one, alone)]
        assert told[0] == pytest.approx(told[1])
    assert same == again


def test_rows_come_back_in_their_order_and_a_machine_without_a_word_has_none() -> None:
    rows = [before_failure("e02", 5), ("e02", START - HOUR), before_failure("e01", 5)]
    assert [(x.machine, x.time) for x in PacedLifeModel(model()).remaining_life(engines(), rows)] == [rows[0], rows[2]]
