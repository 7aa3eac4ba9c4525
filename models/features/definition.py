"""Features as data: what each one reads, and what it may see.

Visibility, the same for every feature and written down here once. A row at time t sees

- telemetry and events stamped in (t - width, t],
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
from models.features.machine_record import MachineRecord
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
        """How much telemetry and events before a row it needs."""
        ...

    def values(self, record: MachineRecord, times: Times) -> Values:
        """Return its value at each of `times` (epoch ms, sorted); NaN where it is not known."""
        ...


def _hours(width: timedelta) -> str:
    return f"{width / timedelta(hours=1):g} h"


@dataclass(frozen=True, slots=True)
class WindowMean:
    """Mean of a signal over the last `width`."""

    signal: str
    width: timedelta
    unit: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Such as `vibration mean 24 h`."""
        return f"{self.signal} mean {_hours(self.width)}"

    @property
    def source(self) -> str:
        """The signal."""
        return self.signal

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width

    def values(self, record: MachineRecord, times: Times) -> Values:
        """Return the means; NaN over an empty window."""
        return record.moments(self.signal, self.width, times).mean


@dataclass(frozen=True, slots=True)
class WindowSpread:
    """Sample standard deviation (n - 1) of a signal over the last `width`."""

    signal: str
    width: timedelta
    unit: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Such as `vibration spread 24 h`."""
        return f"{self.signal} spread {_hours(self.width)}"

    @property
    def source(self) -> str:
        """The signal."""
        return self.signal

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width

    def values(self, record: MachineRecord, times: Times) -> Values:
        """Return the spreads; NaN over fewer than two samples."""
        return record.moments(self.signal, self.width, times).spread


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

    def values(self, record: MachineRecord, times: Times) -> Values:
        """Return the counts; 0 where nothing happened."""
        first, last = window_bounds(record.events(self.code), times, span_ms(self.width))
        return (last - first).astype(np.float64)


@dataclass(frozen=True, slots=True)
class HoursSinceReplacement:
    """Hours since maintenance was last done on a component.

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

    def values(self, record: MachineRecord, times: Times) -> Values:
        """Return the hours since the last record before each time, never at it."""
        stamps = record.replacements(self.component)
        seen = np.searchsorted(stamps, times, side="left")
        known = seen > 0
        hours = np.full(len(times), np.nan)
        hours[known] = (times[known] - stamps[seen[known] - 1]) / _HOUR_MS
        return hours


@dataclass(frozen=True, slots=True)
class AgeYears:
    """Full calendar years since installation, as `Machine.age_years` counts them."""

    name: ClassVar[str] = "machine age"
    source: ClassVar[str] = "machine age"
    unit: ClassVar[str] = "years"
    lookback: ClassVar[timedelta] = timedelta(0)

    def values(self, record: MachineRecord, times: Times) -> Values:
        """Return the age at each time."""
        installed = np.array([to_epoch_ms(record.machine.installed_at)])
        year, day = _year_and_day(times)
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

    def values(self, record: MachineRecord, times: Times) -> Values:
        """Return the category, the same at all times."""
        model = record.machine.model
        return np.full(len(times), self.models.index(model) if model in self.models else np.nan)
