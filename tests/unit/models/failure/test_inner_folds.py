from datetime import timedelta

import numpy as np
import pytest

from models.failure.inner_folds import InnerFolds

TIME = np.tile(np.arange(0, 1000, 3), 2)


@pytest.mark.parametrize("horizon", [0, 24, 200])
def test_no_outcome_of_a_fold_is_learned_before_it_is_foretold(horizon: int) -> None:
    for train, score in InnerFolds(TIME, timedelta(milliseconds=horizon), count=3, first_from=0.4):
        assert TIME[train].max() + horizon <= TIME[score].min()


def test_every_row_after_the_first_part_is_foretold_once() -> None:
    folds = list(InnerFolds(TIME, timedelta(0), count=4, first_from=0.3))
    times_scored = np.sum([score for _, score in folds], axis=0)
    assert set(times_scored[TIME >= 300].tolist()) == {1}
    assert set(times_scored[TIME < 299].tolist()) == {0}
