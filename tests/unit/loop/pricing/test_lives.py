from dataclasses import replace

import pyarrow as pa
import pytest

from foreworn.fleet.history import FAILURE_SCHEMA, LOG_SCHEMA, FleetHistory
from foreworn.loop.pricing.lives import NotRunToFailure, by_machine, recorded_lives
from tests.unit.loop.pricing.lived import DAY, HOUR, START, history


def with_failures(of: FleetHistory, *hours: int) -> FleetHistory:
    rows = [{"time": START + h * HOUR, "machine": "m00", "component": "seal", "mode": "worn"} for h in hours]
    return replace(of, failures=pa.Table.from_pylist(rows, schema=FAILURE_SCHEMA))


def test_lives_end_in_failures_and_begin_when_mended() -> None:
    record = with_failures(history([100], repairs=[(0, 42, "corrective")]), 40, 90)
    found = recorded_lives(record)
    assert [(x.begun - START, x.length, x.renewed) for x in found.priced] == [
        (0 * HOUR, 40, False),
        (42 * HOUR, 48, True),
    ]
    # Nobody mended it after the second: the next life, begun at the failure, goes on to the last reading.
    assert [(begun - START, until - START) for _, _, begun, until in found.going_on] == [(90 * HOUR, 100 * HOUR)]


def test_without_a_repair_on_record_a_life_begins_where_the_one_before_failed() -> None:
    assert [x.length for x in recorded_lives(with_failures(history([100]), 40, 90)).priced] == [40, 50]


def test_a_machine_that_runs_on_has_a_life_that_goes_on() -> None:
    found = recorded_lives(history([60, 0]))
    assert [x.machine.id for x in found.priced] == ["m00"]
    assert [(m.id, until - START) for m, _, _, until in found.going_on] == [("m01", 60 * HOUR)]


def test_a_life_whose_beginning_nobody_watched_is_not_priced() -> None:
    record = history([60, 60])
    old = replace(record.machines[0], installed_at=START - 10 * DAY)
    found = recorded_lives(replace(record, machines=(old, record.machines[1])))
    assert ([x.machine.id for x in found.priced], found.unwatched) == (["m01"], 1)


def test_what_was_fitted_before_its_machine_first_spoke_cuts_nothing_short() -> None:
    found = recorded_lives(history([60], repairs=[(0, 0, "preventive")]))
    assert [(x.length, x.renewed) for x in found.priced] == [(60, True)]


@pytest.mark.parametrize(
    ("repairs", "match"),
    [
        pytest.param([(0, 30, "preventive"), (1, 20, "preventive")], "2 of 4 ended lives", id="replaced by the plan"),
        pytest.param([(0, 30, "corrective")], "1 of 3 ended lives", id="mended though no failure is on record"),
    ],
)
def test_a_history_whose_repairs_were_already_made_is_refused_with_their_number(
    repairs: list[tuple[int, int, str]], match: str
) -> None:
    with pytest.raises(NotRunToFailure, match=match) as refused:
        recorded_lives(history([60, 60], repairs=repairs))
    assert refused.value.cut_short == {"seal": len(repairs)}
    assert "would be made up" in str(refused.value)


def test_work_that_renews_nothing_cuts_nothing_short() -> None:
    record = history([60], repairs=[(0, 30, "preventive")])
    looked = record.maintenance.set_column(3, "action", pa.array(["inspected"]))
    assert [x.length for x in recorded_lives(replace(record, maintenance=looked)).priced] == [60]


def test_what_is_on_record_of_all_machines_is_all_that_is_on_record() -> None:
    lines = [{"time": START, "machine": m, "level": "info", "logger": "", "message": "on"} for m in ("m00", "m01")]
    record = replace(history([60, 60]), logs=pa.Table.from_pylist(lines, schema=LOG_SCHEMA))
    assert by_machine(record, {"m00", "m01"}) == record
    assert by_machine(record, {"m01"}).logs["machine"].to_pylist() == ["m01"]
