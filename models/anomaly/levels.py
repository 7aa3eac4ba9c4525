"""Levels of a number that lie apart, such as the loads a machine is run at."""

from itertools import pairwise

import numpy as np

from models.features.window import Values

_DEPTH = 5  # up to 32 pieces, more than there are levels of 5 % each


def level_cuts(
    values: Values, *, separation: float, material: float, fewest_share: float, most: int
) -> tuple[float, ...]:
    r"""Return where to cut a number into levels that lie apart; nothing where it has one level.

    The values are cut where that leaves the least spread within the two sides, each side again, and so on; then
    neighbours are joined until all lie apart by Ashman's
    :math:`D = \sqrt{2}\,|\mu_1 - \mu_2| / \sqrt{\sigma_1^2 + \sigma_2^2}` [1]_. A normal or a uniform spread has one
    level: its halves have a D of 2.7 and 3.5.

    Parameters
    ----------
    values : (n_values,) float, without NaN
    separation
        Smallest D. [unitless]
    material
        Smallest difference of neighbouring levels, as a share of the greater: a steady sensor tells apart what
        makes no difference to the machine. [unitless]
    fewest_share
        Smallest share of all values that a level has. [unitless]
    most
        With more levels than this there are none: the number is a quantity, not a choice.

    References
    ----------
    .. [1] K. M. Ashman, C. M. Bird, S. E. Zepf, "Detecting bimodality in astronomical datasets", The
       Astronomical Journal 108, 1994.

    Examples
    --------
    >>> loads = np.concatenate([np.linspace(19, 21, 50), np.linspace(59, 61, 50)])
    >>> level_cuts(loads, separation=5.0, material=0.1, fewest_share=0.05, most=8)
    (40.0,)
    """
    ordered = np.sort(values)
    fewest = max(int(np.ceil(fewest_share * len(ordered))), 2)
    levels = _joined(_pieces(ordered, fewest, _DEPTH), separation, material)
    cuts = tuple(float((low[-1] + high[0]) / 2) for low, high in pairwise(levels))
    return cuts if len(cuts) < most else ()


def separation_of(values: Values, cuts: tuple[float, ...]) -> float:
    """Return the smallest Ashman's D between neighbouring levels; infinite where none of them spreads."""
    ordered = np.sort(values)
    bounds = [0, *np.searchsorted(ordered, cuts).tolist(), len(ordered)]
    parts = [ordered[a:b] for a, b in pairwise(bounds)]
    return min(_ashman(low, high) for low, high in pairwise(parts))


def _pieces(ordered: Values, fewest: int, depth: int) -> list[Values]:
    if depth == 0 or len(ordered) < 2 * fewest:
        return [ordered]
    place = _best_split(ordered, fewest)
    if place is None:
        return [ordered]
    return [*_pieces(ordered[:place], fewest, depth - 1), *_pieces(ordered[place:], fewest, depth - 1)]


def _joined(pieces: list[Values], separation: float, material: float) -> list[Values]:
    """Join the neighbours that lie apart least, until all lie apart enough."""
    while len(pieces) > 1:
        apart = [_ashman(low, high) if _differ(low, high, material) else 0.0 for low, high in pairwise(pieces)]
        least = int(np.argmin(apart))
        if apart[least] >= separation:
            break
        pieces = [*pieces[:least], np.concatenate(pieces[least : least + 2]), *pieces[least + 2 :]]
    return pieces


def _differ(low: Values, high: Values, material: float) -> bool:
    below, above = float(low.mean()), float(high.mean())
    return above - below >= material * max(abs(below), abs(above))


def _best_split(ordered: Values, fewest: int) -> int | None:
    """Return how many values go to the lower side so that the means of the sides lie apart most, by weight.

    None where no cut lies between two different values.
    """
    count = len(ordered)
    below = np.arange(fewest, count - fewest + 1)
    below = below[ordered[below - 1] < ordered[below]]
    if not len(below):
        return None
    total = np.cumsum(ordered - ordered.mean())
    between = total[below - 1] ** 2 / (below * (count - below))
    return int(below[np.argmax(between)])


def _ashman(low: Values, high: Values) -> float:
    apart = float(high.mean() - low.mean())
    spread = float(np.sqrt(low.var() + high.var()))
    if apart == 0.0:
        return 0.0
    return np.sqrt(2.0) * apart / spread if spread > 0 else float("inf")
