from datetime import timedelta

import pytest

from simulators.plant import (
    RUN_TO_FAILURE,
    Plant,
    PlantFile,
    age_replacement,
    best_age_replacement,
    perfect_foresight,
    run_to_failure,
)
from simulators.plant.period import Period
from simulators.plant.practice import keep
from tests.unit.simulators.plant.conftest import START

DAY = timedelta(days=1)


def test_foresight_beats_the_best_ages_and_those_beat_running_to_failure(pumping_stations: PlantFile) -> None:
    plant = Plant(pumping_stations, START)
    end = START + 60 * DAY
    failing, ageing, knowing = (
        policy(plant, end) for policy in (run_to_failure, best_age_replacement, perfect_foresight)
    )
    assert knowing.cost < ageing.cost < failing.cost
    assert (failing.preventive, knowing.failures) == (0, 0)
    assert 0 < ageing.failures < failing.failures
    assert plant.now == START


def test_the_best_ages_beat_any_one_age_for_all(pumping_stations: PlantFile) -> None:
    plant = Plant(pumping_stations, START)
    end = START + 60 * DAY
    best = best_age_replacement(plant, end)
    keys = best.by_component
    for days in (15, 30, 50):
        assert best.cost <= age_replacement(plant, end, dict.fromkeys(keys, days * DAY)).cost


def test_costs_are_the_counts_at_the_plants_prices(fans: Plant) -> None:
    priced = age_replacement(fans, START + 60 * DAY, {("fan", "filter"): 6 * DAY})
    assert set(priced.by_component) == {("fan", "filter"), ("fan", "bearing")}
    cost = 0.0
    for key, (failures, preventive) in priced.by_component.items():
        of = fans.costs.of(*key)
        cost += failures * of.breakdown + preventive * of.planned
    assert priced.cost == pytest.approx(cost)
    assert priced.by_component["fan", "filter"][1] > 0
    assert priced.by_component["fan", "bearing"][1] == 0


def test_an_age_that_nothing_reaches_is_running_to_failure(fans: Plant) -> None:
    end = START + 60 * DAY
    never = age_replacement(fans, end, {("fan", "filter"): 4000 * DAY})
    assert (never.cost, never.failures) == (run_to_failure(fans, end).cost, run_to_failure(fans, end).failures)


def test_two_policies_live_the_same_until_they_act_differently(fans: Plant) -> None:
    twin = fans.fork()
    ages = {("fan", "bearing"): 400 * DAY}
    plain = [p for p in keep(fans, START + 30 * DAY, RUN_TO_FAILURE) if isinstance(p, Period)]
    aged = [p for p in keep(twin, START + 30 * DAY, type(RUN_TO_FAILURE)(ages)) if isinstance(p, Period)]
    assert [f for p in plain for f in p.failures] == [f for p in aged for f in p.failures]
    assert sum(len(p.failures) for p in plain) > 3


def test_a_repair_takes_the_unplanned_downtime(fans: Plant) -> None:
    happened = list(keep(fans, START + 60 * DAY, RUN_TO_FAILURE))
    failures = [f for p in happened if isinstance(p, Period) for f in p.failures]
    repairs = {(r.machine, r.component, r.time) for r in happened if not isinstance(r, Period)}
    for failure in failures[:-2]:
        done = failure.time + timedelta(hours=12)
        assert any(
            (m, c) == (failure.machine, failure.component) and done <= t < done + fans.step for m, c, t in repairs
        )


def test_what_had_failed_before_the_stretch_costs_nothing_in_it(fans: Plant) -> None:
    fans.advance(24 * 400, telemetry=False, until_failure=True)
    end = fans.now + timedelta(hours=1)
    assert run_to_failure(fans, end).cost == perfect_foresight(fans, end).cost == 0.0
