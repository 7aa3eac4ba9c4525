import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foreworn.health.demand_distribution import DemandDistribution, total

PROBABILITIES = st.lists(st.floats(0, 1), max_size=12)


def _assert_masses(demand: DemandDistribution, expected: np.ndarray) -> None:
    np.testing.assert_allclose(demand.pmf, expected[: len(demand.pmf)], atol=1e-11)
    assert expected[len(demand.pmf) :].sum() < 1e-9


@settings(derandomize=True, max_examples=50, deadline=None)
@given(PROBABILITIES.filter(bool))
def test_events_that_take_one_each_are_poisson_binomial(probabilities: list[float]) -> None:
    demand = DemandDistribution.of_events(probabilities)

    _assert_masses(demand, stats.poisson_binom.pmf(np.arange(len(probabilities) + 1), probabilities))
    assert demand.mean == pytest.approx(sum(probabilities), abs=1e-9)


def test_an_event_takes_its_quantity_or_nothing() -> None:
    assert DemandDistribution.of_events([0.25, 0.5], [3, 1]).pmf == pytest.approx((0.375, 0.375, 0, 0.125, 0.125))


@pytest.mark.parametrize(
    ("mean", "variance"),
    [
        pytest.param(0.02, 0.5, id="rare and large"),
        pytest.param(3.0, 3.3, id="nearly Poisson"),
        pytest.param(40.0, 900.0, id="many and uneven"),
        pytest.param(2_000.0, 2e7, id="so uneven that the far end is cut"),
    ],
)
def test_the_negative_binomial_is_scipys(mean: float, variance: float) -> None:
    demand = DemandDistribution.negative_binomial(mean, variance)

    oracle = stats.nbinom(mean**2 / (variance - mean), mean / variance)
    _assert_masses(demand, oracle.pmf(np.arange(len(demand.pmf))))
    assert [demand.quantile(p) for p in (0.5, 0.95, 0.99)] == [oracle.ppf(p) for p in (0.5, 0.95, 0.99)]


def test_a_variance_at_or_below_the_mean_is_poisson() -> None:
    demand = DemandDistribution.negative_binomial(mean=4.2, variance=1.0)

    _assert_masses(demand, stats.poisson.pmf(np.arange(len(demand.pmf)), 4.2))


@settings(derandomize=True, max_examples=30, deadline=None)
@given(PROBABILITIES, PROBABILITIES)
def test_means_and_variances_of_independent_demands_add_up(one: list[float], other: list[float]) -> None:
    a, b = DemandDistribution.of_events(one), DemandDistribution.of_events(other)

    assert (a + b).mean == pytest.approx(a.mean + b.mean, abs=1e-9)
    assert (a + b).sd ** 2 == pytest.approx(a.sd**2 + b.sd**2, abs=1e-9)
    assert (a + b).pmf == pytest.approx(DemandDistribution.of_events([*one, *other]).pmf, abs=1e-11)


def test_a_repeated_demand_is_the_sum_of_as_many() -> None:
    one = DemandDistribution.of_samples([0, 0, 2, 5])

    assert one.repeated(5).pmf == pytest.approx(total([one] * 5).pmf)
    assert one.repeated(0) == DemandDistribution.certain(0)


def test_a_mixture_is_each_with_its_probability() -> None:
    mixed = DemandDistribution.mixture([(0.25, DemandDistribution.certain(0)), (0.75, DemandDistribution.certain(2))])

    assert mixed.pmf == (0.25, 0.0, 0.75)
    assert DemandDistribution.certain(2).thinned(0.75) == mixed


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.floats(0.01, 0.99))
def test_a_quantile_is_the_least_that_covers_its_level(samples: list[int], level: float) -> None:
    demand = DemandDistribution.of_samples(samples)

    covered = demand.quantile(level)

    assert demand.cdf(covered) >= level - 1e-9
    assert demand.cdf(covered - 1) < level
    assert covered == np.quantile(samples, level, method="inverted_cdf")


def test_quantiles_are_kept_and_never_below_nothing() -> None:
    demand = DemandDistribution.of_quantiles({0.05: -3.0, 0.25: 1.0, 0.5: 4.0, 0.95: 20.0})

    assert [demand.quantile(level) for level in (0.05, 0.25, 0.5, 0.949)] == [0, 1, 4, 20]
    assert min(k for k, p in enumerate(demand.pmf) if p > 0) == 0


def test_the_expected_shortage_is_what_the_stock_leaves_unmet() -> None:
    demand = DemandDistribution.of_samples([0, 1, 4, 7])

    assert [demand.expected_shortage(stock) for stock in (0, 3, 7)] == [3.0, 1.25, 0.0]


@pytest.mark.parametrize(
    "pmf",
    [
        pytest.param((), id="nothing"),
        pytest.param((0.5, 0.4), id="not everything"),
        pytest.param((1.5, -0.5), id="below 0"),
        pytest.param((float("nan"), 1.0), id="not a number"),
    ],
)
def test_what_is_no_distribution_is_refused(pmf: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        DemandDistribution(pmf)


def test_a_demand_too_large_to_count_is_told_to_use_packs() -> None:
    with pytest.raises(ValueError, match="whole packs"):
        DemandDistribution.negative_binomial(mean=1e6, variance=1e6)
