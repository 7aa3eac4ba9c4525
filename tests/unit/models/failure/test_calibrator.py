import numpy as np
import pytest

from models.evaluation.logistic import expit
from models.failure.calibrator import choose_calibrator, fit_beta, fit_platt

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
    assert choose_calibrator(bent, FAILED, FOLD) == fit_beta(bent, FAILED)


def test_a_calibrator_never_falls() -> None:
    raw = np.linspace(-40, 40, 500)
    for calibrator in (fit_platt(ODDS, FAILED), fit_beta(ODDS, FAILED), fit_beta(-ODDS, FAILED)):
        assert (np.diff(calibrator.log_odds(raw)) >= 0).all()


@pytest.mark.parametrize("fit", [fit_platt, fit_beta])
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
