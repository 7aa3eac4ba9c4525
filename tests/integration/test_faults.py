"""What devices were told is safe is in the store, once and as sent, whatever dies, stalls or lies in between.

One schedule per class of faults; `python -m benchmarks.faults` draws hundreds.
"""

from collections.abc import Iterator

import pytest

from benchmarks.faults.lane import open_lane
from benchmarks.faults.result import result_of
from benchmarks.faults.rig import Lane
from benchmarks.faults.run import run
from benchmarks.faults.schedule import FaultKind, Schedule, Step, StoreKind
from benchmarks.faults.small_disk import can_mount
from tests.servers import programme

pytestmark = pytest.mark.server

PATIENCE = 20.0


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    programme("influxd", "TEST_INFLUXD")
    with open_lane(tmp_path_factory.mktemp("faults") / "lane") as opened:
        yield opened


def schedule(number: int, store: StoreKind, *steps: Step, broker_may_die: bool = False) -> Schedule:
    return Schedule(number, number, store, broker_may_die, max(s.at + s.length for s in steps), steps)


def answers(*kinds: FaultKind) -> tuple[Step, ...]:
    """One after the other, since they befall the same thing."""
    return tuple(Step(0.2, kind, 0.4) for kind in kinds)


SCHEDULES = [
    pytest.param(
        schedule(
            1,
            StoreKind.INFLUX,
            Step(0.5, FaultKind.KILL_COLLECTOR, 0.5),
            Step(1.0, FaultKind.KILL_BROKER, 0.6),
            Step(1.2, FaultKind.KILL_STORE, 0.6),
            Step(4.0, FaultKind.KILL_COLLECTOR, 0.5),
            broker_may_die=True,
        ),
        id="collector, broker and store are killed",
    ),
    pytest.param(
        schedule(
            2,
            StoreKind.INFLUX,
            Step(0.3, FaultKind.FREEZE_BROKER, 0.8),
            Step(0.6, FaultKind.FREEZE_COLLECTOR, 2.5),
            Step(1.5, FaultKind.FREEZE_STORE, 2.5),
            Step(0.5, FaultKind.DEVICE_CLOCK_JUMP, 1.0),
            Step(1.0, FaultKind.PLATFORM_CLOCK_JUMP, 1.0),
        ),
        id="collector, broker and store stand still, and clocks jump",
    ),
    pytest.param(
        schedule(
            3,
            StoreKind.DUCKDB,
            Step(0.3, FaultKind.DUPLICATE_TO_COLLECTOR, 0.5),
            Step(0.3, FaultKind.DUPLICATE_FROM_DEVICES, 0.5),
            Step(0.9, FaultKind.SLOW_COLLECTOR, 0.5),
            Step(0.9, FaultKind.SLOW_DEVICES, 0.5),
            Step(1.5, FaultKind.HALF_OPEN_COLLECTOR, 0.6),
            Step(1.5, FaultKind.HALF_OPEN_DEVICES, 0.6),
            Step(2.5, FaultKind.CUT_COLLECTOR, 0.1),
            Step(2.5, FaultKind.RECONNECT_STORM, 1.0),
            Step(4.0, FaultKind.CUT_DEVICES, 0.1),
        ),
        id="connections are cut, slow, half open and deliver twice",
    ),
    pytest.param(
        schedule(
            4,
            StoreKind.INFLUX,
            *answers(FaultKind.STORE_429, FaultKind.STORE_500, FaultKind.STORE_503, FaultKind.STORE_CUT),
            *answers(FaultKind.STORE_TIMEOUT, FaultKind.STORE_422_PART, FaultKind.STORE_400_PART),
            Step(5.5, FaultKind.STORE_422_PART, 1.0),
        ),
        id="the store answers 429, 500, 503, nothing, and refuses parts with 400 and 422",
    ),
]


@pytest.mark.parametrize("drawn", SCHEDULES)
def test_nothing_acknowledged_is_lost_doubled_or_changed(lane: Lane, drawn: Schedule) -> None:
    result = result_of(run(lane, drawn, patience=PATIENCE))
    assert result.is_good, f"{result}\n{result.log}"
    assert result.acknowledged > 200
    assert {kind for kind, count in result.fired.items() if count} == {step.kind.title for step in drawn.steps}


def test_what_a_collector_acknowledged_as_it_was_killed_it_had_committed(lane: Lane) -> None:
    strikes = [Step(0.5 + 0.2 * i, FaultKind.KILL_COLLECTOR_AT_PUBACK, 0.3) for i in range(3)]
    result = result_of(run(lane, schedule(6, StoreKind.DUCKDB, *strikes), patience=60.0))
    assert result.is_good, f"{result}\n{result.log}"
    assert result.fired["kill_collector_at_puback"] == len(strikes)


def test_a_full_disk_ends_the_collector_with_an_error_and_loses_nothing_acknowledged(lane: Lane) -> None:
    if not can_mount():
        pytest.skip("a small disk can be mounted by root only")
    drawn = schedule(5, StoreKind.DUCKDB, Step(1.5, FaultKind.FULL_DISK, 1.0))
    result = result_of(run(lane, drawn, patience=PATIENCE))
    assert result.is_good, f"{result}\n{result.log}"
    assert result.fired["full_disk"] >= 1
    assert all(said.startswith("code 1: foreworn: ") for said in result.exits), result.exits
