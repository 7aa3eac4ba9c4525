"""Groups of machines, each foretold by what the others went through."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MachineFolds:
    """Folds of machines, for a model whose forecasts are for machines that it has not seen.

    Machines are dealt out in turn: those of which a row foretells a failure first, so that every fold has its share
    of them, then the others. A fold is foretold by boosters trained on all rows of the other machines, of whatever
    time: what a time has in common for all of them may then be known.

    Parameters
    ----------
    machine : (n_rows,) str
    failed : (n_rows,) bool
        Rows that foretell a failure.
    own : (n_rows,) bool
        Rows to deal out; the others are neither trained on nor scored.
    count, seed
        How many folds, and the dice. With fewer machines than folds, each machine is a fold.

    Examples
    --------
    >>> machine = np.array(["a", "a", "b", "b", "c"], dtype=object)
    >>> everything = np.ones(5, dtype=bool)
    >>> folds = MachineFolds(machine, machine == "b", everything, count=3, seed=1)
    >>> [(sorted(set(machine[train].tolist())), sorted(set(machine[score].tolist()))) for train, score in folds]
    [(['a', 'c'], ['b']), (['b', 'c'], ['a']), (['a', 'b'], ['c'])]
    """

    machine: NDArray[np.object_]
    failed: Flags
    own: Flags
    count: int
    seed: int

    def __iter__(self) -> Iterator[tuple[Flags, Flags]]:
        """Yield which rows to train on and which to score, fold by fold."""
        names, own = np.unique(self.machine.astype(str), return_inverse=True)
        fold_of = self._dealt()
        fold = np.array([fold_of.get(name, -1) for name in names.tolist()])[own]
        for number in range(min(self.count, len(fold_of))):
            within = (fold == number) & self.own
            yield self.own & ~within, within

    def _dealt(self) -> dict[str, int]:
        dice = np.random.default_rng(self.seed)
        failing = sorted(set(self.machine[self.own & self.failed].tolist()))
        others = sorted(set(self.machine[self.own].tolist()) - set(failing))
        order = [names[i] for names in (failing, others) for i in dice.permutation(len(names)).tolist()]
        return {machine: place % self.count for place, machine in enumerate(order)}
