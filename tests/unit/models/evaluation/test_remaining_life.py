import numpy as np
import pytest

from models.evaluation.remaining_life import (
    LifeForecasts,
    alpha_lambda_accuracy,
    phm08_penalty,
    pinball_loss,
    prognostic_horizon,
)

TRUE = np.array([10.0, 130.0, 50.0])
TOLD = LifeForecasts(
    np.array(["a", "a", "b"], dtype=object),
    TRUE,
    np.array([13.0, 125.0, 46.0]),
    np.array([[5.0, 10.0, 20.0], [100.0, 120.0, 128.0], [40.0, 50.0, 60.0]]),
)


def test_the_error_is_against_the_truth_raw_or_capped() -> None:
    assert TOLD.rmse() == pytest.approx(np.sqrt((9 + 25 + 16) / 3))
    assert TOLD.rmse(125.0) == pytest.approx(np.sqrt((9 + 0 + 16) / 3))
    assert TOLD.bias(125.0) == pytest.approx(-1 / 3)


def test_a_late_forecast_is_dearer_than_an_early_one() -> None:
    # Saxena et al. 2008: exp(-d/13) - 1 below 0, exp(d/10) - 1 from 0 on.
    assert TOLD.phm08(125.0) == pytest.approx(np.expm1(0.3) + np.expm1(4 / 13))
    assert phm08_penalty(np.array([10.0]))[0] > phm08_penalty(np.array([-10.0]))[0]


def test_coverage_is_against_the_raw_truth() -> None:
    assert TOLD.coverage() == pytest.approx(2 / 3)
    assert TOLD.width() == pytest.approx((15 + 28 + 20) / 3)


def test_pinball_loss_is_least_at_the_quantile() -> None:
    sample = np.random.default_rng(1).normal(0, 1, 20_000)
    losses = [pinball_loss(sample, np.array([q]), np.array([0.9])).mean() for q in (1.0, 1.2816, 1.6)]
    assert min(losses) == losses[1]


def test_an_interval_draws_units_and_not_rows() -> None:
    spread = TOLD.interval(lambda t: t.rmse())
    # Fleets of two units: both a, both b, or one of each.
    assert spread.low == pytest.approx(4.0)
    assert spread.high == pytest.approx(np.sqrt((9 + 25) / 2))


def test_alpha_lambda_asks_at_shares_of_the_life() -> None:
    left = np.arange(10.0, 0.0, -1)
    assert alpha_lambda_accuracy(left, left * 1.19) == 1.0
    assert alpha_lambda_accuracy(left, left * 1.21) == 0.0


def test_the_prognostic_horizon_begins_after_the_last_wrong_forecast() -> None:
    left = np.array([40.0, 30.0, 20.0, 10.0])
    assert prognostic_horizon(left, np.array([41.0, 90.0, 21.0, 9.0]), allowed=5) == 20.0
    assert prognostic_horizon(left, left, allowed=5) == 40.0
    assert prognostic_horizon(left, np.array([40.0, 30.0, 20.0, 30.0]), allowed=5) == 0.0
