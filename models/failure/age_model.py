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

from collections.abc import Mapping
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
from foreworn.fleet.renewal import lives, repaired_components
from foreworn.health.forecast import BY_AGE
from foreworn.telemetry.sample import from_epoch_ms, to_epoch_ms
from models.evaluation.outcomes import Occurrences
from models.features import FeatureSet, HoursSinceReplacement, RowIndex, compute

Values = NDArray[np.float64]

CONFIDENCE: Final = 0.9
_DAY = timedelta(days=1)
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
        """Return each row's age [days]: since the last renewal or failure stamped before it, whichever came later.

        A failure counts as repaired at once until its repair is written down. Without either it is the time since the
        machine's installation, if the record goes back so far. NaN where no beginning is on record.
        """
        since = FeatureSet((HoursSinceReplacement(self.component),))
        days = np.array(compute(since, history, rows).matrix[:, 0] / _DAY_H)
        names, place = rows.machines()
        failures = history.failures.filter(pc.equal(history.failures["component"], self.component))
        broke = set(failures["machine"].to_pylist())
        failed = np.flatnonzero(np.array([name in broke for name in names], dtype=bool)[place])
        last = Occurrences(failures).last(rows.where(failed), self.component, side="left")
        ago = np.where(last >= 0, rows.time[failed] - last, np.nan) / _DAY_MS
        days[failed] = np.fmin(days[failed], ago)
        unknown = np.flatnonzero(np.isnan(days))
        if len(unknown):
            days[unknown] = self._since_installed(history, rows.where(unknown))
        return days

    def _since_installed(self, history: FleetHistory, rows: RowIndex) -> Values:
        """Return how long rows' machines have been installed; NaN where the record does not go back so far."""
        names, place = rows.machines()
        known = {machine.id: to_epoch_ms(machine.installed_at) for machine in history.machines}
        installed = np.array([known[name] for name in names], dtype=np.float64)
        since = np.inf if self.since_ms is None else float(self.since_ms)
        begun = np.where(installed >= since - _AT_ONCE_MS, installed, np.nan)[place]
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
    found: list[Life] = []
    repaired = component in repaired_components(history.maintenance)
    failures, renewed = Occurrences(history.failures), Occurrences(history.renewals)
    for machine in history.machines:
        if component in machine.components and machine.id in watched_from:
            broke, made_new = (
                {from_epoch_ms(time) for time in ends.of(machine.id, component).tolist()}
                for ends in (failures, renewed)
            )
            new = to_epoch_ms(machine.installed_at) >= since_ms - _AT_ONCE_MS
            begun = machine.installed_at if new else from_epoch_ms(since_ms)
            until = min(from_epoch_ms(until_ms), machine.retired_at or from_epoch_ms(until_ms))
            watched = from_epoch_ms(watched_from[machine.id])
            for start, over, failed in lives(begun, broke, made_new, until, repaired=repaired):
                from_new, entry = new or start in broke | made_new, max(watched - start, timedelta(0))
                found.append(Life((over - start) / _DAY, failed, from_new, entry=entry / _DAY))
    found = [life for life in found if life.days > life.entry]
    if not any(life.failed for life in found):
        return None
    return AgeModel(component, fit_weibull(found), since_ms)
