"""The express: reads by column what nothing is wrong with, and leaves every other message to be read on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.telemetry.signal import Signal, SignalCatalogue
from ingestion.reception.column_checks import Flags, as_numbers
from ingestion.reception.directory import DeviceDirectory, FleetView
from ingestion.reception.rates import RatesOfChange, Track
from ingestion.reception.seats import NOWHERE, Codes, Lane, SeatColumns, Seats
from ingestion.session.frames import Frames


@dataclass(frozen=True, slots=True)
class Lot:
    """Good samples of machines of one model, one row each, in the order they came.

    Parameters
    ----------
    lane
        The model.
    messages
        Which message each row came in. (n_rows,)
    numbers
        Whose it is: a place in `Seats.devices`. (n_rows,)
    since
        When the device came to its present machine. (n_rows,) [ms since 1970]
    times
        (n_rows,) [ms since 1970]
    seqs
        `NO_SEQ` where there is none. (n_rows,)
    columns
        By signal, null where a sample has no such value. (n_rows,) each
    """

    lane: Lane
    messages: NDArray[np.intp]
    numbers: NDArray[np.int64]
    since: NDArray[np.int64]
    times: NDArray[np.int64]
    seqs: NDArray[np.int64]
    columns: Mapping[str, pa.Array]

    def without(self, rows: Flags) -> "Lot":
        """Return the lot without the messages that hold any of the flagged rows."""
        if not rows.any():
            return self
        keep = ~np.isin(self.messages, self.messages[rows])
        return Lot(
            self.lane,
            self.messages[keep],
            self.numbers[keep],
            self.since[keep],
            self.times[keep],
            self.seqs[keep],
            {name: column.filter(pa.array(keep)) for name, column in self.columns.items()},
        )

    def track(self, signal: Signal, devices: Sequence[str], rows: NDArray[np.intp]) -> Track:
        """Return the values of one signal; `rows` says where in `devices` each row's device is."""
        values = as_numbers(self.columns[signal.name]).astype(np.float64)
        return Track(signal, devices, rows, self.since, self.times, values).only(~np.isnan(values))


@dataclass(frozen=True, slots=True)
class Load:
    """What the express made of a turn's messages.

    Parameters
    ----------
    seats
        Of all topics heard of.
    codes
        The seat of each message. (n_messages,)
    lots
        What is good.
    left
        The messages that are in no lot. Sorted.
    """

    seats: Seats
    codes: Codes
    lots: Sequence[Lot]
    left: NDArray[np.intp]


class Express:
    """Takes what it is sure of: native JSON telemetry of known devices, typed and valued as the catalogue says.

    It never refuses anything. A message with any part that is not plainly good is left whole, so that reasons
    are given, and doubtful cases decided, in one place: decoder and validator, message by message.

    Parameters
    ----------
    directory
        Devices and signals.
    rates
        The last good values, which the validator uses too.
    largest_payload
        Longest payload that is looked into. [bytes]
    """

    def __init__(self, directory: DeviceDirectory, rates: RatesOfChange, largest_payload: int) -> None:
        self._directory = directory
        self._rates = rates
        self._largest_payload = largest_payload
        self._seats = Seats(FleetView({}, SignalCatalogue({})))

    def take(self, frames: Frames, latest: int) -> Load:
        """Return the good samples, and which messages are left.

        Parameters
        ----------
        frames
            The messages.
        latest
            The last time that is not in the future. [ms since 1970]
        """
        seats = self._seats_now()
        codes = seats.take(frames.topics)
        lanes = seats.columns.lane[codes]
        self._leave_large(frames.payloads, lanes)
        lots = [
            self._lot(seats, seats.lanes[lane], codes, np.flatnonzero(lanes == lane), frames.payloads, latest)
            for lane in np.unique(lanes).tolist()
            if lane != NOWHERE
        ]
        lots = self._within_limits(lots, seats, codes)
        return Load(seats, codes, lots, np.flatnonzero(_left(lots, len(codes))))

    def _seats_now(self) -> Seats:
        view = self._directory.view()
        if view is not self._seats.view or self._seats.is_full:
            self._seats = Seats(view)
        return self._seats

    def _leave_large(self, payloads: Sequence[bytes], lanes: NDArray[np.int64]) -> None:
        if payloads and max(map(len, payloads)) > self._largest_payload:
            lanes[np.fromiter(map(len, payloads), np.intp, len(payloads)) > self._largest_payload] = NOWHERE

    def _lot(
        self,
        seats: Seats,
        lane: Lane,
        codes: Codes,
        messages: NDArray[np.intp],
        payloads: Sequence[bytes],
        latest: int,
    ) -> Lot:
        rows = lane.reader.read(payloads if len(messages) == len(payloads) else _chosen(payloads, messages))
        places = messages[rows.messages]
        seated, checks = codes[places], lane.checks
        checks.convert(rows.floats)
        doubtful = checks.doubtful(rows.floats, rows.others)
        doubtful |= _is_time_doubtful(rows.times, seats.columns, seated, latest)
        columns = checks.columns(rows.floats, rows.others)
        since, numbers = seats.columns.since[seated], seats.columns.number[seated]
        return Lot(lane, places, numbers, since, rows.times, rows.seqs, columns).without(doubtful)

    def _within_limits(self, lots: Sequence[Lot], seats: Seats, codes: Codes) -> list[Lot]:
        """Leave all of a device whose signals may not change at any speed, unless all of it is plainly good.

        Whether a value comes too fast depends on those before it, so the two roads cannot share a device.
        """
        if not any(lot.lane.limited for lot in lots):
            return list(lots)
        table = seats.columns
        left = codes[_left(lots, len(codes))]
        is_doubtful = np.zeros(len(seats.devices), np.bool_)
        is_doubtful[table.number[left[table.has_values[left]]]] = True
        return [self._within_limit(lot, seats, is_doubtful) if lot.lane.limited else lot for lot in lots]

    def _within_limit(self, lot: Lot, seats: Seats, is_doubtful: Flags) -> Lot:
        numbers, rows = np.unique(lot.numbers, return_inverse=True)
        devices = [seats.devices[number] for number in numbers.tolist()]
        tracks = [lot.track(signal, devices, rows) for signal in lot.lane.limited]
        doubtful = is_doubtful[numbers]
        for track in tracks:
            doubtful[self._rates.doubtful(track)] = True
        for track in tracks:
            self._rates.remember(track.only(~doubtful[track.rows]))
        return lot.without(doubtful[rows])


def _chosen(payloads: Sequence[bytes], places: NDArray[np.intp]) -> Sequence[bytes]:
    chosen = itemgetter(*places.tolist())(payloads)
    return (chosen,) if len(places) == 1 else chosen


def _left(lots: Sequence[Lot], length: int) -> Flags:
    left = np.ones(length, np.bool_)
    for lot in lots:
        left[lot.messages] = False
    return left


def _is_time_doubtful(times: NDArray[np.int64], table: SeatColumns, codes: Codes, latest: int) -> Flags:
    return (times < table.first[codes]) | (times >= table.end[codes]) | (times > latest)
