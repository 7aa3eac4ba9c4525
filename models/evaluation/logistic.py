"""Logistic regression of a few coefficients, for calibrating and for judging calibration."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_ROUNDS = 100
_STEEPEST = 1e4  # a coefficient past this means that the classes are separated: no maximum exists


def expit(logit: Values) -> Values:
    """Return the probability of a logit, without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -logit)), dtype=np.float64)


def logit(probability: Values, *, smallest: float = 1e-9) -> Values:
    """Return log-odds; probabilities are first kept `smallest` away from 0 and 1."""
    kept = np.clip(probability, smallest, 1 - smallest)
    return np.asarray(np.log(kept) - np.log1p(-kept), dtype=np.float64)


def fit_logistic(columns: list[Values], target: Values, weight: Values | None = None) -> Values | None:
    """Return coefficients, the intercept last, of the greatest likelihood by Newton's method.

    Sums are NumPy's own, not BLAS: the same input gives the same bits whatever the number of threads.

    Parameters
    ----------
    columns
        One (n_rows,) array per coefficient.
    target : (n_rows,) float, in [0, 1]
    weight : (n_rows,) float, optional
        How often each row counts.

    Returns
    -------
    (n_columns + 1,) float, or None
        None where no finite maximum exists, as with separated classes or a constant column.
    """
    design = [*columns, np.ones_like(target)]
    weight = np.ones_like(target) if weight is None else weight
    found = np.zeros(len(design))
    loss = _loss(design, found, target, weight)
    for _ in range(_ROUNDS):
        step = _newton_step(design, found, target, weight)
        if step is None or not np.all(np.abs(found + step) < _STEEPEST):
            return None
        following = _loss(design, found + step, target, weight)
        while following > loss + 1e-12 * abs(loss) and np.max(np.abs(step)) > 1e-12:
            step = step / 2
            following = _loss(design, found + step, target, weight)
        found, loss = found + step, following
        if np.max(np.abs(step)) < 1e-9:
            return found
    return None


def _linear(design: list[Values], coefficients: Values) -> Values:
    total = np.zeros_like(design[0])
    for column, coefficient in zip(design, coefficients, strict=True):
        total += column * coefficient
    return total


def _loss(design: list[Values], coefficients: Values, target: Values, weight: Values) -> float:
    line = _linear(design, coefficients)
    return float(np.sum(weight * (np.logaddexp(0.0, line) - target * line)))


def _newton_step(design: list[Values], coefficients: Values, target: Values, weight: Values) -> Values | None:
    probability = expit(_linear(design, coefficients))
    error, curvature = weight * (target - probability), weight * probability * (1 - probability)
    gradient = np.array([np.sum(column * error) for column in design])
    bend = np.array([[np.sum(a * b * curvature) for b in design] for a in design])
    if np.linalg.cond(bend) > 1e14:
        return None
    return np.asarray(np.linalg.solve(bend, gradient))
