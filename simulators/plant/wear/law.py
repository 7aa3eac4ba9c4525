"""What every law of wear has in common: how a life is drawn, and how damage grows with what is consumed."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from simulators.plant.part_of_file import PartOfFile, Share

Floats = npt.NDArray[np.float64]


_LOWEST_THRESHOLD = 0.1


@dataclass(frozen=True, slots=True)
class Fate:
    """What is drawn when a component is fitted: it decides the life, with the stress it will meet.

    Parameters
    ----------
    rate
        How fast it wears, as a multiple of the reference. [unitless]
    acceleration
        How late its damage shows, a in `damage_of`. [unitless]
    threshold
        The damage at which it fails. [unitless]
    unevenness
        Coefficient of variation that its unsteady growth gives the life. [unitless]
    """

    rate: float
    acceleration: float
    threshold: float
    unevenness: float


class WearLaw(PartOfFile):
    r"""How a component wears: stress consumes life, consumed life becomes damage, damage fails.

    Under stress :math:`s(t)` (1 at the law's reference conditions, 0 standing still) a life consumes

    .. math:: u(t) = u_0 + \frac{r}{L} \int_0^t s \, dG, \qquad
              d(u) = -\frac{1}{a} \ln\left(1 - u (1 - e^{-a})\right)

    with the reference life :math:`L`, the life's own rate :math:`r` and a gamma process :math:`G` of unit
    rate [1]_. Damage :math:`d` runs from 0 (new) to 1 (rated end); it fails where :math:`d` reaches the
    life's own threshold. The larger :math:`a`, the longer the damage stays hidden and the faster it ends.

    - Inputs: load [unitless], ambient temperature [°C], dust [mg/m³].
    - States: consumed life :math:`u` [unitless].
    - Outputs: damage :math:`d` [unitless], which the signals of the machine's class show.
    - Events: failure, with the mode that the component names.

    References
    ----------
    .. [1] J. M. van Noortwijk, "A survey of the application of gamma processes in maintenance",
       *Reliability Engineering & System Safety* 94 (2009) 2-21.
    """

    mode: ClassVar[str] = "failed"
    """The failure mode, where the component names none."""

    life_days: float = Field(
        gt=0.0, description="Median life of a well fitted one, running day and night at the reference conditions. [d]"
    )

    @abstractmethod
    def stress(self, load: Floats, ambient: Floats, dust: Floats, starts: Floats, hours: float) -> Floats:
        """Return how fast life is consumed, as a multiple of reference conditions.

        Parameters
        ----------
        load
            (n_steps, n_machines) Share of rated load; 0 is standing still.
        ambient
            (n_steps, n_machines) Air around the machine. [°C]
        dust
            (n_steps, n_machines) Dust or sand in what it moves. [mg/m³]
        starts
            (n_steps, n_machines) 1 where the machine starts in this step, else 0.
        hours
            Length of a step. [h]
        """

    @abstractmethod
    def draw(self, draws: np.random.Generator) -> Fate:
        """Draw what a component is like that is fitted now."""


class GradualWear(WearLaw):
    """A law under which damage grows and can be seen.

    The rate is lognormal with median 1, and worse by `poor_fit_factor` for the share of lives that begin
    badly made or badly fitted: why young components fail too, and age alone foretells little.
    """

    spread: float = Field(
        0.3, ge=0.0, le=2.0, description="Life-to-life spread: standard deviation of the logarithm of the rate of wear."
    )
    unevenness: float = Field(
        0.08, ge=0.0, le=1.0, description="Unsteady growth: coefficient of variation that it alone gives the life."
    )
    poor_fit_share: Share = Field(0.05, description="Share of lives that begin badly made or badly fitted. [0-1]")
    poor_fit_factor: float = Field(3.0, ge=1.0, le=100.0, description="How much faster those wear.")
    threshold_spread: float = Field(
        0.1, ge=0.0, le=0.5, description="Standard deviation of the damage at which one fails, around 1."
    )
    acceleration: float = Field(
        2.0, ge=0.0, le=12.0, description="How late the damage shows: 0 grows evenly, 3 mostly in the last third."
    )
    abrupt_share: Share = Field(
        0.1, description="Share of lives whose damage accelerates three times as much: short warning. [0-1]"
    )

    def draw(self, draws: np.random.Generator) -> Fate:
        """Draw what a component is like that is fitted now."""
        rate = float(np.exp(self.spread * draws.standard_normal()))
        if draws.random() < self.poor_fit_share:
            rate *= self.poor_fit_factor
        bend = self.acceleration * (3.0 if draws.random() < self.abrupt_share else 1.0)
        threshold = 1.0 + self.threshold_spread * float(np.clip(draws.standard_normal(), -2.0, 2.0))
        return Fate(rate, bend, max(threshold, _LOWEST_THRESHOLD), self.unevenness)


def damage_of(consumed: Floats, acceleration: Floats) -> Floats:
    """Return the damage d(u) of the consumed life u; both (..., n_components), see `WearLaw`.

    Examples
    --------
    >>> damage_of(np.array([0.0, 0.5, 1.0]), np.array([0.0, 3.0, 3.0])).round(3).tolist()
    [0.0, 0.215, 1.0]
    """
    even = acceleration < 1e-9
    bend = np.where(even, 1.0, acceleration)
    inner = np.maximum(1.0 - consumed * -np.expm1(-bend), 1e-300)
    return np.where(even, consumed, -np.log(inner) / bend)


def consumed_at(damage: Floats, acceleration: Floats) -> Floats:
    """Return the consumed life u at which the damage is d; the inverse of `damage_of`."""
    even = acceleration < 1e-9
    bend = np.where(even, 1.0, acceleration)
    return np.where(even, damage, np.expm1(-bend * damage) / np.expm1(-bend))
