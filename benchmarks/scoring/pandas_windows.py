"""Mean and spread over windows by pandas' `rolling`: at every sample, and at only those that are asked for.

Time-based windows end at every sample, and those not asked for are thrown away. At every so-many-th sample (`step`)
pandas computes only windows of a number of samples, or of bounds that the caller finds. Both need a fleet whose
samples are regular.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pandas.api.indexers import BaseIndexer

Matrix = NDArray[np.float64]

_FAR_APART: Final = pd.Timedelta(days=1)  # more than the widest window beside the record's own length


class PandasWindows:
    """A fleet's samples as a frame that is ready, and what is asked of it.

    Each way returns (n_rows, n_widths * 2 * n_signals) values: by width, mean and spread, and then signal. What
    does not depend on the windows, as which samples are asked for and where a machine's begin, is found beforehand.

    Parameters
    ----------
    telemetry
        Sorted by machine and time.
    signals
        Which are read.
    widths
        Of the windows.
    start, every
        Rows are the samples at `start` plus the widest window, and every so often from then on.

    Raises
    ------
    ValueError
        If the samples do not begin at `start` on every machine, or are not equally far apart by a part of `every`.
    """

    def __init__(
        self,
        telemetry: pa.Table,
        signals: Sequence[str],
        widths: Sequence[timedelta],
        start: datetime,
        every: timedelta,
    ) -> None:
        self._signals, self._widths = list(signals), [pd.Timedelta(width) for width in widths]
        self._frame = telemetry.to_pandas().set_index("time")
        since = (self._frame.index - pd.Timestamp(start)).to_numpy()
        widest = np.timedelta64(max(widths))
        self._wanted = (since >= widest) & (since % np.timedelta64(every) == np.timedelta64(0))
        machine, _ = pd.factorize(self._frame["machine"])
        cuts = [0, *(np.flatnonzero(np.diff(machine)) + 1).tolist(), len(machine)]
        self._of_machine = [slice(a, b) for a, b in pairwise(cuts)]
        self._line = self._frame[self._signals].set_index(self._lanes(machine))
        self._cadence = pd.Timedelta(self._frame.index[1] - self._frame.index[0])
        self._step = _step(since, cuts[:-1], np.timedelta64(self._cadence), np.timedelta64(every))

    def _lanes(self, machine: NDArray[np.intp]) -> pd.DatetimeIndex:
        index = self._frame.index
        lane = index.max() - index.min() + max(self._widths) + _FAR_APART
        return pd.DatetimeIndex(index + pd.to_timedelta(machine * lane.total_seconds(), unit="s"))

    def ways(self) -> dict[str, Callable[[], Matrix]]:
        """Return each way by name."""
        return {
            "groupby": self.by_group,
            "per_machine": self.per_machine,
            "one_line": self.on_one_line,
            "step": self.by_step,
            "step_one_line": self.by_step_on_one_line,
        }

    def by_group(self) -> Matrix:
        """Return the windows by `groupby(...).rolling`."""
        return self._moments(self._frame.groupby("machine", sort=False)[self._signals], self._wanted)

    def per_machine(self) -> Matrix:
        """Return the windows by a loop over machines and a `rolling` of each one's samples."""
        own = self._frame[self._signals]
        return np.concatenate([self._moments(own.iloc[each], self._wanted[each]) for each in self._of_machine])

    def on_one_line(self) -> Matrix:
        """Return the windows by one `rolling` over all machines behind each other, further apart than any window."""
        return self._moments(self._line, self._wanted)

    def by_step(self) -> Matrix:
        """Return the windows by a loop over machines and windows of a number of samples, at every so-many-th."""
        own = self._frame[self._signals]
        counts = [int(width / self._cadence) for width in self._widths]
        return np.concatenate([self._stepped(own.iloc[each], counts, self._wanted[each]) for each in self._of_machine])

    def by_step_on_one_line(self) -> Matrix:
        """Return the windows by one `rolling` over all machines behind each other, at every so-many-th, by bounds."""
        return self._stepped(self._line, [_Since(self._line.index, width) for width in self._widths], self._wanted)

    def _stepped(self, samples: Any, windows: Sequence[int | BaseIndexer], wanted: NDArray[np.bool_]) -> Matrix:
        rollings = [samples.rolling(window, min_periods=1, step=self._step) for window in windows]
        return _moments(rollings, wanted[:: self._step])

    def _moments(self, samples: Any, wanted: NDArray[np.bool_]) -> Matrix:
        return _moments([samples.rolling(width) for width in self._widths], wanted)


class _Since(BaseIndexer):
    """Windows of a width in time, at only the samples that are asked for.

    Parameters
    ----------
    index
        When each sample was taken.
    width
        Samples of exactly this age are no longer within.
    """

    def __init__(self, index: pd.DatetimeIndex, width: pd.Timedelta) -> None:
        super().__init__()
        self._time = index.as_unit("ms").asi8
        self._width = width // pd.Timedelta(milliseconds=1)

    def get_window_bounds(
        self,
        num_values: int = 0,
        min_periods: int | None = None,
        center: bool | None = None,
        closed: str | None = None,
        step: int | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where each window begins, and the first sample after it."""
        asked = np.arange(0, num_values, step or 1, dtype=np.int64)
        begins = np.searchsorted(self._time, self._time[asked] - self._width, side="right")
        return begins.astype(np.int64), asked + 1


def _moments(rollings: Sequence[Any], wanted: NDArray[np.bool_]) -> Matrix:
    found = [moment.to_numpy()[wanted] for rolling in rollings for moment in (rolling.mean(), rolling.std())]
    return np.concatenate(found, axis=1)


def _step(since: NDArray[np.timedelta64], begins: Sequence[int], cadence: np.timedelta64, every: np.timedelta64) -> int:
    """Return how many samples lie from row to row, counted through from machine to machine."""
    step = int(every // cadence)
    whole = all(begin % step == 0 for begin in begins)
    gaps = np.delete(np.diff(since), np.array(begins[1:], dtype=np.intp) - 1)
    at_start = bool((since[list(begins)] == np.timedelta64(0)).all())
    if step * cadence != every or not whole or not at_start or not bool((gaps == cadence).all()):
        raise ValueError("the samples are not regular: windows cannot be taken at every so-many-th of them")
    return step
