import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score
from sklearn.metrics import f1_score as oracle_f1

from models.evaluation.classification import average_precision, best_f1_threshold, f1_score

ROWS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: any(failed for _, failed in rows)
)
quick = settings(derandomize=True, max_examples=60, deadline=None)


def arrays(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([p / 20 for p, _ in rows]), np.array([failed for _, failed in rows])


@quick
@given(ROWS)
def test_scores_agree_with_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    probability, failed = arrays(rows)
    assert f1_score(probability, failed, 0.5) == pytest.approx(oracle_f1(failed, probability >= 0.5, zero_division=0.0))
    assert average_precision(probability, failed) == pytest.approx(average_precision_score(failed, probability))


@quick
@given(ROWS)
def test_no_threshold_beats_the_best(rows: list[tuple[int, bool]]) -> None:
    probability, failed = arrays(rows)
    best = f1_score(probability, failed, best_f1_threshold(probability, failed))
    assert all(f1_score(probability, failed, t) <= best + 1e-12 for t in np.linspace(0, 1.05, 50))


def test_a_threshold_needs_a_failure() -> None:
    with pytest.raises(ValueError, match="none failed"):
        best_f1_threshold(np.array([0.2]), np.array([False]))


def test_without_failures_there_is_no_precision_to_average() -> None:
    assert np.isnan(average_precision(np.array([0.2]), np.array([False])))
