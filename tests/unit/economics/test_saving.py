import math
from collections.abc import Callable
from datetime import timedelta

import hypothesis.strategies as st
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from scipy.integrate import quad
from scipy.stats import weibull_min

from foreworn.economics.age_replacement import AgeReplacement, best_age_replacement
from foreworn.economics.saving import Deferral
from foreworn.economics.weibull_life import Life, WeibullLife, fit_weibull
from foreworn.health.failure_curve import FailureCurve

DAY = timedelta(days=1)
NOW = timedelta(0)
WEEK = 7 * DAY
CURVE = FailureCurve(((DAY, 0.005), (WEEK, 0.4), (30 * DAY, 0.55)))


def _deferral(
    curve: FailureCurve = CURVE,
    *,
    planned: float = 600.0,
    breakdown: float = 5_000.0,
    rate: float = 40.0,
    elapsed: timedelta = NOW,
) -> Deferral:
    return Deferral(curve, planned=planned, breakdown=breakdown, rate=rate, elapsed=elapsed)


@pytest.mark.parametrize("elapsed", [NOW, DAY / 3, 9 * DAY])
@pytest.mark.parametrize("delay", [NOW, DAY / 2, 5 * DAY, 50 * DAY])
def test_the_cost_is_the_integral_it_is_defined_by(delay: timedelta, elapsed: timedelta) -> None:
    def survival(days: float) -> float:
        return math.exp(CURVE.cumulative_hazard(elapsed) - CURVE.cumulative_hazard(elapsed + days * DAY))

    breaks = [x / DAY for x, _ in CURVE.points]
    corners = [b - elapsed / DAY for b in breaks if 0 < b - elapsed / DAY < delay / DAY]
    area, _ = quad(survival, 0, delay / DAY, points=corners or None)
    failing = 1 - survival(delay / DAY)
    cost = _deferral(elapsed=elapsed).cost(delay)
    assert cost == pytest.approx(600 * (1 - failing) + 5_000 * failing - 40 * area, rel=1e-9)


@pytest.mark.parametrize("delay", [DAY / 2, 3 * DAY, 12 * DAY, 40 * DAY])
def test_the_slope_is_the_costs_own(delay: timedelta) -> None:
    deferral, step = _deferral(elapsed=DAY / 4), timedelta(seconds=30)
    rise = (deferral.cost(delay + step) - deferral.cost(delay - step)) / (2 * step / DAY)
    assert deferral.slope(delay) == pytest.approx(rise, rel=1e-3)


@given(st.floats(0.001, 0.99), st.floats(1.0, 2_000.0))
@settings(derandomize=True, max_examples=100)
def test_waiting_costs_exactly_where_the_hazard_is_above_the_control_limit(probability: float, rate: float) -> None:
    hazard = -math.log1p(-probability) / 7
    deferral = _deferral(FailureCurve(((WEEK, probability),)), rate=rate)
    assert (deferral.slope(NOW) > 0) == (hazard * 4_400 > rate)
    assert (deferral.saving(NOW, until=WEEK) > 0) == (hazard * 4_400 > rate)


@pytest.mark.parametrize(
    ("curve", "best"),
    [
        pytest.param(FailureCurve(((WEEK, 0.5),)), NOW, id="steady high risk: now"),
        pytest.param(FailureCurve(((WEEK, 0.001),)), 30 * DAY, id="steady low risk: as late as allowed"),
        pytest.param(CURVE, DAY, id="calm first: right before it rises"),
    ],
)
def test_the_best_delay_is_where_the_cost_is_least(curve: FailureCurve, best: timedelta) -> None:
    deferral = _deferral(curve)
    assert deferral.best(NOW, 30 * DAY) == best
    grid = [30 * DAY * k / 600 for k in range(601)]
    assert deferral.cost(best) == pytest.approx(min(deferral.cost(delay) for delay in grid), abs=1e-6)


PROBABILITY = st.floats(0.0, 1.0)


@given(PROBABILITY, PROBABILITY, st.floats(0.0, 500.0))
@settings(derandomize=True, max_examples=150)
def test_a_more_probable_failure_never_saves_less_when_acted_on_now(one: float, other: float, rate: float) -> None:
    less, more = (FailureCurve(((WEEK, p),)) for p in sorted((one, other)))
    savings = [_deferral(curve, rate=rate).saving(NOW, until=WEEK) for curve in (less, more)]
    assert savings[0] <= savings[1] + 1e-9


@given(PROBABILITY, st.floats(700.0, 1e5), st.floats(1.0, 10.0), st.integers(0, 6))
@settings(derandomize=True, max_examples=150)
def test_a_dearer_breakdown_never_saves_less(probability: float, breakdown: float, times: float, delay: int) -> None:
    curve = FailureCurve(((WEEK, probability),))
    savings = [_deferral(curve, breakdown=b).saving(delay * DAY, until=WEEK) for b in (breakdown, breakdown * times)]
    assert savings[0] <= savings[1] + 1e-6


