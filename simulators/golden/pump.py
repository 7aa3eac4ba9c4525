"""A simulated pump whose bearing and seal wear, hour by hour. Nothing here was measured on a real one.

How it goes. A new component works `onset` running hours without a sign; then damage grows by random
shocks, about 2 % of a life's end per hour, until it crosses a threshold that is random as well: the
component fails some two days after the first sign, sometimes in one, sometimes in four. Damage of the
bearing shows in vibration and temperature, damage of the seal in pressure. Disturbances (a pipe that
presses on the casing, cavitation) look the same for a while and go away by themselves. So signals tell
much of a failure, but never all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from simulators.golden.dice import Dice

HOUR = timedelta(hours=1)
BEARING, SEAL = "bearing", "seal"
COMPONENTS = (BEARING, SEAL)
RUNNING, STANDBY = "running", "standby"

SHOCK_CHANCE = 0.4
"""Chance of a shock in an hour of a damaged component's running [unitless]."""
MEAN_SHOCK = 1.0 / (48 * SHOCK_CHANCE)
"""Damage of a shock; 48 running hours bring it to 1 in the mean [unitless]."""


@dataclass(frozen=True, slots=True)
class PumpModel:
    """What pumps of one model have in common.

    Parameters
    ----------
    name
        The machine model.
    vibration
        Vibration velocity of a sound pump at work. [mm/s]
    pressure
        Discharge pressure of a sound pump at work. [bar]
    rise
        Bearing temperature above the room's, at work. [K]
    highest_pressure
        What the sensor can possibly read. [bar]
    """

    name: str
    vibration: float
    pressure: float
    rise: float
    highest_pressure: float


CP_100 = PumpModel("cp-100", vibration=2.1, pressure=6.2, rise=28.0, highest_pressure=16.0)
CP_200 = PumpModel("cp-200", vibration=2.8, pressure=11.5, rise=34.0, highest_pressure=25.0)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Looks like damage of `component` of the size `peak`, rises and falls over `hours`, and is none."""

    component: str
    start: datetime
    hours: float
    peak: float

    def size(self, time: datetime) -> float:
        """Return how much damage it feigns at `time`."""
        share = (time - self.start) / (HOUR * self.hours)
        if not 0.0 < share < 1.0:
            return 0.0
        return self.peak * min(1.0, share / 0.6, (1.0 - share) / 0.1)


class Fate(Protocol):
    """What befalls one pump from outside the physics."""

    def onset(self, component: str) -> float:
        """Return after how many running hours a new component shows damage [h]."""
        ...

    def is_standby(self, time: datetime) -> bool:
        """Tell whether the plant does without the pump in the hour that ends at `time`."""
        ...

    def disturbances(self, time: datetime) -> list[Disturbance]:
        """Return the disturbances that may be at work at `time`."""
        ...

    def preventive(self, component: str, time: datetime, age_h: float) -> bool:
        """Tell whether the component, `age_h` running hours old, is replaced in the hour that ends at `time`."""
        ...


@dataclass(slots=True)
class _Component:
    onset_h: float
    threshold: float
    age_h: float = 0.0
    damage: float = 0.0

    def run_hour(self, dice: Dice) -> bool:
        """Wear for an hour; tell whether the component fails in it."""
        self.age_h += 1.0
        if self.age_h > self.onset_h and dice.chance(SHOCK_CHANCE):
            self.damage += dice.exponential(MEAN_SHOCK)
        return self.damage >= self.threshold


@dataclass(frozen=True, slots=True)
class Hour:
    """What happened to a pump in the hour that ends at `time`, and what its sensors read then."""

    time: datetime
    values: dict[str, float | int | str]
    failures: tuple[tuple[datetime, str], ...]
    replacements: tuple[tuple[datetime, str, str], ...]
    """Time, component, kind."""


class Pump:
    """One pump's life.

    Parameters
    ----------
    model
        Its model.
    fate
        What befalls it.
    dice
        Its own source of chance.
    hours_run
        Its operating time at the start. [h]
    """

    def __init__(self, model: PumpModel, fate: Fate, dice: Dice, *, hours_run: int) -> None:
        self._model = model
        self._fate = fate
        self._dice = dice
        self._hours_run = hours_run
        self._temperature = 20.0 + model.rise
        self._components = {name: self._new(name) for name in COMPONENTS}
        self._repair_at: datetime | None = None
        self._failed: list[str] = []

    def live_hour(self, time: datetime) -> Hour:
        """Live through the hour that ends at `time`."""
        replacements = self._planned(time) + self._repairs(time)
        running = not (self._failed or replacements or self._fate.is_standby(time))
        failures = self._wear(time) if running else ()
        running = running and not failures
        self._hours_run += running
        return Hour(time, self._read_sensors(time, running), failures, replacements)

    def _new(self, name: str) -> _Component:
        return _Component(self._fate.onset(name), max(0.6, self._dice.normal(1.0, 0.15)))

    def _within(self, time: datetime) -> datetime:
        return time - HOUR + timedelta(minutes=int(self._dice.uniform(5, 56)))

    def _wear(self, time: datetime) -> tuple[tuple[datetime, str], ...]:
        self._failed = [name for name, part in self._components.items() if part.run_hour(self._dice)]
        if not self._failed:
            return ()
        self._repair_at = time + HOUR * int(self._dice.uniform(3, 11))
        moment = self._within(time)
        return tuple((moment, name) for name in self._failed)

    def _repairs(self, time: datetime) -> tuple[tuple[datetime, str, str], ...]:
        if self._repair_at is None or time < self._repair_at:
            return ()
        done, moment = self._failed, self._within(time)
        self._failed, self._repair_at = [], None
        return tuple(self._replace(name, moment, "corrective") for name in done)

    def _planned(self, time: datetime) -> tuple[tuple[datetime, str, str], ...]:
        if self._failed:
            return ()
        due = [n for n, part in self._components.items() if self._fate.preventive(n, time, part.age_h)]
        return tuple(self._replace(name, self._within(time), "preventive") for name in due)

    def _replace(self, name: str, moment: datetime, kind: str) -> tuple[datetime, str, str]:
        self._components[name] = self._new(name)
        return moment, name, kind

    def _read_sensors(self, time: datetime, running: bool) -> dict[str, float | int | str]:
        signs = {name: part.damage for name, part in self._components.items()}
        for disturbance in self._fate.disturbances(time):
            signs[disturbance.component] += disturbance.size(time)
        model, normal = self._model, self._dice.normal
        room = 20.0 + 3.0 * (1.0 - abs((time.hour + 9) % 24 - 12) / 6.0)
        goal = room + (model.rise + 14.0 * signs[BEARING]) * running
        self._temperature += 0.35 * (goal - self._temperature)
        vibration = model.vibration * (1.0 + 0.9 * signs[BEARING] + 0.12 * signs[SEAL]) if running else 0.15
        pressure = model.pressure * max(0.1, 1.0 - 0.25 * signs[SEAL]) if running else 0.4
        return {
            "vibration_rms": round(max(0.0, normal(vibration, 0.02 + 0.08 * vibration)), 3),
            "bearing_temperature": round(normal(self._temperature, 0.8), 2),
            "discharge_pressure": round(max(0.0, normal(pressure, 0.03 + 0.02 * pressure)), 3),
            "hours_run": self._hours_run,
            "run_state": RUNNING if running else STANDBY,
        }
