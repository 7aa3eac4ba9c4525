"""Holds whole columns against the signal catalogue: unit, range, and whether there is any value at all."""

import sys
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.telemetry.signal import Signal, SignalType
from foreworn.telemetry.units import conversion_of

_LARGEST = sys.float_info.max
_FIRST_INEXACT = 2**53  # from there on, a whole number and a limit that is a double cannot be compared as doubles

Flags = NDArray[np.bool_]


class ColumnChecks:
    """Finds the rows that are not plainly good, without a reason: the validator gives it, and has the last word.

    Types and states are not looked at: what comes here was read as the catalogue wants it.

    Parameters
    ----------
    floats, others
        The signals of one machine model, in the order of their columns.
    """

    def __init__(self, floats: Sequence[Signal], others: Sequence[Signal]) -> None:
        self._names = [signal.name for signal in floats]
        self._low = np.array([[max(-_LARGEST, _or(s.low, -_LARGEST))] for s in floats]).reshape(-1, 1)
        self._high = np.array([[min(_LARGEST, _or(s.high, _LARGEST))] for s in floats]).reshape(-1, 1)
        self._conversions = [(i, found) for i, s in enumerate(floats) if (found := conversion_of(s)) is not None]
        self._limited = [s for s in others if s.type is not SignalType.STATE and not (s.low is None and s.high is None)]

    def convert(self, floats: NDArray[np.float64]) -> None:
        """Bring columns, (n_floats, n_rows), into the catalogue's units, in place."""
        with np.errstate(over="ignore"):  # infinite is out of range
            for i, conversion in self._conversions:
                floats[i] = conversion.convert(floats[i])

    def doubtful(self, floats: NDArray[np.float64], others: Mapping[str, pa.Array]) -> Flags:
        """Return which rows have a value that may be impossible, or none.

        Parameters
        ----------
        floats
            In the catalogue's units, NaN where there is no value. (n_floats, n_rows)
        others
            By signal, null where there is no value. (n_rows,) each

        Returns
        -------
        (n_rows,) bool
        """
        flags: Flags = np.any((floats < self._low) | (floats > self._high), axis=0)
        for signal in self._limited:
            _flag_range(flags, signal, as_numbers(others[signal.name]))
        return flags | _without_value(floats, others)

    def columns(self, floats: NDArray[np.float64], others: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Return all columns by signal, null where there is no value."""
        numbers = {name: pa.array(row, from_pandas=True) for name, row in zip(self._names, floats, strict=True)}
        return {**numbers, **others}


def as_numbers(column: pa.Array) -> NDArray[np.float64] | NDArray[np.int64]:
    """Return a numeric column as numpy has it: nulls are NaN, and whole numbers beside them are doubles."""
    numbers: NDArray[np.float64] | NDArray[np.int64] = column.to_numpy(zero_copy_only=False)
    return numbers


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit


def _flag_range(flags: Flags, signal: Signal, values: NDArray[np.float64] | NDArray[np.int64]) -> None:
    flags |= (values >= _FIRST_INEXACT) | (values <= -_FIRST_INEXACT)
    if signal.low is not None:
        flags |= values < signal.low
    if signal.high is not None:
        flags |= values > signal.high


def _without_value(floats: NDArray[np.float64], others: Mapping[str, pa.Array]) -> Flags:
    missing: Flags = np.all(np.isnan(floats), axis=0)
    if missing.any():
        for column in others.values():
            missing &= pc.is_null(column).to_numpy(zero_copy_only=False)
    return missing
