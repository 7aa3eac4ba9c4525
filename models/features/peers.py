"""A machine against its peers: the other machines of its model at the same time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from models.features.definition import _hours
from models.features.fleet_record import FleetRecord
from models.features.row_index import span_ms
from models.features.window import Times, Values, window_moments

FEWEST_PEERS: Final = 3
"""Fewer peers than this that spoke within the window are no standard to be held against."""


@dataclass(frozen=True, slots=True)
class PeerDifference:
    """How far a signal's mean over the last `width` lies above the median of its peers' means.

    Heat, a new batch of material or a holiday moves all machines of a model alike, and cancels out. The peers are the
    other machines of the model on record that spoke within the window; NaN with fewer than `FEWEST_PEERS` of them, or
    where the machine itself was silent. A live row needs the peers' telemetry as well, and a peer's reading that comes
    late changes it.
    """

    signal: str
    width: timedelta
    unit: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Such as `vibration mean 24 h against peers`."""
        return f"{self.signal} mean {_hours(self.width)} against peers"

    @property
    def source(self) -> str:
        """The signal."""
        return self.signal

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width

    def values(self, record: FleetRecord) -> Values:
        """Return the differences, row by row against the peers of the row's own time."""
        fleet = record.whole_fleet()
        models = np.array([machine.model for machine in fleet.machines])
        own = np.array([machine.model for machine in record.machines])[record.machine]
        difference = np.full(len(record.time), np.nan)
        for model in np.unique(own):
            rows, peers = np.flatnonzero(own == model), np.flatnonzero(models == model)
            difference[rows] = self._of_model(record, fleet, rows, peers)
        return difference

    def _of_model(
        self, record: FleetRecord, fleet: FleetRecord, rows: NDArray[np.intp], peers: NDArray[np.intp]
    ) -> Values:
        times, at = np.unique(record.time[rows], return_inverse=True)
        means = np.stack([self._means(fleet, int(peer), times) for peer in peers], axis=1)
        column = {fleet.machines[int(peer)].id: place for place, peer in enumerate(peers)}
        mine = np.array([column.get(machine.id, -1) for machine in record.machines])[record.machine[rows]]
        return np.asarray(means[at, mine] - _median_of_others(means, at, mine))

    def _means(self, fleet: FleetRecord, machine: int, times: Times) -> Values:
        places, values = fleet.samples(self.signal)
        return window_moments(places, values, fleet.places_of(machine, times), span_ms(self.width)).mean


def _median_of_others(means: Values, at: NDArray[np.intp], mine: NDArray[np.intp]) -> Values:
    """Return per row the median of the other columns of its line of `means`; NaN with too few, or without its own.

    Parameters
    ----------
    means : (n_times, n_machines) float
    at, mine : (n_rows,) int
        Each row's line and its own column.
    """
    order = np.argsort(means, axis=1, kind="stable")  # NaN comes last
    rising = np.take_along_axis(means, order, axis=1)
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.broadcast_to(np.arange(means.shape[1]), order.shape), axis=1)
    others = (~np.isnan(means)).sum(axis=1)[at] - 1
    median = np.full(len(at), np.nan)
    known = np.flatnonzero((others >= FEWEST_PEERS) & ~np.isnan(means[at, mine]))
    own, line = rank[at[known], mine[known]], at[known]
    low, high = (others[known] - 1) // 2, others[known] // 2
    median[known] = (rising[line, low + (low >= own)] + rising[line, high + (high >= own)]) / 2
    return median
