"""Past usage of a part, and the share of it that the other two streams do not speak for."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from foreworn.errors import TooLittleHistory


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """Parts taken from a store once.

    Parameters
    ----------
    time
        When they were taken.
    quantity
        How many. [unit of the part]
    machine, component
        Where they went; empty where nobody knows, as for consumables.
    notice
        How long before `time` a work order had reserved them; 0 where none had.
    """

    time: datetime
    quantity: int
    machine: str = ""
    component: str = ""
    notice: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Refuse what is no usage.

        Raises
        ------
        ValueError
            If the quantity is below 1 or the notice below 0.
        """
        if self.quantity < 1 or self.notice < timedelta(0):
            raise ValueError(f"usage at {self.time}: {self.quantity} taken with notice {self.notice} cannot be")


@dataclass(frozen=True, slots=True)
class UsageSeries:
    """Usage by period of equal length, without gaps, up to `end`.

    Parameters
    ----------
    end
        Where the last period ends.
    every
        The length of a period.
    quantities
        Usage of each, the oldest first; not always whole, as part of a usage may belong to another stream.
        [unit of the part]
    """

    end: datetime
    every: timedelta
    quantities: tuple[float, ...]

    def until(self, periods: int) -> "UsageSeries":
        """Return the first `periods` of it."""
        cut = len(self.quantities) - periods
        return UsageSeries(self.end - cut * self.every, self.every, self.quantities[:periods])

    @property
    def starts(self) -> list[datetime]:
        """Where each period starts."""
        count = len(self.quantities)
        return [self.end - (count - i) * self.every for i in range(count)]


def unexplained(record: UsageRecord, *, forecast: Collection[tuple[str, str]], window: timedelta) -> float:
    """Return how much of a usage history alone can foresee [unit of the part].

    What went into a (machine, component) that has failure forecasts is foreseen there. What was reserved a
    time `notice` ahead is among the planned demand of that share of all windows it falls into, so history
    keeps the rest: a job booked ten days ahead is known in a third of the thirty-day windows that hold it.

    Parameters
    ----------
    record
        The usage.
    forecast
        The (machine, component) that have failure forecasts.
    window
        How far the demand forecast looks.

    Examples
    --------
    >>> from datetime import UTC
    >>> day, window = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=30)
    >>> unexplained(UsageRecord(day, 3, notice=timedelta(days=10)), forecast=(), window=window)
    2.0
    >>> unexplained(UsageRecord(day, 3, "p1", "seal"), forecast={("p1", "seal")}, window=window)
    0.0
    """
    if (record.machine, record.component) in forecast:
        return 0.0
    return record.quantity * max(1 - record.notice / window, 0.0)


def usage_series(
    records: Iterable[UsageRecord],
    *,
    known_from: datetime,
    now: datetime,
    every: timedelta,
    forecast: Collection[tuple[str, str]] = (),
    window: timedelta,
) -> UsageSeries:
    """Return unexplained usage in whole periods that end at `now`; what is older or later is left out.

    Parameters
    ----------
    records
        Usage of one part at one place, in any order.
    known_from
        Since when usage is on record: periods without a record from here on had none.
    now
        Where the last period ends, exclusive.
    every
        The length of a period.
    forecast, window
        As in `unexplained`.

    Raises
    ------
    TooLittleHistory
        If not even one period is on record.
    """
    count = (now - known_from) // every
    if count < 1:
        raise TooLittleHistory(
            f"usage is on record since {known_from:%Y-%m-%d}, and one period of {every / timedelta(days=1):g} days is "
            "not over: import older usage, or give what is usually needed as a planned order"
        )
    quantities = np.zeros(count)
    for record in records:
        period = count + (record.time - now) // every
        if 0 <= period < count:
            quantities[period] += unexplained(record, forecast=forecast, window=window)
    return UsageSeries(now, every, tuple(quantities.tolist()))


def nonzero(quantities: Sequence[float]) -> list[float]:
    """Return the periods with usage, in order."""
    return [q for q in quantities if q > 0]
