"""Features as data: what each one reads, and what it may see.

Visibility, the same for every feature and written down here once. A row at time t sees

- telemetry, events and log lines stamped in (t - width, t],
- maintenance stamped before t, never at t: the replacement that ends a failure is stamped with the
  failure's own hour,
- the machine's master data,
- never a failure.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Protocol

import numpy as np

from foreworn.telemetry.sample import to_epoch_ms
from models.features.fleet_record import FleetRecord
from models.features.row_index import span_ms
from models.features.window import Times, Values, window_bounds

_HOUR_MS = 3_600_000.0


class Feature(Protocol):
    """One number about a machine at a time."""

    @property
    def name(self) -> str:
        """Unique in a feature set, and fit for a person to read."""
        ...

    @property
    def source(self) -> str:
        """The signal, event code or record it comes from."""
        ...

    @property
    def unit(self) -> str:
        """The unit of its values; empty where it is the signal's own."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How much telemetry, events and log lines before a row it needs."""
        ...

    def values(self, record: FleetRecord) -> Values:
        """Return its value in each row of the record; NaN where it is not known."""
        ...


def _hours(width: timedelta) -> str:
    return f"{width / timedelta(hours=1):g} h"


@dataclass(frozen=True, slots=True)
class _SignalWindow:
    """What a signal did over the last `width`."""

    signal: str
    width: timedelta
    unit: ClassVar[str] = ""

    @property
    def source(self) -> str:
        """The signal."""
        return self.signal

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width


@dataclass(frozen=True, slots=True)
class WindowMean(_SignalWindow):
    """Mean of a signal over the last `width`."""

    @property
    def name(self) -> str:
        """Such as `vibration mean 24 h`."""
        return f"{self.signal} mean {_hours(self.width)}"

    def values(self, record: FleetRecord) -> Values:
        """Return the means; NaN over an empty window."""
        return record.moments(self.signal, self.width).mean


@dataclass(frozen=True, slots=True)
class WindowSpread(_SignalWindow):
    """Sample standard deviation (n - 1) of a signal over the last `width`."""

    @property
    def name(self) -> str:
        """Such as `vibration spread 24 h`."""
        return f"{self.signal} spread {_hours(self.width)}"

    def values(self, record: FleetRecord) -> Values:
        """Return the spreads; NaN over fewer than two samples."""
        return record.moments(self.signal, self.width).spread


@dataclass(frozen=True, slots=True)
class WindowChange:
    """How far a signal's mean over the last `width` lies above its mean over the last `against`.

    Wear that takes weeks shows here before it shows in a level: every machine is held against itself.

    Raises
    ------
    ValueError
        If `against` is not the longer of the two.
    """

    signal: str
    width: timedelta
    against: timedelta
    unit: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if self.against <= self.width:
            raise ValueError(f"a change over {self.width} is held against a longer time than {self.against}")

    @property
    def name(self) -> str:
        """Such as `vibration change 24 h against 168 h`."""
        return f"{self.signal} change {_hours(self.width)} against {_hours(self.against)}"

    @property
    def source(self) -> str:
        """The signal."""
        return self.signal

    @property
    def lookback(self) -> timedelta:
        """The longer window."""
        return self.against

    def values(self, record: FleetRecord) -> Values:
        """Return the differences; NaN where a window is empty."""
        return record.moments(self.signal, self.width).mean - record.moments(self.signal, self.against).mean


@dataclass(frozen=True, slots=True)
class EventCount:
    """Events of one code over the last `width`."""

    code: str
    width: timedelta
    unit: ClassVar[str] = "events"

    @property
    def name(self) -> str:
        """Such as `E17 count 24 h`."""
        return f"{self.code} count {_hours(self.width)}"

    @property
    def source(self) -> str:
        """The event code."""
        return self.code

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width

    def values(self, record: FleetRecord) -> Values:
        """Return the counts; 0 where nothing happened."""
        first, last = window_bounds(record.events(self.code), record.place, span_ms(self.width))
        return (last - first).astype(np.float64)


@dataclass(frozen=True, slots=True)
class HoursSinceReplacement:
    """Hours since a component was last renewed, as `foreworn.fleet.renewal` tells it.

    Before the first record it is not known, and NaN: a record seldom begins with the machine, and
    hours since installation would pretend that nothing was ever replaced before.
    """

    component: str
    unit: ClassVar[str] = "h"
    lookback: ClassVar[timedelta] = timedelta(0)

    @property
    def name(self) -> str:
        """Such as `hours since replacement of bearing`."""
        return f"hours since {self.source}"

    @property
    def source(self) -> str:
        """The component's replacement record."""
        return f"replacement of {self.component}"

    def values(self, record: FleetRecord) -> Values:
        """Return the hours since the last record before each row, never at it."""
        stamps = record.replacements(self.component)
        seen = np.searchsorted(stamps, record.place, side="left")
        latest = np.append(stamps, -1)[seen - 1]  # -1, before every lane, where none was seen
        hours = (record.place - latest) / _HOUR_MS
        return np.where(latest >= record.lane, hours, np.nan)


@dataclass(frozen=True, slots=True)
class AgeYears:
    """Full calendar years since installation, as `Machine.age_years` counts them."""

    name: ClassVar[str] = "machine age"
    source: ClassVar[str] = "machine age"
    unit: ClassVar[str] = "years"
    lookback: ClassVar[timedelta] = timedelta(0)

    def values(self, record: FleetRecord) -> Values:
        """Return the age of each row's machine at its time."""
        installed = np.array([to_epoch_ms(machine.installed_at) for machine in record.machines])[record.machine]
        year, day = _year_and_day(record.time)
        first_year, first_day = _year_and_day(installed)
        return (year - first_year - (day < first_day)).astype(np.float64)


def _year_and_day(times: Times) -> tuple[Times, Times]:
    """Return calendar year and a number that orders the days of any year (100 * month + day)."""
    moments = times.astype("datetime64[ms]")
    months = moments.astype("datetime64[M]")
    day = (moments.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    month = months.astype(np.int64)
    return month // 12, month % 12 * 100 + day


@dataclass(frozen=True, slots=True)
class MachineModel:
    """The machine model as a category: its place in `models`, NaN for one that is not among them."""

    models: tuple[str, ...]
    name: ClassVar[str] = "machine model"
    source: ClassVar[str] = "machine model"
    unit: ClassVar[str] = "category"
    lookback: ClassVar[timedelta] = timedelta(0)

    def values(self, record: FleetRecord) -> Values:
        """Return the category of each row's machine."""
        places = [self.models.index(m.model) if m.model in self.models else np.nan for m in record.machines]
        return np.array(places, dtype=np.float64)[record.machine]
