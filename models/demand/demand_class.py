"""Which kind of demand a part has: how often, and how evenly, it is asked for."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from models.demand.usage import nonzero

LONGEST_REGULAR_INTERVAL = 1.32
"""From this mean number of periods between demands on, demand is intermittent [1]_."""
LARGEST_EVEN_CV2 = 0.49
"""From this squared coefficient of variation of the sizes on, they are uneven [1]_."""


class DemandClass(StrEnum):
    """The four classes of Syntetos, Boylan and Croston, and none at all."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"
    NONE = "none"
    """It was never asked for."""


def demand_class(quantities: Sequence[float]) -> DemandClass:
    """Return the class of a usage by period.

    Parameters
    ----------
    quantities : (n_periods,) float, unit of the part

    References
    ----------
    .. [1] A. A. Syntetos, J. E. Boylan, J. D. Croston, "On the categorization of demand patterns", JORS 56(5), 2005.

    Examples
    --------
    >>> demand_class([2, 3, 2, 2, 3]), demand_class([0, 0, 1, 0, 0, 9])
    (<DemandClass.SMOOTH: 'smooth'>, <DemandClass.LUMPY: 'lumpy'>)
    """
    sizes = np.array(nonzero(quantities))
    if not sizes.size:
        return DemandClass.NONE
    rare = len(quantities) / sizes.size >= LONGEST_REGULAR_INTERVAL
    uneven = sizes.var() / sizes.mean() ** 2 >= LARGEST_EVEN_CV2
    if rare:
        return DemandClass.LUMPY if uneven else DemandClass.INTERMITTENT
    return DemandClass.ERRATIC if uneven else DemandClass.SMOOTH
