"""What befalls simulated pumps: by chance for a training fleet, by a script for the golden history."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.golden.dice import Dice
from simulators.golden.pump import BEARING, HOUR, SEAL, Disturbance

LIFE_SCALE, LIFE_SHAPE = 780.0, 2.2
"""Weibull scale [running hours] and shape [unitless] of the time to first damage."""
DAYS_BETWEEN_DISTURBANCES = 11.0
NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Rest:
    """Six hours in which the plant does without the pump, every week."""

    weekday: int
    hour: int

    def covers(self, time: datetime) -> bool:
        """Tell whether the hour that ends at `time` is one of them."""
        begin = time - HOUR
        return begin.weekday() == self.weekday and self.hour <= begin.hour < self.hour + 6


class RandomFate:
    """A pump in a plant that replaces by calendar: each component after a limit of its own, if it lasts so long."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._rest = Rest(int(dice.uniform(0, 7)), int(dice.uniform(0, 18)))
        self._limits = {component: dice.uniform(900.0, 1500.0) for component in (BEARING, SEAL)}
        self._disturbance: Disturbance | None = None
        self._idle_until: datetime | None = None

    def onset(self, component: str) -> float:
        """Return a Weibull life."""
        return self._dice.weibull(LIFE_SCALE, LIFE_SHAPE)

    def is_standby(self, time: datetime) -> bool:
        """Rest weekly, and now and then for some hours."""
        if self._idle_until is None or time > self._idle_until:
            self._idle_until = None
            if self._dice.chance(0.003):
                self._idle_until = time + HOUR * int(self._dice.uniform(1, 6))
        return self._idle_until is not None or self._rest.covers(time)

    def disturbances(self, time: datetime) -> list[Disturbance]:
        """Return at most one, begun by chance."""
        present = self._disturbance
        if present is not None and time < present.start + HOUR * present.hours:
            return [present]
        self._disturbance = None
        if self._dice.chance(1.0 / (24 * DAYS_BETWEEN_DISTURBANCES)):
            component = BEARING if self._dice.chance(0.5) else SEAL
            self._disturbance = Disturbance(component, time, self._dice.uniform(8, 44), self._dice.uniform(0.25, 0.9))
        return []

    def preventive(self, component: str, time: datetime, age_h: float) -> bool:
        """Replace on a weekday's morning once the limit is reached."""
        return age_h >= self._limits[component] and time.weekday() < 5 and time.hour == 10


@dataclass(slots=True)
class ScriptedFate:
    """A pump to which things happen as written down.

    Parameters
    ----------
    rest
        Its weekly rest.
    onsets
        Running hours until the first component of each name shows damage; replacements last.
    shown
        The disturbances.
    replaced
        When components are replaced preventively.
    """

    rest: Rest
    onsets: dict[str, float] = field(default_factory=dict)
    shown: tuple[Disturbance, ...] = ()
    replaced: dict[str, datetime] = field(default_factory=dict)

    def onset(self, component: str) -> float:
        """Return what is written down, once."""
        return self.onsets.pop(component, NEVER)

    def is_standby(self, time: datetime) -> bool:
        """Rest weekly."""
        return self.rest.covers(time)

    def disturbances(self, time: datetime) -> list[Disturbance]:
        """Return those written down."""
        return list(self.shown)

    def preventive(self, component: str, time: datetime, age_h: float) -> bool:
        """Replace as written down."""
        due = self.replaced.get(component)
        return due is not None and due <= time < due + timedelta(hours=1)
