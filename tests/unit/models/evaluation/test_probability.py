import numpy as np
import pytest

from models.evaluation.logistic import expit
from models.evaluation.probability import brier_skill, calibration_line, reliability_table

DRAW = np.random.default_rng(11)
ODDS = DRAW.normal(-2, 2, 20_000)
FAILED = DRAW.random(20_000) < expit(ODDS)


@pytest.mark.parametrize(
    ("stretch", "shift", "slope", "intercept"),
    [
        pytest.param(1, 0, 1, 0, id="true probabilities lie on the line"),
        pytest.param(2, 0, 0.5, 0, id="twice too bold halves the slope"),
        pytest.param(1, 1, 1, -1, id="too high gives a negative intercept"),
    ],
)
def test_the_calibration_line_undoes(stretch: float, shift: float, slope: float, intercept: float) -> None:
    found = calibration_line(expit(stretch * ODDS + shift), FAILED)
    assert found == pytest.approx((slope, intercept), abs=0.06)


@pytest.mark.parametrize(
    "failed",
    [
        pytest.param([False, False], id="nothing failed"),
        pytest.param([True, True], id="everything failed"),
        pytest.param([False, True], id="forecasts separate the outcomes"),
    ],
)
def test_there_is_no_calibration_line_where(failed: list[bool]) -> None:
    assert np.isnan(calibration_line(np.array([0.2, 0.8]), np.array(failed))).all()


def test_the_base_rate_has_no_skill_and_the_truth_has_all() -> None:
    assert brier_skill(np.full(len(FAILED), 0.3), FAILED, 0.3) == 0.0
    assert brier_skill(FAILED.astype(float), FAILED, 0.3) == 1.0


def test_a_reliability_table_counts_every_forecast_once() -> None:
    probability = np.concatenate([expit(ODDS), [0.0, 0.5, 1.0]])
    failed = np.concatenate([FAILED, [False, True, True]])
    table = reliability_table(probability, failed)
    assert sum(b.forecasts for b in table) == len(probability)
    assert table[-1].high == 1.0
    busy = [b for b in table if b.forecasts > 500]
    assert len(busy) > 5
    assert all(abs(b.mean_probability - b.failed_share) < 0.05 for b in busy)
