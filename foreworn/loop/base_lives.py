"""How long components of each kind last, from the fleet's own record: what decisions improve on."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from foreworn.economics.weibull_life import ENOUGH_FAILURES, Life, WeibullLife, fit_weibull
from foreworn.fleet.machine import Machine
from foreworn.fleet.registry import FleetRegistry
from foreworn.loop.component_lives import component_lives
from foreworn.loop.live_history import EARLIEST

Kind = tuple[str, str]
"""(machine model, component)"""


@dataclass(frozen=True, slots=True)
class BaseLives:
    """Distributions of lives: of the kinds of which enough have failed, and of all machine models together."""

    own: Mapping[Kind, WeibullLife]
    pooled: Mapping[str, WeibullLife]

    def of(self, model: str, component: str) -> WeibullLife | None:
        """Return how long this kind lasts; None where none was ever watched."""
        return self.own.get((model, component)) or self.pooled.get(component)


class LifeRecord:
    """Fits the lives on record once a day: up to the last midnight, so that every restart fits the same.

    Parameters
    ----------
    registry
        Knows the machines, their failures and their maintenance.
    recorded_since
        From when on the record is complete; None: as `foreworn.loop.component_lives` reads it.
    """

    def __init__(self, registry: FleetRegistry, *, recorded_since: datetime | None = None) -> None:
        self._registry = registry
        self._recorded_since = recorded_since
        self._fitted: tuple[tuple[datetime, Sequence[Machine]], BaseLives] | None = None

    def at(self, now: datetime, machines: Sequence[Machine]) -> BaseLives:
        """Return how long components lasted, as known at the last midnight in UTC."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        key = (midnight, tuple(machines))
        if self._fitted is None or self._fitted[0] != key:
            self._fitted = key, self._fit(midnight, machines)
        return self._fitted[1]

    def _fit(self, until: datetime, machines: Sequence[Machine]) -> BaseLives:
        failures, maintenance = (
            read(EARLIEST, until) for read in (self._registry.failures, self._registry.maintenance)
        )
        lives = component_lives(machines, failures, maintenance, until=until, recorded_since=self._recorded_since)
        together: dict[str, list[Life]] = defaultdict(list)
        for (_, component), some in lives.items():
            together[component] += some
        return BaseLives(
            {kind: fit_weibull(some) for kind, some in lives.items() if _is_enough(some)},
            {component: fit_weibull(some) for component, some in together.items() if some},
        )


def _is_enough(lives: Sequence[Life]) -> bool:
    return sum(life.failed and life.from_new for life in lives) >= ENOUGH_FAILURES
