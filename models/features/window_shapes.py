"""Features of how a signal moved within a window: its lowest and highest, its slope, its decaying mean.

They see what `models.features.definition` lets a window see: telemetry stamped in (t - width, t].
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from models.features.definition import _hours, _SignalWindow
from models.features.fleet_record import FleetRecord
from models.features.row_index import span_ms
from models.features.window import Values
from models.features.window_shape import window_decay, window_range, window_slope, window_step

DECAYED_AFTER: Final = 5
"""Time constants after which a sample no longer counts in a decaying mean: it would weigh less than 0.7 %."""


@dataclass(frozen=True, slots=True)
class WindowLow(_SignalWindow):
    """The lowest value of a signal over the last `width`."""

    @property
    def name(self) -> str:
        """Such as `pressure lowest 24 h`."""
        return f"{self.signal} lowest {_hours(self.width)}"

    def values(self, record: FleetRecord) -> Values:
        """Return the lowest values; NaN over an empty window."""
        return window_range(*record.samples(self.signal), record.place, span_ms(self.width))[0]


@dataclass(frozen=True, slots=True)
class WindowHigh(_SignalWindow):
    """The highest value of a signal over the last `width`."""

    @property
    def name(self) -> str:
        """Such as `pressure highest 24 h`."""
        return f"{self.signal} highest {_hours(self.width)}"

    def values(self, record: FleetRecord) -> Values:
        """Return the highest values; NaN over an empty window."""
        return window_range(*record.samples(self.signal), record.place, span_ms(self.width))[1]


@dataclass(frozen=True, slots=True)
class WindowSlope(_SignalWindow):
    """Least-squares slope of a signal over the last `width`, per hour."""

    @property
    def name(self) -> str:
        """Such as `vibration slope 168 h`."""
        return f"{self.signal} slope {_hours(self.width)}"

    def values(self, record: FleetRecord) -> Values:
        """Return the slopes; NaN over fewer than three moments."""
        return window_slope(*record.samples(self.signal), record.place, span_ms(self.width))


@dataclass(frozen=True, slots=True)
class DecayingMean:
    """Mean of a signal in which a sample's weight falls to 1/e over `time_constant`: an EWMA by time, not by sample.

    Samples older than `DECAYED_AFTER` time constants do not count.
    """

    signal: str
    time_constant: timedelta
    unit: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Such as `vibration decaying mean 12 h`."""
        return f"{self.signal} decaying mean {_hours(self.time_constant)}"

    @property
    def source(self) -> str:
        """The signal."""
        return self.signal

    @property
    def lookback(self) -> timedelta:
        """How long a sample counts."""
        return DECAYED_AFTER * self.time_constant

    def values(self, record: FleetRecord) -> Values:
        """Return the means; NaN where no sample counts."""
        width, time_constant = span_ms(self.lookback), span_ms(self.time_constant)
        return window_decay(*record.samples(self.signal), record.place, width, time_constant)


@dataclass(frozen=True, slots=True)
class HoursSinceStep(_SignalWindow):
    """Hours since a signal's level most likely changed, within the last `width`: two levels, cut by least squares.

    There is a most likely moment even where nothing changed; `StepSize` tells how much it is worth.
    """

    unit: ClassVar[str] = "h"

    @property
    def name(self) -> str:
        """Such as `hours since step of volt in 72 h`."""
        return f"hours since step of {self.signal} in {_hours(self.width)}"

    def values(self, record: FleetRecord) -> Values:
        """Return the hours; NaN over fewer than four samples."""
        return window_step(*record.samples(self.signal), record.place, span_ms(self.width))[0]


@dataclass(frozen=True, slots=True)
class StepSize(_SignalWindow):
    """By how much a signal's level changed at the most likely moment within the last `width`."""

    @property
    def name(self) -> str:
        """Such as `step of volt in 72 h`."""
        return f"step of {self.signal} in {_hours(self.width)}"

    def values(self, record: FleetRecord) -> Values:
        """Return the steps, the later level less the earlier one; NaN over fewer than four samples."""
        return window_step(*record.samples(self.signal), record.place, span_ms(self.width))[1]
