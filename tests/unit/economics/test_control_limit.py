import numpy as np
import pytest

from foreworn.economics.control_limit import (
    ControlLimit,
    ForetoldLife,
    best_age,
    choose_limit,
    cost_rate,
    expected_rate,
    perfect,
    replaced_at,
    smoothed,
)


def life(length: int, error: float = 0.0, unit: str = "u") -> ForetoldLife:
    cycle = np.arange(1, length)
    return ForetoldLife(unit, length, cycle, (length - cycle + error).astype(np.float64))


@pytest.mark.parametrize(
    ("planned", "used", "cost", "slack"),
    [
        pytest.param(99, 99, 1.0, 0, id="after the last cycle before the failure: just in time"),
        pytest.param(100, 100, 10.0, -1, id="in the cycle it fails: too late"),
        pytest.param(80, 80, 1.0, 19, id="twenty cycles early: planned"),
        pytest.param(None, 100, 10.0, -1, id="never: it fails"),
    ],
)
def test_a_life_ends_planned_or_in_a_failure(planned: int | None, used: int, cost: float, slack: int) -> None:
    outcome = replaced_at(life(100), planned, breakdown=10.0)
    assert (outcome.used, outcome.cost, outcome.slack) == (used, cost, slack)
    assert outcome.failed is (cost == 10.0)


def test_work_is_done_a_lead_time_after_the_limit_is_met() -> None:
    # 12 left after cycle 88: ordered then, done after cycle 98, 1 before the last one in time.
    assert ControlLimit(12.0).outcome(life(100), lead=10, breakdown=10.0).slack == 1
    assert ControlLimit(9.0).outcome(life(100), lead=10, breakdown=10.0).failed


def test_smoothing_takes_noise_out_and_keeps_time() -> None:
    noisy = ForetoldLife("u", 100, np.array([10, 11, 12]), np.array([93.0, 86.0, 88.0]))
    # They say that the life ends after 103, 97 and 100: on average after 100.
    assert smoothed(noisy, 3).tolist() == [93.0, 89.0, 88.0]


def test_costs_are_over_all_cycles_used() -> None:
    assert cost_rate([perfect(life(101)), replaced_at(life(50), None, breakdown=10.0)]) == pytest.approx(11 / 150)


def test_the_best_age_lets_the_one_short_life_fail_where_that_is_cheaper() -> None:
    long = [life(1001) for _ in range(50)]
    assert best_age([*long, life(101)], breakdown=10.0) == 1000
    assert best_age([*long, *[life(901)] * 10], breakdown=10.0) == 900


def test_a_chosen_limit_keeps_clear_of_the_closest_life() -> None:
    draw = np.random.default_rng(3)
    lives = [life(200, error) for error in draw.normal(0, 3, 90)]
    rule = choose_limit(lives, lead=10, breakdown=10.0, limits=np.arange(10, 40, 0.5).tolist())
    slacks = [rule.outcome(x, lead=10, breakdown=10.0).slack for x in lives]
    assert 0 <= min(slacks) <= 8
    fresh = [life(200, error) for error in draw.normal(0, 3, 2000)]
    assert np.mean([rule.outcome(x, lead=10, breakdown=10.0).failed for x in fresh]) < 0.005


def test_lives_that_came_through_by_chance_are_not_taken_for_safe() -> None:
    tight = [ControlLimit(11.0 + i % 9).outcome(life(200), lead=10, breakdown=10.0) for i in range(90)]
    assert min(o.slack for o in tight) == 0
    assert expected_rate(tight, breakdown=10.0) > cost_rate(tight)


def test_one_life_is_not_enough_to_choose_on() -> None:
    with pytest.raises(ValueError, match="1 lives cannot tell"):
        choose_limit([life(100)], lead=10, breakdown=10.0, limits=[12.0])
