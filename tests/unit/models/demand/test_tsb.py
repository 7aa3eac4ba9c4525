from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.health.demand import DemandDistribution
from models.demand.tsb import TsbUsage
from models.demand.usage import UsageSeries


def _usage(*quantities: float) -> UsageSeries:
    return UsageSeries(datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=30), quantities)


def _recurrence(quantities: list[float], alpha: float, beta: float, start: int) -> float:
    """Return TSB's mean as its authors write it: p and z, updated period by period."""
    begin = [q for q in quantities[:start] if q > 0]
    chance = len(begin) / len(quantities[:start])
    size = sum(begin) / len(begin) if begin else 0.0
    for quantity in quantities[start:]:
        if quantity > 0:
            size = quantity if not size else size + alpha * (quantity - size)
            chance += beta * (1 - chance)
        else:
            chance += beta * (0 - chance)
    return chance * size


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 0, 1, 2, 2.5, 9]), min_size=1, max_size=40))
def test_the_mean_of_a_period_is_tsbs(quantities: list[float]) -> None:
    demand = TsbUsage(size_smoothing=0.2, chance_smoothing=0.1, start_periods=6).forecast(_usage(*quantities), 1)

    assert demand.mean == pytest.approx(_recurrence(quantities, 0.2, 0.1, 6), abs=1e-9)


def test_periods_add_up_and_a_part_of_one_has_its_part() -> None:
    method, usage = TsbUsage(), _usage(0, 3, 0, 0, 1, 0)

    assert method.forecast(usage, 2.5).mean == pytest.approx(2.5 * method.forecast(usage, 1).mean)
    assert method.forecast(usage, 2).cdf(0) == pytest.approx((4 / 6) ** 2)


def test_a_part_never_asked_for_is_not_expected_to_be() -> None:
    assert TsbUsage().forecast(_usage(0, 0, 0), 3) == DemandDistribution.certain(0)
