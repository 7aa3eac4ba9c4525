from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.economics.weibull_life import Life
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Machine
from foreworn.loop.component_lives import component_lives

T0, DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
NEW = Machine("p1", "px", "west", T0, ("bearing",))
OLD = Machine("p1", "px", "west", T0 - 4_000 * DAY, ("bearing",))


Record = tuple[pa.Table, pa.Table]
"""Failures and maintenance."""


def _ends(
    failures: tuple[int, ...] = (), replaced: tuple[int, ...] = (), action: str = "replaced", kind: str = "preventive"
) -> Record:
    return _record([("p1", day) for day in failures], [("p1", day) for day in replaced], action, kind)


def _record(
    failures: list[tuple[str, int]], replaced: list[tuple[str, int]], action: str = "replaced", kind: str = "preventive"
) -> Record:
    broke = [{"time": T0 + d * DAY, "machine": m, "component": "bearing", "mode": "worn"} for m, d in failures]
    done = [
        {"time": T0 + d * DAY, "machine": m, "component": "bearing", "action": action, "kind": kind}
        for m, d in replaced
    ]
    return pa.Table.from_pylist(broke, schema=FAILURE_SCHEMA), pa.Table.from_pylist(done, schema=MAINTENANCE_SCHEMA)


def _lives(machine: Machine, record: Record, until: int = 100) -> list[Life]:
    return component_lives([machine], *record, until=T0 + until * DAY, recorded_since=T0)["px", "bearing"]


@pytest.mark.parametrize(
    ("machine", "ends", "lives"),
    [
        pytest.param(NEW, _ends(), [Life(100, False)], id="never failed: one life that goes on"),
        pytest.param(
            NEW, _ends((30,), (70,)), [Life(30, True), Life(40, False), Life(30, False)], id="failed, then replaced"
        ),
        pytest.param(NEW, _ends((30,), (30,)), [Life(30, True), Life(70, False)], id="repaired when it failed: once"),
        pytest.param(NEW, _ends((30, 150)), [Life(30, True), Life(70, False)], id="what comes later is not known yet"),
        pytest.param(NEW, _ends((), (40,), "adjusted"), [Life(100, False)], id="an adjustment renews nothing"),
        pytest.param(
            OLD,
            _ends((30,)),
            [Life(30, True, from_new=False), Life(70, False)],
            id="older than the record: its first life's beginning is unknown",
        ),
        pytest.param(
            Machine("p1", "px", "west", T0, ("bearing",), retired_at=T0 + 60 * DAY),
            _ends((30,)),
            [Life(30, True), Life(30, False)],
            id="taken out of service: its life ends there",
        ),
        pytest.param(
            Machine("p1", "px", "west", T0, ("bearing",), retired_at=T0 + 30 * DAY),
            _ends((30,)),
            [Life(30, True)],
            id="taken out of service because it failed: no life follows",
        ),
        pytest.param(
            NEW,
            _ends((30, 31, 70), (50,), "repaired", "corrective"),
            [Life(30, True), Life(20, True)],
            id="repairs are written down: none runs from a failure to its repair",
        ),
    ],
)
def test_lives_are_what_lies_between_renewals(machine: Machine, ends: Record, lives: list[Life]) -> None:
    assert _lives(machine, ends) == lives


def test_unless_told_the_record_begins_with_its_first_entry() -> None:
    ends = _ends((30, 80))
    found = component_lives([NEW], *ends, until=T0 + 100 * DAY)["px", "bearing"]
    assert found == [Life(50, True), Life(20, False)]


def _maintained_before_failures_were_noted(failed: range) -> Record:
    """One machine per failure: renewed at T0, failed on its day; and one that is renewed on day 50 as well."""
    renewed = [*((f"p{day}", 0) for day in failed), ("old", 0), ("old", 50)]
    return _record([(f"p{day}", day) for day in failed], renewed)


def test_a_life_that_began_before_failures_were_noted_counts_from_its_age_then() -> None:
    ends = _maintained_before_failures_were_noted(range(200, 207))
    machines = [Machine(name, "px", "west", T0, ("bearing",)) for name in sorted(set(ends[1]["machine"].to_pylist()))]

    lives = component_lives(machines, *ends, until=T0 + 207 * DAY)["px", "bearing"]

    assert [life for life in lives if life.failed] == [Life(day, True, entry=200) for day in range(201, 207)]
    assert [life for life in lives if life.entry == 150] == [Life(157, False, entry=150)]
    assert sum(life.days - life.entry for life in lives) == 8 * 7  # machines, and days that they were watched


def test_a_first_failure_that_came_when_it_could_be_expected_leaves_no_life_out() -> None:
    ends = _maintained_before_failures_were_noted(range(20, 200, 20))
    machines = [Machine(name, "px", "west", T0, ("bearing",)) for name in sorted(set(ends[1]["machine"].to_pylist()))]

    lives = component_lives(machines, *ends, until=T0 + 200 * DAY)["px", "bearing"]

    assert sum(life.failed for life in lives) == 9
    assert {life.entry for life in lives} == {0}
