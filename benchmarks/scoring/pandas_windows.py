"""Mean and spread over windows by pandas' `rolling`, in the three ways that pandas offers for a fleet of machines."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

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

    def _lanes(self, machine: NDArray[np.intp]) -> pd.DatetimeIndex:
        index = self._frame.index
        lane = index.max() - index.min() + max(self._widths) + _FAR_APART
        return pd.DatetimeIndex(index + pd.to_timedelta(machine * lane.total_seconds(), unit="s"))

    def ways(self) -> dict[str, Callable[[], Matrix]]:
        """Return each way by name."""
        return {"groupby": self.by_group, "per_machine": self.per_machine, "one_line": self.on_one_line}

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

    def _moments(self, samples: Any, wanted: NDArray[np.bool_]) -> Matrix:
        found = []
        for width in self._widths:
            rolling = samples.rolling(width)
            found += [rolling.mean().to_numpy()[wanted], rolling.std().to_numpy()[wanted]]
        return np.concatenate(found, axis=1)
