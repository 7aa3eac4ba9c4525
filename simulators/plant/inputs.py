"""What comes at machines from outside, the same under every policy: load, air, dust, and the stress they make."""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulators.plant.draws import generator
from simulators.plant.roster import Roster
from simulators.plant.surroundings import Weather

Floats = npt.NDArray[np.float64]

_CHUNK_DAYS = 64
_HIGHEST_LOAD = 1.5
_PERSISTENCE = 0.75
"""Correlation of one day's deviation with the next one's: weather and demand come in spells of days."""


class Inputs:
    """Load, ambient temperature, dust and stress by step since the start; made as far as anyone has asked.

    They depend on the seed, the machine (or site) and the calendar only, so forks of a plant share them.

    Parameters
    ----------
    roster
        Machines and components.
    start
        When step 0 begins.
    seed
        Decides the deviations from the mean.
    """

    def __init__(self, roster: Roster, start: datetime, seed: int) -> None:
        self._roster = roster
        self._start = start
        self._hours = roster.file.step_hours
        sites = [site.id for site in roster.file.sites]
        self._site_of = np.array([sites.index(site.id) for site in roster.sites], dtype=np.intp)
        self._warmer = np.array([site.warmer_by for site in roster.sites])
        self._dust_factor = np.array([site.dust_factor for site in roster.sites])
        self._demand = _Spells([generator(seed, machine.id, "load") for machine in roster.machines])
        self._warmth = _Spells([generator(seed, "weather", "temperature")])
        self._haze = _Spells([generator(seed, site, "dust") for site in sites])
        self._lasting = np.array(
            [
                math.exp(load.machine_spread * generator(seed, machine.id, "lasting load").standard_normal())
                for machine, load in zip(roster.machines, roster.loads, strict=True)
            ]
        )
        machines, seats = len(roster.machines), len(roster.seats)
        self.load: Floats = np.empty((0, machines))
        self.ambient: Floats = np.empty((0, machines))
        self.dust: Floats = np.empty((0, machines))
        self.stress: Floats = np.empty((0, seats))

    def reach(self, step: int) -> None:
        """Make sure that all arrays hold at least `step` steps."""
        while len(self.load) < step:
            self._extend()

    def _extend(self) -> None:
        done = len(self.load)
        steps = round(_CHUNK_DAYS * 24 / self._hours)
        offset = timedelta(hours=self._roster.file.utc_offset_hours)
        begin = self._start + offset + timedelta(hours=done * self._hours)
        hours: Floats = (begin - begin.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(
            hours=1
        ) + self._hours * np.arange(steps, dtype=np.float64)
        calendar = _Calendar(
            hour=hours % 24,
            weekday=(begin.weekday() + (hours // 24).astype(np.intp)) % 7,
            day_of_year=begin.timetuple().tm_yday + hours / 24,
            days_since_start=self._hours / 24 * np.arange(done, done + steps, dtype=np.float64),
        )
        load = self._make_load(calendar)
        ambient, dust = self._make_weather(calendar)
        stress = self._make_stress(load, ambient, dust)
        self.load, self.ambient = np.vstack([self.load, load]), np.vstack([self.ambient, ambient])
        self.dust, self.stress = np.vstack([self.dust, dust]), np.vstack([self.stress, stress])

    def _make_load(self, calendar: "_Calendar") -> Floats:
        deviation = self._demand.at(calendar.days_since_start)
        load = np.empty_like(deviation)
        hour, weekday = calendar.hour.astype(np.intp), calendar.weekday
        for name, profile in self._roster.file.loads.items():
            columns = [i for i, own in enumerate(self._roster.loads) if own is self._roster.file.loads[name]]
            week = _over_step(profile.by_hour, hour, self._hours) * np.array(profile.by_weekday)[weekday]
            mean = week * (1.0 + profile.season * _year_wave(calendar.day_of_year, profile.peak_day))
            load[:, columns] = mean[:, None] * np.exp(profile.spread * deviation[:, columns])
        capped: Floats = np.minimum(load * self._lasting, _HIGHEST_LOAD)
        return capped

    def _make_weather(self, calendar: "_Calendar") -> tuple[Floats, Floats]:
        weather: Weather = self._roster.file.weather
        season = weather.temperature_season * _year_wave(calendar.day_of_year, weather.warmest_day)
        afternoon = weather.temperature_day * np.cos(2 * math.pi * (calendar.hour - 15.0) / 24.0)
        spell = weather.temperature_spread * self._warmth.at(calendar.days_since_start)[:, 0]
        ambient = (weather.temperature + season + afternoon + spell)[:, None] + self._warmer
        wave = 1.0 + weather.dust_season * _year_wave(calendar.day_of_year, weather.dustiest_day)
        haze = np.exp(weather.dust_spread * self._haze.at(calendar.days_since_start))[:, self._site_of]
        return ambient, weather.dust * wave[:, None] * haze * self._dust_factor

    def _make_stress(self, load: Floats, ambient: Floats, dust: Floats) -> Floats:
        before = self.load[-1:] if len(self.load) else np.zeros((1, load.shape[1]))
        starts = ((load > 0.0) & (np.vstack([before, load[:-1]]) <= 0.0)).astype(np.float64)
        if not len(self.load):
            starts[0] = 0.0
        stress = np.empty((len(load), len(self._roster.seats)))
        for seats in (places for places in self._roster.of_kind.values() if len(places)):
            law = self._roster.seats[seats[0]].spec.wear
            columns = self._roster.machine_of[seats]
            stress[:, seats] = law.stress(
                load[:, columns], ambient[:, columns], dust[:, columns], starts[:, columns], self._hours
            )
        return stress


class _Calendar(NamedTuple):
    """Local time of the steps of one chunk: each (n_steps,)."""

    hour: Floats
    weekday: npt.NDArray[np.intp]
    day_of_year: Floats
    days_since_start: Floats


class _Spells:
    """Standard deviations from the mean that last for days: one column per generator, interpolated over the day."""

    def __init__(self, generators: list[np.random.Generator]) -> None:
        self._generators = generators
        self._days: Floats = np.array([[draws.standard_normal() for draws in generators]])

    def at(self, days: Floats) -> Floats:
        """Return (n_steps, n_columns) deviations at times in days since the start."""
        while len(self._days) < days[-1] + 2:
            self._extend()
        first = days.astype(np.intp)
        share = (days - first)[:, None]
        return (1.0 - share) * self._days[first] + share * self._days[first + 1]

    def _extend(self) -> None:
        fresh = np.column_stack([draws.standard_normal(_CHUNK_DAYS) for draws in self._generators])
        values = [self._days[-1]]
        for row in fresh:
            values.append(_PERSISTENCE * values[-1] + math.sqrt(1.0 - _PERSISTENCE**2) * row)
        self._days = np.vstack([self._days, values[1:]])


def _over_step(by_hour: tuple[float, ...], hour: npt.NDArray[np.intp], hours: float) -> Floats:
    """Return the mean of the day's profile over a step that begins in `hour`; below an hour, its value there."""
    covered = hour[:, None] + np.arange(max(1, round(hours)))
    mean: Floats = np.array(by_hour)[covered % 24].mean(axis=1)
    return mean


def _year_wave(day_of_year: Floats, peak: int) -> Floats:
    return np.cos(2 * math.pi * (day_of_year - peak) / 365.25)
