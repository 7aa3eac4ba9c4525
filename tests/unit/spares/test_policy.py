import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from foreworn.health.demand import DemandDistribution
from foreworn.spares.part import Part
from foreworn.spares.policy import (
    NOT_KEPT,
    critical_ratio,
    economic_order_quantity,
    fill_rate,
    order_quantity,
    protection_times,
    reorder_point,
    stock_policy,
)

SEAL = Part("seal", "shaft seal", 80.0, timedelta(days=21), order_cost=20.0, holding_rate=0.25)


def _poisson(mean: float) -> DemandDistribution:
    return DemandDistribution.negative_binomial(mean, mean)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.floats(0.001, 1.0),
    st.floats(1.0, 4.0),
    st.floats(1, 60),
    st.floats(1, 60),
    st.tuples(st.floats(0.5, 0.999), st.floats(0.5, 0.999)),
)
def test_more_certainty_or_a_longer_wait_never_needs_less_stock(
    rate: float, unevenness: float, one: float, other: float, levels: tuple[float, float]
) -> None:
    short, long = sorted((one, other))

    def demand(days: float) -> DemandDistribution:
        return DemandDistribution.negative_binomial(rate * days, unevenness * rate * days)

    assert reorder_point(demand(short), min(levels)) <= reorder_point(demand(short), max(levels))
    assert reorder_point(demand(short), levels[0]) <= reorder_point(demand(long), levels[0])


@pytest.mark.parametrize("mean", [0.1, 1.68, 12.0, 150.0])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_the_reorder_point_of_poisson_demand_is_scipys(mean: float, level: float) -> None:
    assert reorder_point(_poisson(mean), level) == stats.poisson.ppf(level, mean)


def test_with_many_parts_and_a_varying_lead_time_it_nears_the_textbooks_safety_stock() -> None:
    part = replace(SEAL, lead_time=timedelta(days=20), lead_time_sd=timedelta(days=3))
    daily_mean, daily_sd = 50.0, 20.0

    def demand(time: timedelta) -> DemandDistribution:
        days = time / timedelta(days=1)
        return DemandDistribution.negative_binomial(daily_mean * days, daily_sd**2 * days)

    times = protection_times(part, timedelta(0))
    mixed = DemandDistribution.mixture([(weight, demand(time)) for weight, time in times])

    assert mixed.mean == pytest.approx(20 * daily_mean)
    assert mixed.sd == pytest.approx(math.sqrt(20 * daily_sd**2 + daily_mean**2 * 3**2), rel=1e-6)
    safety = stats.norm.ppf(0.9) * mixed.sd
    assert reorder_point(mixed, 0.9) - mixed.mean == pytest.approx(safety, rel=0.2)


def test_a_lead_time_that_may_be_nothing_is_never_a_delivery_before_the_order() -> None:
    part = replace(SEAL, lead_time=timedelta(days=2), lead_time_sd=timedelta(days=5))

    assert min(time for _, time in protection_times(part, timedelta(0))) > timedelta(0)


def test_the_economic_order_quantity_costs_least() -> None:
    lots = np.arange(1, 2_000)
    cost = 20.0 * 1_300 / lots + 0.5 * lots / 2

    assert economic_order_quantity(1_300, 20.0, 0.5) == pytest.approx(lots[cost.argmin()], abs=1)


@pytest.mark.parametrize(
    ("part", "yearly", "lot"),
    [
        pytest.param(replace(SEAL, pack_size=1), 32.0, 8, id="sqrt(2 * 32 * 20 / 20)"),
        # 6 costs 106.7 + 60 a year, 12 costs 53.3 + 120
        pytest.param(replace(SEAL, pack_size=6), 32.0, 6, id="the cheaper of the packs around it"),
        pytest.param(replace(SEAL, pack_size=5), 32.0, 10, id="or the larger of them"),
        pytest.param(replace(SEAL, pack_size=25), 0.1, 25, id="one pack at least"),
        pytest.param(replace(SEAL, order_cost=0.0), 32.0, 1, id="ordering is free"),
        pytest.param(replace(SEAL, holding_rate=0.0), 32.0, 1, id="keeping is free: nothing to weigh"),
    ],
)
def test_a_lot_is_whole_packs_at_least_cost(part: Part, yearly: float, lot: int) -> None:
    assert order_quantity(part, yearly) == lot


def test_fill_rate_is_what_a_simulated_shelf_serves() -> None:
    """Poisson demand, one lead time, order at the reorder point or below; demand waits when it is not there."""
    rng = np.random.default_rng(2)
    rate, lead, point, lot = 0.4, 5.0, 2, 3
    arrivals = np.cumsum(rng.exponential(1 / rate, size=60_000))
    deliveries: list[float] = []
    position, served, got = point + lot, 0, point + lot
    for asked, time in enumerate(arrivals):
        while deliveries and deliveries[0] <= time:
            deliveries.pop(0)
            got += lot
        served += got > asked
        position -= 1
        if position <= point:
            position += lot
            deliveries.append(float(time) + lead)

    assert fill_rate(_poisson(rate * lead), point, lot) == pytest.approx(served / arrivals.size, abs=0.01)


def test_cycle_service_level_and_fill_rate_are_told_apart() -> None:
    demand = _poisson(4.0)
    few, many = (
        stock_policy(replace(SEAL, service_level=0.8, order_cost=cost), demand, yearly_demand=70)
        for cost in (1.0, 400.0)
    )

    assert few.cycle_service_level == many.cycle_service_level == pytest.approx(stats.poisson.cdf(6, 4.0))
    assert few.fill_rate < many.fill_rate > many.cycle_service_level
    assert few.safety_stock == pytest.approx(2.0)


def test_the_costs_of_running_out_and_keeping_set_the_target_where_they_are_known() -> None:
    # a lot of 8 lasts a quarter of a year, in which one too many costs 5
    part = replace(SEAL, stockout_cost=50.0, service_level=0.5)

    policy = stock_policy(part, _poisson(2.0), yearly_demand=32)

    assert policy.critical_ratio == policy.target == pytest.approx(0.9)
    assert policy.reorder_point == stats.poisson.ppf(0.9, 2.0)

    # what a year costs more or less by a reorder point one lower or higher, counted out
    def yearly(point: int) -> float:
        return 20.0 * point + 32 / 8 * 50.0 * _poisson(2.0).expected_shortage(point)

    assert yearly(policy.reorder_point) == min(map(yearly, range(8)))


@pytest.mark.parametrize(
    ("part", "mean", "yearly"),
    [
        pytest.param(SEAL, 0.0, 0.0, id="nobody will ask for it"),
        pytest.param(replace(SEAL, stockout_cost=10.0), 0.01, 0.1, id="keeping one costs more than running out"),
    ],
)
def test_a_part_that_does_not_pay_is_not_kept(part: Part, mean: float, yearly: float) -> None:
    policy = stock_policy(part, _poisson(mean), yearly_demand=yearly)

    assert (policy.reorder_point, policy.order_quantity, policy.fill_rate) == (NOT_KEPT, 1, 0.0)


def test_arguments_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="not both 0"):
        critical_ratio(0, 0)
    with pytest.raises(ValueError, match="holding cost above 0"):
        economic_order_quantity(1, 1, 0)
    with pytest.raises(ValueError, match="order at least 1"):
        fill_rate(_poisson(1), 0, 0)
    with pytest.raises(ValueError, match="cannot be"):
        stock_policy(SEAL, _poisson(1), yearly_demand=-1)
    with pytest.raises(ValueError, match="at least 0"):
        protection_times(SEAL, timedelta(days=-1))
