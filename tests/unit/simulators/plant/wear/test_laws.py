import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.plant.wear import (
    BearingWear,
    ChanceFailure,
    FilterClogging,
    SealWear,
    WearLaw,
    WindingAgeing,
    consumed_at,
    damage_of,
)


def stress(
    law: WearLaw, *, load: float = 1.0, ambient: float = 20.0, dust: float = 0.1, start: float = 0.0, hours: float = 1.0
) -> float:
    def one(value: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return np.array([[value]])

    return float(law.stress(one(load), one(ambient), one(dust), one(start), hours)[0, 0])


BEARING = BearingWear(law="bearing_wear", life_days=100)
FILTER = FilterClogging(law="filter_clogging", life_days=100)
WINDING = WindingAgeing(law="winding_ageing", life_days=100, rise_at_rated_load=80, reference_temperature=100)
SEAL = SealWear(law="seal_wear", life_days=100, start_hours=3.0)
CHANCE = ChanceFailure(law="chance_failure", life_days=100)


def test_twice_the_load_takes_seven_eighths_of_a_ball_bearings_life() -> None:
    assert stress(BEARING, load=1.0) / stress(BEARING, load=0.5) == pytest.approx(2.0**3)


def test_the_weight_of_the_rotor_loads_a_bearing_at_any_load() -> None:
    heavy = BearingWear(law="bearing_wear", life_days=100, static_share=0.5)
    assert stress(heavy, load=0.5) == pytest.approx(0.75**3)


@pytest.mark.parametrize("ambient", [-10.0, 20.0, 45.0])
def test_ten_kelvin_more_halve_the_life_of_a_winding(ambient: float) -> None:
    assert stress(WINDING, ambient=ambient + 10) == pytest.approx(2 * stress(WINDING, ambient=ambient))


def test_a_winding_grows_hot_with_the_square_of_the_load() -> None:
    # 80 K at full load, 20 K at half: 60 K are six halvings.
    assert stress(WINDING, load=1.0) / stress(WINDING, load=0.5) == pytest.approx(2.0**6)


def test_a_filter_clogs_with_the_dust_that_the_flow_carries() -> None:
    assert stress(FILTER, dust=0.3) == pytest.approx(3 * stress(FILTER, dust=0.1))
    assert stress(FILTER, load=0.5) == pytest.approx(0.5 * stress(FILTER, load=1.0))


@pytest.mark.parametrize("hours", [1.0, 0.25])
def test_a_dry_start_costs_a_seal_its_hours_whatever_the_step(hours: float) -> None:
    extra = stress(SEAL, start=1.0, hours=hours) - stress(SEAL, hours=hours)
    assert extra * hours == pytest.approx(3.0)


@pytest.mark.parametrize("law", [BEARING, FILTER, WINDING, SEAL, CHANCE], ids=lambda law: law.law)
def test_nothing_wears_while_it_stands_still(law: WearLaw) -> None:
    assert stress(law, load=0.0, ambient=60.0, dust=5.0) == 0.0


@pytest.mark.parametrize("law", [BEARING, FILTER, WINDING, SEAL], ids=lambda law: law.law)
def test_reference_conditions_are_stress_one(law: WearLaw) -> None:
    assert stress(law) == pytest.approx(1.0)


@settings(derandomize=True, max_examples=60)
@given(acceleration=st.floats(0.0, 24.0), lower=st.floats(0.0, 1.0), higher=st.floats(0.0, 1.0))
def test_damage_grows_with_the_life_consumed_from_0_to_1(acceleration: float, lower: float, higher: float) -> None:
    lower, higher = sorted((lower, higher))
    damage = damage_of(np.array([0.0, lower, higher, 1.0]), np.full(4, acceleration))
    assert damage[0] == 0.0
    assert np.all(np.diff(damage) >= 0.0)
    assert damage[3] == pytest.approx(1.0, abs=1e-6)


@settings(derandomize=True, max_examples=60)
@given(acceleration=st.floats(0.0, 6.0), damage=st.floats(0.0, 1.3))
def test_the_life_consumed_at_a_damage_gives_that_damage(acceleration: float, damage: float) -> None:
    bend = np.array(acceleration)
    assert damage_of(consumed_at(np.array(damage), bend), bend) == pytest.approx(damage, rel=1e-6, abs=1e-6)


def test_chance_lives_are_exponential_with_the_median_asked_for() -> None:
    draws = np.random.default_rng(1)
    lives = np.array([1.0 / CHANCE.draw(draws).rate for _ in range(4000)])
    assert np.median(lives) == pytest.approx(1.0, rel=0.06)
    assert np.mean(lives) == pytest.approx(1.0 / np.log(2.0), rel=0.06)
    assert damage_of(np.array(0.99), np.array(CHANCE.draw(draws).acceleration)) < 0.05


def test_poor_fitting_and_abrupt_ends_come_in_the_shares_asked_for() -> None:
    law = BearingWear(
        law="bearing_wear", life_days=100, spread=0.0, poor_fit_share=0.2, poor_fit_factor=4.0, abrupt_share=0.3
    )
    draws = np.random.default_rng(1)
    fates = [law.draw(draws) for _ in range(3000)]
    assert np.mean([fate.rate == 4.0 for fate in fates]) == pytest.approx(0.2, abs=0.03)
    assert np.mean([fate.acceleration == 6.0 for fate in fates]) == pytest.approx(0.3, abs=0.03)
