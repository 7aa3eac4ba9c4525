import json

import numpy as np
import pytest

from models.evaluation.logistic import expit
from models.failure.calibrator import (
    IsotonicCalibrator,
    calibrator_from_data,
    choose_calibrator,
    fit_beta,
    fit_isotonic,
    fit_platt,
)

DRAW = np.random.default_rng(9)
ODDS = DRAW.normal(-1, 2, 6000)
FAILED = DRAW.random(6000) < expit(ODDS)
FOLD = np.repeat([0, 1, 2], 2000)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(3 * ODDS + 1, id="too bold"),
        pytest.param(ODDS / 2 - 1, id="too shy"),
        pytest.param(ODDS, id="right already"),
    ],
)
def test_calibration_undoes_scores_that_are(raw: np.ndarray) -> None:
    probability = choose_calibrator(raw, FAILED, FOLD).probability(raw)
    assert np.abs(probability - expit(ODDS)).mean() < 0.02


def test_beta_bends_what_a_straight_line_cannot() -> None:
    bent = np.where(ODDS > 0, 4 * ODDS, ODDS / 2)
    platt, beta = fit_platt(bent, FAILED).probability(bent), fit_beta(bent, FAILED).probability(bent)
    assert np.mean((beta - FAILED) ** 2) < np.mean((platt - FAILED) ** 2)


def test_isotonic_is_chosen_for_steps_that_no_curve_follows() -> None:
    raw = DRAW.uniform(-4, 4, 6000)
    failed = DRAW.random(6000) < np.select([raw < -2, raw < 0, raw < 2], [0.01, 0.4, 0.42], 0.95)
    chosen = choose_calibrator(raw, failed, FOLD)
    assert isinstance(chosen, IsotonicCalibrator)
    assert chosen.probability(np.array([-3.0, -1.0, 1.0, 3.0])) == pytest.approx([0.01, 0.4, 0.42, 0.95], abs=0.06)


@pytest.mark.parametrize("fit", [fit_platt, fit_beta, fit_isotonic])
def test_a_calibrator_survives_the_way_through_data(fit: object) -> None:
    calibrator = fit(ODDS, FAILED)  # type: ignore[operator]
    assert calibrator_from_data(json.loads(json.dumps(calibrator.as_data()))) == calibrator


def test_an_unknown_kind_of_calibrator_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of calibrator 'oracle'"):
        calibrator_from_data({"kind": "oracle"})


def test_a_calibrator_never_falls() -> None:
    raw = np.linspace(-40, 40, 500)
    for calibrator in (
        fit_platt(ODDS, FAILED),
        fit_beta(ODDS, FAILED),
        fit_beta(-ODDS, FAILED),
        fit_isotonic(ODDS, FAILED),
    ):
        assert (np.diff(calibrator.log_odds(raw)) >= 0).all()


@pytest.mark.parametrize("fit", [fit_platt, fit_beta, fit_isotonic])
def test_perfect_scores_give_probabilities_short_of_certainty(fit: object) -> None:
    raw, failed = np.array([-5.0, -4.0, 4.0, 5.0]), np.array([False, False, True, True])
    probability = fit(raw, failed).probability(raw)  # type: ignore[operator]
    assert (probability[failed] > 0.7).all()
    assert (probability[~failed] < 0.3).all()
    assert ((probability > 0) & (probability < 1)).all()


def test_scores_that_fall_with_the_failures_teach_the_rate_alone() -> None:
    probability = fit_platt(-ODDS, FAILED).probability(ODDS)
    assert probability == pytest.approx(np.full(len(ODDS), FAILED.mean()), abs=1e-3)


def test_with_failures_in_one_fold_alone_platt_is_taken() -> None:
    failed = FAILED & (FOLD == 1)
    assert choose_calibrator(ODDS, failed, FOLD) == fit_platt(ODDS, failed)
