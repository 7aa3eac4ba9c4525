"""Failures that no wear announces: electronics, lightning, a stone in the intake."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from simulators.plant.wear.law import Fate, Floats, WearLaw

_NOTHING_SHOWS = 200.0
"""With such an acceleration damage is below 0.05 until 99.9 % of the life are gone."""


class ChanceFailure(WearLaw):
    r"""A constant hazard while running: the flat part of the bathtub curve [1]_.

    Its rate is drawn so that the life is exponential with median `life_days`: age tells nothing,
    neither do the signals, and replacing it early gains nothing. A plant needs some of these, or every
    failure could be foreseen.

    - Inputs: whether it runs.
    - Outputs: none; damage stays 0 until it fails.
    - Events: sudden failure.

    References
    ----------
    .. [1] M. Rausand, A. Høyland, *System Reliability Theory*, 2nd ed., Wiley, 2004, chapter 2.
    """

    mode: ClassVar[str] = "sudden failure"

    law: Literal["chance_failure"] = Field(description="A constant hazard: no age, no warning.")

    def stress(self, load: Floats, ambient: Floats, dust: Floats, starts: Floats, hours: float) -> Floats:
        """Return 1 while running; see `WearLaw.stress`."""
        return np.where(load > 0.0, 1.0, 0.0)

    def draw(self, draws: np.random.Generator) -> Fate:
        """Draw what a component is like that is fitted now."""
        life = max(float(draws.standard_exponential()) / np.log(2.0), 1e-6)
        return Fate(rate=1.0 / life, acceleration=_NOTHING_SHOWS, threshold=1.0, unevenness=0.0)
