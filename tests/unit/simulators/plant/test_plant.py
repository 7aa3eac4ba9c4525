import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from foreworn.errors import ConfigurationError, NotFound
from simulators.plant import Plant, PlantFile, read_plant
from simulators.plant.period import Period, telemetry_table
from tests.unit.simulators.plant.conftest import SMALL, START

DAY = timedelta(days=1)


def run_until_failure(plant: Plant) -> Period:
    return plant.advance(24 * 400, telemetry=False, until_failure=True)


def digest(plant: Plant, days: int) -> str:
    period = plant.advance(24 * days)
    table = telemetry_table([period])
    told = repr((period.failures, period.events, plant.state.consumed.tolist(), table.to_pylist()))
    return hashlib.sha256(told.encode()).hexdigest()


def test_the_same_seed_gives_the_same_plant_and_another_seed_another(small: PlantFile) -> None:
    first, again, other = (digest(Plant(small, START, seed), 20) for seed in (5, 5, 6))
    assert first == again != other


def test_it_does_not_matter_how_many_steps_are_taken_at_once(small: PlantFile) -> None:
    hasty, patient = Plant(small, START), Plant(small, START)
    whole = hasty.advance(700)
    pieces = [patient.advance(1) for _ in range(700)]
    assert whole.failures == tuple(f for piece in pieces for f in piece.failures)
    assert whole.events == tuple(e for piece in pieces for e in piece.events)
    assert telemetry_table([whole]).equals(telemetry_table(pieces))
    np.testing.assert_allclose(hasty.state.consumed, patient.state.consumed, rtol=1e-9)


def test_damage_only_grows_until_a_component_is_replaced(fans: Plant) -> None:
    before = fans.state.consumed.copy()
    for _ in range(60):
        fans.advance(6, telemetry=False)
        assert np.all(fans.state.consumed >= before)
        before = fans.state.consumed.copy()


def test_a_failed_machine_stands_still_until_it_is_repaired(fans: Plant) -> None:
    failure = run_until_failure(fans).failures[0]
    index = fans.roster.machine_index(failure.machine)
    hours, consumed = fans.state.hours_run[index], fans.state.consumed.copy()
    period = fans.advance(48)
    own = fans.roster.machine_of == index
    assert fans.state.hours_run[index] == hours
    assert np.array_equal(fans.state.consumed[own], consumed[own])
    assert {s.values["run_state"] for m, _, s in period.samples() if m == failure.machine} == {"failed"}
    fans.replace(failure.machine, failure.component)
    fans.advance(24, telemetry=False)
    assert fans.state.hours_run[index] > hours


def test_a_failure_lies_inside_its_step_and_trips_the_machine(fans: Plant) -> None:
    period = run_until_failure(fans)
    failure, trip = period.failures[0], period.events[-1]
    assert fans.now - fans.step < failure.time < fans.now
    assert (trip.time, trip.machine, trip.code) == (failure.time, failure.machine, "TRIP")


def test_a_replacement_makes_it_new_and_says_what_the_old_one_was_like(fans: Plant) -> None:
    fans.advance(24 * 5, telemetry=False)
    before = fans.condition("hall-fan-1", "filter")
    done = fans.replace("hall-fan-1", "filter")
    assert before.damage > 0.0
    assert (done.kind, done.found) == ("preventive", before)
    assert fans.condition("hall-fan-1", "filter").damage == 0.0
    assert fans.installed_at("hall-fan-1", "filter") == fans.now


def test_a_partial_repair_leaves_its_share_of_the_consumed_life(write: Callable[[str], Path]) -> None:
    text = SMALL.replace("[classes.fan.components.filter]", "[classes.fan.components.filter]\nrestores = 0.7")
    plant = Plant(read_plant(write(text)), START)
    seat = plant.roster.seat("hall-fan-1", "filter").index
    consumed = plant.state.consumed[seat]
    plant.replace("hall-fan-1", "filter")
    assert plant.state.consumed[seat] == pytest.approx(0.3 * consumed)


def test_what_has_failed_is_repaired_not_prevented(fans: Plant) -> None:
    failure = run_until_failure(fans).failures[0]
    with pytest.raises(ValueError, match="has failed: replacing it is corrective"):
        fans.replace(failure.machine, failure.component, "preventive")
    assert fans.replace(failure.machine, failure.component).kind == "corrective"


def test_a_stop_keeps_the_machine_standing_for_its_span(fans: Plant) -> None:
    fans.advance(9)
    fans.stop_for("hall-fan-1", timedelta(hours=3))
    fans.stop_for("hall-fan-1", timedelta(hours=1))
    states = [s.values["run_state"] for m, _, s in fans.advance(5).samples() if m == "hall-fan-1"]
    assert states == ["stopped", "stopped", "stopped", "running", "running"]


