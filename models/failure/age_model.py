r"""Failure probability from age alone, where there is too little to learn more from.

A component of age :math:`a` fails within :math:`h` with probability :math:`1 - S(a + h) / S(a)` under the Weibull
life of its kind. One whose beginning is not on record is taken as one met at random in long use, whose remaining life
has the density :math:`S(u) / \mu` [1]_. The interval is that of the number of failures: :math:`\eta^{-\beta}` is
proportional to it, and it is Poisson [2]_. What the shape is uncertain by is not in it.

References
----------
.. [1] D. R. Cox, *Renewal Theory*, Methuen, 1962, section 5.4.
.. [2] F. Garwood, "Fiducial limits for the Poisson distribution", *Biometrika* 28, 1936, pages 437-442.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import gammainc
from scipy.stats import chi2

from foreworn.economics.weibull_life import Life, WeibullLife, fit_weibull
from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import BY_AGE
from foreworn.telemetry.sample import to_epoch_ms
from models.evaluation.outcomes import Occurrences
from models.features import FeatureSet, HoursSinceReplacement, RowIndex, compute

Values = NDArray[np.float64]

CONFIDENCE: Final = 0.9
_DAY_MS = 86_400_000.0
_DAY_H = 24.0
_AT_ONCE_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class AgeProbability:
    """Failure probabilities from age, each with its interval; (n_rows,) floats."""

    probability: Values
    low: Values
    high: Values


@dataclass(frozen=True, slots=True)
class AgeModel:
    """How long one component lasts, of all machine models together.

    Parameters
    ----------
    component
        Which one.
    life
        The distribution fitted to the lives on record.
    since_ms
        Since when anything was on record in training [epoch ms]: of a machine that was installed later, or at most a
        day before, nothing can have been renewed unrecorded. None: no beginning is known without a renewal.
    """

    component: str
    life: WeibullLife
    since_ms: int | None = None

    def age_days(self, history: FleetHistory, rows: RowIndex) -> Values:
        """Return each row's age [days]: since the last renewal stamped before it.

        Where none is on record, since the component's last failure, which counts as repaired at once; without one
        since the machine's installation, if the record goes back so far. NaN where no beginning is on record.
        """
        since = FeatureSet((HoursSinceReplacement(self.component),))
        days = np.array(compute(since, history, rows).matrix[:, 0] / _DAY_H)
        unknown = np.flatnonzero(np.isnan(days))
        if len(unknown):
            days[unknown] = self._since_begun(history, rows.where(unknown))
        return days

    def _since_begun(self, history: FleetHistory, rows: RowIndex) -> Values:
        """Return the age of components that nothing on record renewed; NaN where no beginning is on record."""
        names, place = rows.machines()
        known = {machine.id: to_epoch_ms(machine.installed_at) for machine in history.machines}
        installed = np.array([known[name] for name in names], dtype=np.float64)
        since = np.inf if self.since_ms is None else float(self.since_ms)
        begun = np.where(installed >= since - _AT_ONCE_MS, installed, np.nan)[place]
        failures = history.failures.filter(pc.equal(history.failures["component"], self.component))
        broke = set(failures["machine"].to_pylist())
        failed = np.flatnonzero(np.array([name in broke for name in names], dtype=bool)[place])
        last = Occurrences(failures).last(rows.where(failed), self.component, side="left")
        begun[failed] = np.where(last >= 0, last, begun[failed])
        return np.where(begun <= rows.time, rows.time - begun, np.nan) / _DAY_MS

    def within(self, age_days: Values, horizon: timedelta) -> AgeProbability:
        """Return the probability of failing within a horizon.

        Parameters
        ----------
        age_days : (n_rows,) float
            NaN where the beginning is not known.
        """
        days = horizon / timedelta(days=1)
        low, high = self._limits()
        return AgeProbability(
            failing(self.life, age_days, days), failing(low, age_days, days), failing(high, age_days, days)
        )

    @property
    def basis(self) -> str:
        """What its forecasts rest on, for a person to read."""
        shape = "an assumed shape" if self.life.assumed else "a shape fitted to them"
        told = f"{self.life.failures} failure{'s' * (self.life.failures != 1)}"
        return f"{BY_AGE}: {told} on record, a Weibull life with {shape}"

    def _limits(self) -> tuple[WeibullLife, WeibullLife]:
        """Return the lives if failures were as rare, and as frequent, as their number allows."""
        count, tail = self.life.failures, (1 - CONFIDENCE) / 2
        fewest = float(chi2.ppf(tail, 2 * count) / 2) if count else 0.0
        most = float(chi2.ppf(1 - tail, 2 * count + 2) / 2)
        return self._if(max(fewest, 1e-6)), self._if(most)

    def _if(self, failures: float) -> WeibullLife:
        stretched = self.life.scale * (max(self.life.failures, 1) / failures) ** (1 / self.life.shape)
        return replace(self.life, scale=stretched)


def failing(life: WeibullLife, age_days: Values, days: float) -> Values:
    """Return the probability that a component of each age fails within `days`; see the module for unknown ages.

    Examples
    --------
    >>> steady = WeibullLife(1.0, 100.0)
    >>> failing(steady, np.array([5.0, np.nan]), 10.0).round(6).tolist()
    [0.095163, 0.095163]
    """
    age = np.nan_to_num(age_days, nan=0.0)
    passed = ((age + days) / life.scale) ** life.shape - (age / life.scale) ** life.shape
    known = -np.expm1(-passed)
    met = float(gammainc(1 / life.shape, (days / life.scale) ** life.shape))
    return np.asarray(np.where(np.isnan(age_days), met, known))


def fit_age_model(
    history: FleetHistory, component: str, *, until_ms: int, since_ms: int, watched_from: Mapping[str, int]
) -> AgeModel | None:
    """Return the age model of a component, of all machines that have it; None where none was seen to fail.

    Parameters
    ----------
    history
        What is stamped at or after `until_ms` must not be in it.
    until_ms, since_ms
        Up to when, and from when on, anything is on record. [epoch ms]
    watched_from
        By machine, from when on its failures are on record [epoch ms]; one that is not in it was not watched. A
        life that is over by then says nothing, and one that began before is known only because it lasted so long.
    """
    failures, renewed = Occurrences(history.failures), Occurrences(history.renewals)
    lives: list[Life] = []
    for machine in history.machines:
        if component in machine.components and machine.id in watched_from:
            ends = [np.unique(found.of(machine.id, component)) for found in (failures, renewed)]
            installed = to_epoch_ms(machine.installed_at)
            new = installed >= since_ms - _AT_ONCE_MS
            begun = installed if new else since_ms
            found = _lives(ends[0], ends[1], begun, until_ms, watched_from[machine.id], from_new=new)
            lives += [life for life in found if life.days > life.entry]
    if not any(life.failed for life in lives):
        return None
    return AgeModel(component, fit_weibull(lives), since_ms)


def _lives(
    failures: NDArray[np.int64], renewed: NDArray[np.int64], begun: int, until: int, watched: int, *, from_new: bool
) -> Sequence[Life]:
    broke = set(failures.tolist())
    lives = []
    for end in sorted(broke | set(renewed.tolist())):
        if end > begun:
            lives.append(_life(begun, watched, end, failed=end in broke, from_new=from_new))
        if end >= begun:
            begun, from_new = end, True
    if until > begun:
        lives.append(_life(begun, watched, until, failed=False, from_new=from_new))
    return lives


def _life(begun: int, watched: int, end: int, *, failed: bool, from_new: bool) -> Life:
    return Life((end - begun) / _DAY_MS, failed, from_new, entry=max(watched - begun, 0) / _DAY_MS)