@given(PROBABILITY, st.floats(1.1, 6.0), st.floats(20.0, 900.0), st.floats(1.0, 10.0))
@settings(derandomize=True, max_examples=150)
def test_nor_where_age_replacement_too_reckons_with_the_dearer_breakdown(
    probability: float, shape: float, scale: float, times: float
) -> None:
    def saving(breakdown: float) -> float:
        base = best_age_replacement(WeibullLife(shape, scale), planned=600.0, breakdown=breakdown)
        curve = FailureCurve(((WEEK, probability),))
        return _deferral(curve, breakdown=breakdown, rate=base.rate).saving(NOW, until=WEEK)

    cheap = saving(3_000.0)
    assert cheap <= 0 or saving(3_000.0 * times) >= cheap - 1e-6


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"breakdown": 600.0}, "not dearer"),
        ({"planned": -1.0}, "not dearer"),
        ({"rate": -1.0}, "at least 0"),
        ({"rate": math.inf}, "at least 0"),
        ({"elapsed": -DAY}, "ahead of now"),
    ],
)
def test_what_makes_no_decision_is_refused(change: dict[str, object], complaint: str) -> None:
    good: dict[str, object] = {"planned": 600.0, "breakdown": 5_000.0, "rate": 40.0}
    with pytest.raises(ValueError, match=complaint):
        Deferral(CURVE, **{**good, **change})  # type: ignore[arg-type]


class Wear:
    """A component that works well until a defect appears, and then fails any day: what is inside is seen or not."""

    planned, breakdown, delay = 600.0, 5_000.0, 15.0

    def __init__(self) -> None:
        rng = np.random.default_rng(11)
        self.defects = weibull_min.rvs(3.0, scale=100.0, size=40_000, random_state=rng)
        self.ends = self.defects + rng.exponential(self.delay, size=self.defects.size)
        fitted = fit_weibull([Life(float(end), failed=True) for end in self.ends[:4_000]])
        self.life = fitted
        self.base: AgeReplacement = best_age_replacement(fitted, planned=self.planned, breakdown=self.breakdown)

    def rate(self, acted: npt.NDArray[np.float64]) -> float:
        """Return what replacing each component at its own age costs in the long run, failures first."""
        cost = np.where(self.ends <= acted, self.breakdown, self.planned)
        return float(cost.sum() / np.minimum(self.ends, acted).sum())

    def acts(self, probability: float) -> bool:
        curve = FailureCurve(((WEEK, probability),))
        deferral = _deferral(curve, planned=self.planned, breakdown=self.breakdown, rate=self.base.rate)
        return deferral.saving(NOW, until=WEEK) > 0

    def first_day(self, probability_at: Callable[[int], float]) -> float:
        return next((float(day) for day in range(1, 400) if self.acts(probability_at(day))), math.inf)

    def while_sound(self, day: int) -> float:
        """Return the probability that one without a defect at this age fails within a week."""
        ahead = np.linspace(0, 7, 50)
        density = weibull_min.pdf(day + ahead, 3.0, scale=100.0)
        failing = np.trapezoid(density * -np.expm1((ahead - 7) / self.delay), ahead)
        return float(failing / weibull_min.sf(day, 3.0, scale=100.0))


@pytest.fixture(scope="module")
def wear() -> Wear:
    return Wear()


def test_acting_on_what_the_forecast_sees_costs_less_than_the_best_age(wear: Wear) -> None:
    assert wear.acts(-math.expm1(-7 / wear.delay))
    when_seen = np.ceil(wear.defects)
    acted = np.minimum(when_seen, wear.first_day(wear.while_sound))
    by_age = wear.rate(np.full(wear.ends.size, wear.base.age))
    assert wear.rate(acted) < 0.75 * by_age


def test_acting_on_a_forecast_that_sees_only_the_age_costs_as_much_as_the_best_age(wear: Wear) -> None:
    def by_age_alone(day: int) -> float:
        return 1 - wear.life.survival(day + 7) / wear.life.survival(day)

    acted = np.full(wear.ends.size, wear.first_day(by_age_alone))
    by_age = wear.rate(np.full(wear.ends.size, wear.base.age))
    assert by_age * 0.995 <= wear.rate(acted) <= by_age * 1.02


def test_acting_on_another_components_forecast_costs_more_than_the_best_age(wear: Wear) -> None:
    others = np.random.default_rng(3).permutation(np.ceil(wear.defects))
    assert wear.rate(others) > 1.1 * wear.rate(np.full(wear.ends.size, wear.base.age))


def test_a_look_for_nothing_is_taken_off_the_saving() -> None:
    curve = FailureCurve(((timedelta(days=7), 0.25),))
    plain = Deferral(curve, planned=600.0, breakdown=5_000.0, rate=10.0)
    priced = Deferral(curve, planned=600.0, breakdown=5_000.0, rate=10.0, inspection=80.0)
    week, now = timedelta(days=7), timedelta(0)
    assert plain.saving(now, until=week) - priced.saving(now, until=week) == pytest.approx(0.75 * 80.0)
    assert priced.saving(week, until=week) == 0.0