def test_the_remaining_life_is_when_it_fails_if_left_alone(fans: Plant) -> None:
    twin = fans.fork()
    failure = run_until_failure(fans).failures[0]
    foretold = twin.remaining_life(failure.machine, failure.component)
    assert foretold is not None
    assert abs(START + foretold - failure.time) < timedelta(seconds=1)
    assert fans.remaining_life(failure.machine, failure.component) == timedelta(0)


def test_the_first_failure_can_be_foreseen_without_time_passing(fans: Plant) -> None:
    foreseen = fans.steps_to_failure(24 * 400)
    assert foreseen is not None
    assert fans.now == START
    failure = run_until_failure(fans).failures[0]
    assert foreseen == ((failure.time - START) // fans.step, (failure.machine, failure.component))


def test_a_fork_goes_its_own_way(fans: Plant) -> None:
    fans.advance(24, telemetry=False)
    twin = fans.fork()
    untouched = fans.state.copy()
    twin.replace("hall-fan-1", "bearing")
    twin.stop_for("hall-fan-2", DAY)
    twin.advance(24 * 9, telemetry=False)
    assert fans.now == START + DAY
    assert np.array_equal(fans.state.consumed, untouched.consumed)
    assert np.array_equal(fans.state.held_until, untouched.held_until)
    assert fans.installed_at("hall-fan-1", "bearing") < START
    assert len(fans.life_records()) == len(twin.life_records()) - 1


def test_what_is_done_to_one_machine_never_touches_another(fans: Plant) -> None:
    twin = fans.fork()
    twin.replace("hall-fan-1", "filter", standstill=DAY)
    one, other = fans.advance(24 * 6), twin.advance(24 * 6)

    def said(period: Period) -> list[object]:
        return [sample for machine, _, sample in period.samples() if machine == "hall-fan-2"]

    assert said(one) == said(other)
    assert [f for f in one.failures if f.machine == "hall-fan-2"] == [
        f for f in other.failures if f.machine == "hall-fan-2"
    ]


def test_the_next_life_is_the_same_whenever_it_begins(fans: Plant) -> None:
    twin = fans.fork()
    twin.advance(24 * 2, telemetry=False)
    for plant in (fans, twin):
        plant.replace("hall-fan-1", "filter")
    seat = fans.roster.seat("hall-fan-1", "filter").index
    assert fans.lives.of(seat, 1) is twin.lives.of(seat, 1)
    fresh = Plant(fans.file, START)
    assert fresh.lives.of(seat, 1).fate == fans.lives.of(seat, 1).fate
    assert np.array_equal(fresh.lives.of(seat, 1).increments(900, 300), fans.lives.of(seat, 1).increments(900, 300))


def test_a_worn_filter_shows_in_its_signal_and_brings_its_fault_message(fans: Plant) -> None:
    twin = fans.fork()
    seat = fans.roster.seat("hall-fan-1", "filter").index
    fans.state.consumed[seat] = 0.0
    twin.state.consumed[seat] = 0.93 * twin.lives.of(seat, 0).limit
    new, worn = (
        [s.values["differential_pressure"] for m, _, s in p.advance(11).samples() if m == "hall-fan-1"]
        for p in (fans, twin)
    )
    assert np.mean(np.array(worn[6:], float)) > np.mean(np.array(new[6:], float)) + 8.0
    assert any(e.code == "F1" for e in twin.advance(24, until_failure=True).events)


def test_a_slow_signal_is_reported_at_its_cadence(fans: Plant) -> None:
    samples = [s for m, _, s in fans.advance(24).samples() if m == "hall-fan-1"]
    assert [s.time.hour for s in samples if "vibration_rms" in s.values] == [0, 4, 8, 12, 16, 20]
    assert all("differential_pressure" in s.values for s in samples)


def test_every_reading_is_one_that_the_catalogue_knows(pumping_stations: PlantFile) -> None:
    plant = Plant(pumping_stations, START)
    model = {machine.id: machine.model for machine in plant.machines}
    for machine, _, sample in plant.advance(48).samples():
        for name, value in sample.values.items():
            signal = plant.catalogue.find(model[machine], name)
            assert signal is not None
            if isinstance(value, str):
                assert value in signal.states
            else:
                assert signal.low is None or value >= signal.low
                assert signal.high is None or value <= signal.high


def test_a_machine_cannot_run_before_it_is_installed(write: Callable[[str], Path]) -> None:
    later = SMALL.replace('load = "day"', 'load = "day", installed = 2025-02-01')
    with pytest.raises(ConfigurationError, match=r"'hall-fan-1' is installed on 2025-02-01"):
        Plant(read_plant(write(later)), START)


def test_an_unknown_machine_or_component_is_not_found(fans: Plant) -> None:
    with pytest.raises(NotFound, match="no machine 'hall-fan-9'"):
        fans.stop_for("hall-fan-9", DAY)
    with pytest.raises(NotFound, match="known: bearing, filter"):
        fans.condition("hall-fan-1", "gear")
