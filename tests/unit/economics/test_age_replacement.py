import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import weibull_min

from foreworn.economics.age_replacement import best_age_replacement, cost_rate
from foreworn.economics.weibull_life import WeibullLife

LIVES = st.builds(WeibullLife, st.floats(0.3, 15.0), st.floats(0.5, 5e3))


def test_reliawiki_optimum_replacement_time_example() -> None:
    # ReliaWiki, "Optimum Replacement Time Example": shape 2.5, scale 1,000 h, $1 planned, $5 unplanned
    best = best_age_replacement(WeibullLife(2.5, 1_000.0), planned=1.0, breakdown=5.0)
    assert best.age == pytest.approx(493.0470, abs=5e-4)


@given(LIVES, st.floats(1.0, 500.0), st.floats(1.02, 50.0))
@settings(derandomize=True, max_examples=150)
def test_no_other_age_costs_less(life: WeibullLife, planned: float, ratio: float) -> None:
    best = best_age_replacement(life, planned=planned, breakdown=planned * ratio)
    ages = [*np.geomspace(life.scale / 50, life.scale * 5, 60).tolist(), None]
    others = [cost_rate(life, age, planned=planned, breakdown=planned * ratio) for age in ages]
    assert best.rate <= min(others) * (1 + 1e-6)


@given(LIVES, st.floats(1.0, 500.0), st.floats(1.02, 50.0))
@settings(derandomize=True, max_examples=150)
def test_it_costs_no_less_than_foresight_and_no_more_than_running_to_failure(
    life: WeibullLife, planned: float, ratio: float
) -> None:
    rate = best_age_replacement(life, planned=planned, breakdown=planned * ratio).rate
    assert planned / life.mean * (1 - 1e-9) <= rate <= planned * ratio / life.mean * (1 + 1e-9)


def test_at_the_best_age_the_hazard_costs_what_the_policy_costs() -> None:
    life = WeibullLife(3.0, 150.0)
    best = best_age_replacement(life, planned=200.0, breakdown=800.0)
    assert best.age is not None
    assert life.hazard(best.age) * 600.0 == pytest.approx(best.rate)


@pytest.mark.parametrize("shape", [0.6, 1.0])
def test_what_does_not_wear_runs_to_failure(shape: float) -> None:
    life = WeibullLife(shape, 80.0)
    best = best_age_replacement(life, planned=100.0, breakdown=900.0)
    assert best.age is None
    assert best.rate == pytest.approx(900.0 / life.mean)


def test_what_wears_and_costs_nothing_to_replace_is_always_replaced() -> None:
    assert best_age_replacement(WeibullLife(2.0, 80.0), planned=0.0, breakdown=900.0).rate == 0.0


def test_a_breakdown_that_is_no_dearer_has_no_best_age() -> None:
    with pytest.raises(ValueError, match="not dearer"):
        best_age_replacement(WeibullLife(2.0, 80.0), planned=10.0, breakdown=10.0)


def test_a_long_simulation_costs_what_the_formula_says() -> None:
    life = WeibullLife(2.5, 100.0)
    best = best_age_replacement(life, planned=100.0, breakdown=700.0)
    assert best.age is not None
    ends = weibull_min.rvs(2.5, scale=100.0, size=400_000, random_state=np.random.default_rng(7))
    cost = np.where(ends < best.age, 700.0, 100.0).sum() / np.minimum(ends, best.age).sum()
    assert cost == pytest.approx(best.rate, rel=0.01)
