from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.demand.negative_binomial import NegativeBinomialUsage
from models.demand.usage import UsageSeries


def _usage(*quantities: float) -> UsageSeries:
    return UsageSeries(datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=30), quantities)


def test_its_moments_are_those_of_the_past_and_of_not_knowing_its_mean() -> None:
    past = (0, 3, 0, 1, 0, 0, 5, 1)

    demand = NegativeBinomialUsage().forecast(_usage(*past), periods=2.5)

    assert demand.mean == pytest.approx(2.5 * np.mean(past))
    assert demand.sd**2 == pytest.approx(2.5 * np.var(past, ddof=1) * (1 + 2.5 / 8))


def test_a_single_period_is_taken_as_poisson_of_an_uncertain_mean() -> None:
    demand = NegativeBinomialUsage().forecast(_usage(4), periods=1)

    assert demand.mean == pytest.approx(4)
    assert demand.sd**2 == pytest.approx(8)


def test_its_levels_hold_on_demand_of_its_kind() -> None:
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(300):
        past, ahead = rng.negative_binomial(0.5, 0.2, size=48), rng.negative_binomial(0.5, 0.2, size=3).sum()
        covered.append(ahead <= NegativeBinomialUsage().forecast(_usage(*past.tolist()), 3).quantile(0.9))

    assert 0.87 <= np.mean(covered) <= 0.95
