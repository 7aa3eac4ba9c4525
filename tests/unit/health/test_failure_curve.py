import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import Forecast

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CURVE = FailureCurve(((DAY, 0.1), (3 * DAY, 0.4), (7 * DAY, 0.4)))
POINTS = st.lists(st.floats(0, 1), min_size=1, max_size=4).map(
    lambda ps: tuple(((n + 1) * DAY, p) for n, p in enumerate(sorted(ps)))
)
SPANS = st.floats(0, 30).map(lambda days: days * DAY)


def forecast(days: float, probability: float) -> Forecast:
    return Forecast("p1", "seal", NOW, days * DAY, probability, "v1", NOW)


def test_what_a_forecast_says_of_other_horizons_is_in_the_curve() -> None:
    week = replace(forecast(2, 0.3), curve=((DAY, 0.1), (2 * DAY, 0.9), (7 * DAY, 0.2)))
    assert FailureCurve.of([week]).points == ((DAY, 0.1), (2 * DAY, 0.3), (7 * DAY, 0.3))


@pytest.mark.parametrize(("days", "expected"), [(0, 0.0), (1, 0.1), (3, 0.4), (5, 0.4), (7, 0.4)])
def test_the_curve_goes_through_what_was_forecast(days: int, expected: float) -> None:
    assert CURVE.probability(days * DAY) == pytest.approx(expected)


def test_between_and_beyond_horizons_the_hazard_stays() -> None:
    curve = FailureCurve(((2 * DAY, 0.5), (4 * DAY, 0.9)))
    assert curve.probability(DAY) == pytest.approx(1 - math.sqrt(0.5))
    assert curve.probability(6 * DAY) == pytest.approx(1 - 0.1 * 0.2)
    assert curve.probability(-DAY) == 0


@settings(derandomize=True, max_examples=100, deadline=None)
@given(POINTS, SPANS, SPANS)
def test_surviving_a_span_and_then_the_rest_is_surviving_both(
    points: tuple[tuple[timedelta, float], ...], first: timedelta, more: timedelta
) -> None:
    curve = FailureCurve(points)
    both = (1 - curve.probability(first)) * (1 - curve.between(first, first + more))
    assert 1 - curve.probability(first + more) == pytest.approx(both, abs=1e-9)
    assert 0 <= curve.probability(first) <= curve.probability(first + more) <= 1


def test_forecasts_in_any_order_make_one_curve_and_one_that_falls_is_lifted() -> None:
    curve = FailureCurve.of([forecast(7, 0.3), forecast(1, 0.1), forecast(3, 0.35)])
    assert curve.points == ((DAY, 0.1), (3 * DAY, 0.35), (7 * DAY, 0.35))
    assert curve.horizon == 7 * DAY


def test_certainty_is_no_division_by_zero() -> None:
    curve = FailureCurve(((DAY, 1.0),))
    assert curve.probability(DAY) == pytest.approx(1)
    assert math.isfinite(curve.cumulative_hazard(365 * DAY))


@pytest.mark.parametrize(
    "points",
    [
        pytest.param((), id="nothing"),
        pytest.param(((DAY, 0.2), (DAY, 0.3)), id="one horizon twice"),
        pytest.param(((2 * DAY, 0.2), (DAY, 0.3)), id="horizons that shrink"),
        pytest.param(((DAY, 0.2), (2 * DAY, 0.1)), id="a probability that falls"),
        pytest.param(((DAY, 1.2),), id="more than certain"),
        pytest.param(((DAY, math.nan),), id="no number"),
        pytest.param(((timedelta(0), 0.2),), id="no horizon"),
    ],
)
def test_what_is_no_curve_is_refused(points: tuple[tuple[timedelta, float], ...]) -> None:
    with pytest.raises(ValueError, match="failure curve"):
        FailureCurve(points)
