"""Reads telemetry payloads of one machine model straight into columns, with no object per value."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.telemetry.signal import LARGEST_INTEGER, Signal, SignalType
from ingestion.formats.native_json.members import LATEST_MS

NO_SEQ = -1
_NAN = float("nan")
_Time = Annotated[int, msgspec.Meta(ge=0, le=LATEST_MS)]
_Seq = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_INTEGER)]
_Integer = Annotated[int, msgspec.Meta(ge=-LARGEST_INTEGER - 1, le=LARGEST_INTEGER)]


@dataclass(frozen=True, slots=True)
class Rows:
    """The samples of several messages, one row each, in their order.

    Parameters
    ----------
    messages
        For each row, which payload it came in. (n_rows,)
    times
        (n_rows,) [ms since 1970]
    seqs
        `NO_SEQ` where there is none. (n_rows,)
    floats
        One row per float signal, NaN where a sample has no such value. (n_floats, n_rows)
    others
        By signal, the columns of the catalogue's other types; null where a sample has no such value. (n_rows,) each
    unread
        Which payloads made no row: they are not what the model's machines should send. Sorted.
    """

    messages: NDArray[np.intp]
    times: NDArray[np.int64]
    seqs: NDArray[np.int64]
    floats: NDArray[np.float64]
    others: Mapping[str, pa.Array]
    unread: NDArray[np.intp]


class ColumnReader:
    """Reads what is exactly as the catalogue wants it, and nothing else.

    A payload is read only if all of it has the catalogue's types, so that `NativeJsonDecoder` and the validator
    would make the same values of it; of any other it only says that it is unread. A whole number such as 41.0
    for an integer, or a time in RFC 3339, is good and is unread all the same.

    Ranges and times are not looked at.

    Parameters
    ----------
    signals
        Of one machine model; at least one.
    """

    def __init__(self, signals: Iterable[Signal]) -> None:
        ordered = sorted(signals, key=lambda signal: signal.type is not SignalType.FLOAT)
        self.floats = [signal for signal in ordered if signal.type is SignalType.FLOAT]
        self.others = ordered[len(self.floats) :]
        # Names are given in `rename`, because a signal need not be called like a Python attribute.
        fields = [f"f{i}" for i in range(len(ordered))]
        values = msgspec.defstruct(
            "Values",
            [(field, *_member(signal)) for field, signal in zip(fields, ordered, strict=True)],
            rename={field: signal.name for field, signal in zip(fields, ordered, strict=True)},
            forbid_unknown_fields=True,
            gc=False,
        )
        self._row = msgspec.defstruct(
            "Row", [("ts", _Time), ("values", values), ("seq", _Seq, NO_SEQ)], forbid_unknown_fields=True, gc=False
        )
        self._decoder = msgspec.json.Decoder(self._row | list[self._row])  # type: ignore[name-defined]
        self._get_floats = _getter(fields[: len(self.floats)], of=len(fields))
        self._get_others = [attrgetter(field) for field in fields[len(self.floats) :]]

    def read(self, payloads: Sequence[bytes]) -> Rows:
        """Return the rows of all payloads that can be read."""
        rows, messages, unread = self._laid_flat(self._decode(payloads))
        values, length, width = list(map(attrgetter("values"), rows)), len(rows), len(self.floats)
        floats = np.fromiter(chain.from_iterable(map(self._get_floats, values)), np.float64, length * width)
        return Rows(
            messages,
            np.fromiter(map(attrgetter("ts"), rows), np.int64, length),
            np.fromiter(map(attrgetter("seq"), rows), np.int64, length),
            np.ascontiguousarray(floats.reshape(length, width).T),
            {s.name: _column(s, map(get, values)) for s, get in zip(self.others, self._get_others, strict=True)},
            unread,
        )

    def _decode(self, payloads: Sequence[bytes]) -> list[Any]:
        """Return a row, a list of rows, or None for each payload."""
        decoded: list[Any] = []
        waiting = map(self._decoder.decode, payloads)
        while len(decoded) < len(payloads):
            try:
                decoded.extend(waiting)  # keeps what came before an error; the next call goes on behind it
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                decoded.append(None)
        return decoded

    def _laid_flat(self, decoded: list[Any]) -> tuple[list[Any], NDArray[np.intp], NDArray[np.intp]]:
        """Return the rows, the place of each one's payload, and the places of the payloads without rows."""
        places = np.arange(len(decoded))
        if set(map(type, decoded)) == {self._row}:
            return decoded, places, places[:0]
        lists = [found if type(found) is list else () if found is None else (found,) for found in decoded]
        counts = np.fromiter(map(len, lists), np.intp, len(lists))
        return list(chain.from_iterable(lists)), np.repeat(places, counts), np.flatnonzero(counts == 0)


def _member(signal: Signal) -> tuple[Any, Any]:
    """Return the type of a signal's value, and what stands for none: neither NaN nor None can come out of JSON."""
    if signal.type is SignalType.FLOAT:
        return float, _NAN
    if signal.type is SignalType.STATE:
        return (Literal[signal.states] if signal.states else str), None
    return _Integer, None


def _getter(fields: Sequence[str], *, of: int) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gets the values of the first fields of a struct that has so many."""
    if len(fields) == of:
        return msgspec.structs.astuple
    return attrgetter(*fields) if len(fields) > 1 else lambda values: tuple(getattr(values, f) for f in fields)


def _column(signal: Signal, values: Iterable[Any]) -> pa.Array:
    return pa.array(list(values), pa.string() if signal.type is SignalType.STATE else pa.int64())
