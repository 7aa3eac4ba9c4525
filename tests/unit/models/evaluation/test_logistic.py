import numpy as np
from sklearn.linear_model import LogisticRegression

from models.evaluation.logistic import expit, fit_logistic, logit


def test_coefficients_are_those_of_scikit_learn() -> None:
    draw = np.random.default_rng(4)
    columns = draw.normal(size=(400, 2))
    target = (draw.random(400) < expit(columns @ np.array([1.5, -0.5]) - 1)).astype(np.float64)
    weight = draw.integers(1, 4, 400).astype(np.float64)
    found = fit_logistic([columns[:, 0], columns[:, 1]], target, weight)
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(columns, target, sample_weight=weight)
    assert found is not None
    np.testing.assert_allclose(found, [*oracle.coef_[0], oracle.intercept_[0]], atol=1e-5)


def test_separated_classes_have_no_best_line() -> None:
    assert fit_logistic([np.array([-2.0, -1.0, 1.0, 2.0])], np.array([0.0, 0.0, 1.0, 1.0])) is None


def test_a_constant_column_has_no_best_line() -> None:
    assert fit_logistic([np.ones(4)], np.array([0.0, 1.0, 1.0, 1.0])) is None


def test_logit_and_expit_undo_each_other_and_do_not_overflow() -> None:
    odds = np.array([-15.0, -1.0, 0.0, 2.0, 15.0])
    np.testing.assert_allclose(logit(expit(odds)), odds, atol=1e-6)
    assert expit(np.array([-1e4, 1e4])).tolist() == [0.0, 1.0]
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
