"""Machines dealt into folds, for judging a model on machines that it has not seen."""

from collections.abc import Iterable

import numpy as np


def deal_units(units: Iterable[str], folds: int, *, seed: int = 1) -> tuple[tuple[str, ...], ...]:
    """Deal units into folds of as equal size as can be, each sorted; the same seed deals the same.

    Raises
    ------
    ValueError
        If there are fewer than two folds, or fewer units than folds.

    Examples
    --------
    >>> [len(fold) for fold in deal_units(["a", "b", "c", "d", "e"], 2)]
    [3, 2]
    """
    names = np.array(sorted(set(units)), dtype=object)
    if not 2 <= folds <= len(names):
        raise ValueError(f"{len(names)} units cannot be dealt into {folds} folds")
    dealt = np.array_split(np.random.default_rng(seed).permutation(names), folds)
    return tuple(tuple(sorted(fold.tolist())) for fold in dealt)
