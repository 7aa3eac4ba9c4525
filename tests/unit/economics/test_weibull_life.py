from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.integrate import quad
from scipy.stats import CensoredData, weibull_min

from foreworn.economics.weibull_life import ASSUMED_SHAPE, ENOUGH_FAILURES, SHAPES, Life, WeibullLife, fit_weibull


def _lives(shape: float, scale: float, count: int, *, censored_after: float) -> list[Life]:
    ends = weibull_min.rvs(shape, scale=scale, size=count, random_state=np.random.default_rng(count))
    return [Life(float(min(end, censored_after)), failed=bool(end <= censored_after)) for end in ends]


@pytest.mark.parametrize(
    ("shape", "scale", "censored_after"),
    [
        pytest.param(2.5, 400.0, 300.0, id="most lives have not ended"),
        pytest.param(0.8, 90.0, 200.0, id="infant mortality"),
        pytest.param(6.0, 1_000.0, 5_000.0, id="steep wear, every life is over"),
    ],
)
def test_the_fit_is_the_one_scipy_finds(shape: float, scale: float, censored_after: float) -> None:
    lives = _lives(shape, scale, 80, censored_after=censored_after)
    over, going_on = [x.days for x in lives if x.failed], [x.days for x in lives if not x.failed]
    their_shape, _, their_scale = weibull_min.fit(CensoredData(over, right=going_on), floc=0)
    fitted = fit_weibull(lives)
    assert (fitted.shape, fitted.scale) == pytest.approx((their_shape, their_scale), rel=2e-3)
    assert (fitted.failures, fitted.assumed) == (len(over), False)


def test_many_lives_tell_how_they_were_drawn_though_most_are_cut_short() -> None:
    fitted = fit_weibull(_lives(2.2, 300.0, 6_000, censored_after=200.0))
    assert (fitted.shape, fitted.scale) == pytest.approx((2.2, 300.0), rel=0.04)


@pytest.mark.parametrize(
    ("shape", "scale"), [pytest.param(3.0, 100.0, id="wear"), pytest.param(0.8, 100.0, id="infant mortality")]
)
def test_lives_that_began_before_failures_were_recorded_are_not_taken_for_longer_ones(
    shape: float, scale: float
) -> None:
    draw = np.random.default_rng(11)
    ends = weibull_min.rvs(shape, scale=scale, size=8_000, random_state=draw)
    entries = np.maximum(draw.uniform(-60.0, 180.0, 8_000), 0.0)
    watched = [
        Life(float(min(end, entry + 50.0)), failed=bool(end <= entry + 50.0), entry=float(entry))
        for end, entry in zip(ends, entries, strict=True)
        if end > entry  # the others failed when nobody wrote it down
    ]
    fitted = fit_weibull(watched)
    assert (fitted.shape, fitted.scale) == pytest.approx((shape, scale), rel=0.06)
    as_if_seen_from_new = fit_weibull([replace(life, entry=0.0) for life in watched])
    assert as_if_seen_from_new.scale > 1.12 * scale


def test_a_life_that_was_watched_late_counts_from_there_with_an_assumed_shape_too() -> None:
    late = fit_weibull([Life(130.0, failed=True, entry=50.0), Life(40.0, failed=False, entry=40.0)])
    assert late.failures == 1
    assert late.scale == pytest.approx((130.0**2 - 50.0**2) ** 0.5)


def test_with_too_few_failures_the_shape_is_assumed_and_it_is_said() -> None:
    lives = [*[Life(100.0, failed=True)] * (ENOUGH_FAILURES - 1), Life(50.0, failed=False)]
    fitted = fit_weibull(lives)
    assert (fitted.shape, fitted.assumed) == (ASSUMED_SHAPE, True)
    # (4 * 100^2 + 50^2) / 4 failures
    assert fitted.scale == pytest.approx((42_500 / 4) ** 0.5)


def test_what_began_before_the_record_counts_only_where_little_else_is_known() -> None:
    known = [Life(100.0 + i, failed=True) for i in range(ENOUGH_FAILURES)]
    before = Life(3_000.0, failed=True, from_new=False)
    assert fit_weibull([*known, before]) == fit_weibull(known)
    assert fit_weibull([before]).scale == pytest.approx(3_000.0)


@pytest.mark.parametrize("life", [Life(0.0, failed=False), Life(30.0, failed=True, entry=30.0)])
def test_nothing_watched_is_nothing_to_fit(life: Life) -> None:
    with pytest.raises(ValueError, match="no life"):
        fit_weibull([life])


def test_lives_that_all_end_at_one_age_are_as_steep_as_is_allowed() -> None:
    fitted = fit_weibull([Life(250.0, failed=True)] * 9)
    assert (fitted.shape, fitted.scale) == pytest.approx((SHAPES[1], 250.0))


@given(st.floats(0.01, 1e4), st.integers(0, 1_000))
@settings(derandomize=True, max_examples=40)
def test_lives_in_other_units_are_as_steep_and_scale_along(factor: float, seed: int) -> None:
    days = weibull_min.rvs(1.7, scale=80, size=12, random_state=np.random.default_rng(seed))
    plain, scaled = ([Life(float(d * f), failed=True) for d in days] for f in (1.0, factor))
    one, other = fit_weibull(plain), fit_weibull(scaled)
    assert (other.shape, other.scale) == pytest.approx((one.shape, one.scale * factor), rel=1e-6)


@pytest.mark.parametrize("shape", [0.7, 1.0, 3.0])
@pytest.mark.parametrize("age", [1.0, 80.0, 900.0])
def test_the_time_in_use_is_the_area_under_survival(shape: float, age: float) -> None:
    life = WeibullLife(shape, 100.0)
    area, _ = quad(life.survival, 0, age, limit=200)
    assert life.days_in_use(age) == pytest.approx(area, rel=1e-6)
    assert life.mean == pytest.approx(weibull_min.mean(shape, scale=100.0))
    slope = (life.survival(age - 1e-4) - life.survival(age + 1e-4)) / 2e-4
    assert life.hazard(age) * life.survival(age) == pytest.approx(slope, rel=1e-4, abs=1e-12)


@pytest.mark.parametrize(("shape", "scale"), [(0.0, 1.0), (1.0, -3.0), (float("nan"), 1.0)])
def test_what_is_no_distribution_is_refused(shape: float, scale: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        WeibullLife(shape, scale)
