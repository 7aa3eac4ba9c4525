"""Later stretches of the training time, each foretold by what lies before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.features.row_index import span_ms


@dataclass(frozen=True, slots=True)
class InnerFolds:
    """Expanding folds of time.

    The first fold begins at the share `first_from` of the stretch from the first row to the last, and
    the rest is cut into `count` folds of equal length. A fold is foretold by boosters trained on rows
    whose horizon had ended when the fold begins: a gap of one horizon, or outcomes of the fold would
    be learned.

    Examples
    --------
    >>> folds = InnerFolds(np.arange(0, 101, 10), timedelta(milliseconds=10), count=2, first_from=0.5)
    >>> [(train.sum().item(), score.sum().item()) for train, score in folds]
    [(5, 3), (7, 3)]
    """

    time: NDArray[np.int64]
    horizon: timedelta
    count: int
    first_from: float

    @property
    def edges(self) -> list[int]:
        """Where the folds begin, and where the last one ends, in epoch ms."""
        first, end = int(self.time.min()), int(self.time.max()) + 1
        begin = first + int((end - first) * self.first_from)
        return [begin + (end - begin) * i // self.count for i in range(self.count + 1)]

    def __iter__(self) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
        """Yield which rows to train on and which to score, fold by fold."""
        edges = self.edges
        for begin, end in pairwise(edges):
            yield self.time + span_ms(self.horizon) <= begin, (self.time >= begin) & (self.time < end)
