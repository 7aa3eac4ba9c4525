"""Where each topic belongs: its device, and what that device may send; looked up once per topic, not per message."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.errors import Rejected
from foreworn.telemetry.sample import to_epoch_ms
from foreworn.telemetry.sample_columns import KEYS
from foreworn.telemetry.signal import Signal, SignalType
from foreworn.telemetry.wire import Kind, parse_topic
from ingestion.formats.native_json.columns import ColumnReader
from ingestion.formats.native_json.members import is_signal_name
from ingestion.reception.column_checks import ColumnChecks
from ingestion.reception.directory import FleetView
from ingestion.reception.validation import FIRST_BELIEVED

NOWHERE = -1
MOST_TOPICS = 200_000
LONGEST_TOPIC = 1100
"""In bytes: room for a site and a device of the longest names. What is longer can be no topic of ours."""
_TOO_LONG = b""
"""All topics past `LONGEST_TOPIC` share the seat of this one, and are not remembered: they may be 64 KiB each."""
_FIRST_BELIEVED_MS = to_epoch_ms(FIRST_BELIEVED)

Codes = NDArray[np.intp]


class Lane:
    """What machines of one model send: how it is read, and how it is checked.

    Parameters
    ----------
    signals
        Of the model.
    """

    def __init__(self, signals: Sequence[Signal]) -> None:
        self.reader = ColumnReader(signals)
        self.checks = ColumnChecks(self.reader.floats, self.reader.others)
        self.limited = [s for s in signals if s.most_per_second is not None and s.type is not SignalType.STATE]


@dataclass(frozen=True, slots=True)
class Seat:
    """What one topic stands for.

    Parameters
    ----------
    site, device
        As the topic names them; both empty where it is not of the native form.
    number
        The device's place in `Seats.devices`.
    has_values
        Whether messages to the topic may hold samples.
    lane
        The place in `Seats.lanes` of the model that the device speaks for now, if it publishes its telemetry
        here and is known; else `NOWHERE`.
    since
        When it came to speak for that model. [ms since 1970]
    first, end
        Which times are believed, half-open, as far as the clock has no say. [ms since 1970]
    """

    site: str
    device: str
    number: int
    has_values: bool = False
    lane: int = NOWHERE
    since: int = 0
    first: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class SeatColumns:
    """The seats of a table by column, (n_seats,) each; see `Seat`."""

    number: NDArray[np.int64]
    has_values: NDArray[np.bool_]
    lane: NDArray[np.int64]
    since: NDArray[np.int64]
    first: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def of(cls, table: Sequence[Seat]) -> "SeatColumns":
        """Return the columns of a table."""
        return cls(
            np.array([seat.number for seat in table], np.int64),
            np.array([seat.has_values for seat in table], np.bool_),
            np.array([seat.lane for seat in table], np.int64),
            np.array([seat.since for seat in table], np.int64),
            np.array([seat.first for seat in table], np.int64),
            np.array([seat.end for seat in table], np.int64),
        )


class Seats(dict[bytes, int]):
    """The seats of all topics heard of; a topic's code is its seat's place in `table`.

    What is here follows from one view of the fleet and goes with it.
    """

    def __init__(self, view: FleetView) -> None:
        super().__init__()
        self.view = view
        self.table: list[Seat] = []
        self.devices: list[str] = []
        self.lanes: list[Lane] = []
        self._numbers: dict[str, int] = {}
        self._lane_of: dict[str, int] = {}
        self._columns = SeatColumns.of([])
        self._names = pa.array([], pa.string())

    def __missing__(self, topic: bytes) -> int:
        if len(topic) > LONGEST_TOPIC:
            return self[_TOO_LONG]
        code = len(self.table)
        self.table.append(self._seat(topic))
        self[topic] = code
        return code

    def take(self, topics: Sequence[bytes]) -> Codes:
        """Return the code of each topic's seat."""
        return np.fromiter(map(self.__getitem__, topics), np.intp, len(topics))

    @property
    def is_full(self) -> bool:
        """Whether so many topics are remembered that it is time to begin anew: anybody may think up topics."""
        return len(self.table) > MOST_TOPICS

    @property
    def columns(self) -> SeatColumns:
        """What is in `table`, by column."""
        if len(self._columns.lane) < len(self.table):
            self._columns = SeatColumns.of(self.table)
        return self._columns

    @property
    def names(self) -> pa.StringArray:
        """What is in `devices`."""
        if len(self._names) < len(self.devices):
            self._names = pa.array(self.devices, pa.string())
        return self._names

    def _seat(self, topic: bytes) -> Seat:
        try:
            address = parse_topic(topic.decode())
        except (Rejected, UnicodeDecodeError):
            return Seat("", "", self._number(""))
        number, has_values = self._number(address.device), address.kind in (Kind.TELEMETRY, Kind.LINES)
        stays = self.view.stays.get(address.device, ())
        if not stays or address.kind is not Kind.TELEMETRY:
            return Seat(address.site, address.device, number, has_values)
        now = stays[-1]
        first = max(now.first_ms, _FIRST_BELIEVED_MS)
        lane = self._lane(now.model)
        return Seat(address.site, address.device, number, has_values, lane, now.first_ms, first, now.end_ms)

    def _number(self, device: str) -> int:
        number = self._numbers.setdefault(device, len(self.devices))
        if number == len(self.devices):
            self.devices.append(device)
        return number

    def _lane(self, model: str) -> int:
        found = self._lane_of.get(model)
        if found is None:
            signals = [s for s in self.view.catalogue.of_model(model).values() if _is_column(s.name)]
            found = self._lane_of[model] = len(self.lanes) if signals else NOWHERE
            if signals:
                self.lanes.append(Lane(signals))
        return found


def _is_column(name: str) -> bool:
    return is_signal_name(name) and name not in KEYS
