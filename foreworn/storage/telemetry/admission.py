"""What every telemetry store lets in, so that none takes what another would refuse or silently change."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import ConfigurationError, NotFound, StoreRejected
from foreworn.health.anomaly import AnomalyScore
from foreworn.health.demand import DemandForecast
from foreworn.health.forecast import Forecast
from foreworn.health.remaining_life import LifeForecast
from foreworn.storage.telemetry.arrow_rows import ARROW_TYPES, SampleRow, log_fields, one_by_one, sample_rows
from foreworn.storage.telemetry.life_rows import check_life
from foreworn.storage.telemetry.plain import check_text, check_word, checked_ms, integer, number
from foreworn.storage.telemetry.prediction_checks import check_demand, check_forecast, check_score, checked_forecasts
from foreworn.telemetry.sample import Event, LogLine, Sample, TelemetryBatch, to_epoch_ms
from foreworn.telemetry.sample_columns import SampleColumns
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType, SignalValue
from foreworn.telemetry.store import TIME

_KEY_COLUMNS = ("time", "device")
_Typed = Callable[[SignalValue], SignalValue]
_Kept = TypeVar("_Kept")


class Admission:
    """Refuses unknown signals, values of another type, and times and names that some store cannot keep.

    Parameters
    ----------
    store
        The name of the store, for messages.
    catalogue
        The signals and their types.

    Raises
    ------
    ConfigurationError
        If the catalogue holds names that cannot be told apart in a store.
    """

    def __init__(self, store: str, catalogue: SignalCatalogue) -> None:
        self._store = store
        self.use(catalogue)

    def use(self, catalogue: SignalCatalogue) -> None:
        """Go by this catalogue from now on."""
        _check_names(catalogue.names)
        self._catalogue = catalogue
        self._typed: dict[str, _Typed] = {n: _TYPED[catalogue.by_name(n).type] for n in catalogue.names}

    def asked(self, signals: Sequence[str] | None) -> list[Signal]:
        """Return the signals a read asks for: these, once each, or all of the catalogue.

        Raises
        ------
        NotFound
            If the catalogue has no such signal.
        """
        return [
            self._catalogue.by_name(n) for n in dict.fromkeys(self._catalogue.names if signals is None else signals)
        ]

    def batch(self, batch: TelemetryBatch) -> pa.Table:
        """Check the whole batch; return its samples as `table` does, in the order they came.

        Raises
        ------
        StoreRejected
            If one entry cannot be kept; it names the entry, or the column, and what is wrong with it.
        """
        if isinstance(batch.samples, SampleColumns):
            samples = self.table(batch.samples.table)
        else:
            rows = [self._sample(sample) for sample in batch.samples if sample.values]
            samples = sample_rows(rows, self.asked(sorted({name for *_, values in rows for name in values})))
        self._entries(batch)
        return samples

    def rows(self, batch: TelemetryBatch) -> list[SampleRow]:
        """Check the whole batch; return its samples one by one, those with a value.

        Raises
        ------
        StoreRejected
            If one entry cannot be kept.
        """
        if isinstance(batch.samples, SampleColumns):
            samples = one_by_one(self.table(batch.samples.table))
        else:
            samples = [self._sample(sample) for sample in batch.samples if sample.values]
        self._entries(batch)
        return samples

    def forecasts(self, forecasts: Iterable[Forecast]) -> None:
        """Check forecasts.

        Raises
        ------
        StoreRejected
            If one cannot be kept.
        """
        for forecast in forecasts:
            self._check(check_forecast, forecast, f"forecast for {forecast.machine!r} at {forecast.time}")

    def forecast_table(self, forecasts: pa.Table) -> pa.Table:
        """Check a table of forecasts and return it as `FORECAST_SCHEMA`, one row per identity.

        Raises
        ------
        StoreRejected
            If a row cannot be kept.
        """
        try:
            return checked_forecasts(forecasts)
        except (ValueError, TypeError, KeyError) as error:
            raise self._refuse(f"table of {len(forecasts)} forecasts", error) from error

    def lives(self, lives: Iterable[LifeForecast]) -> None:
        """Check remaining lives.

        Raises
        ------
        StoreRejected
            If one cannot be kept.
        """
        for life in lives:
            self._check(check_life, life, f"remaining life of {life.machine!r} at {life.time}")

    def scores(self, scores: Iterable[AnomalyScore]) -> None:
        """Check anomaly scores.

        Raises
        ------
        StoreRejected
            If one cannot be kept.
        """
        for score in scores:
            self._check(check_score, score, f"anomaly score of {score.machine!r} at {score.time}")

    def demand(self, forecasts: Iterable[DemandForecast]) -> None:
        """Check demand forecasts.

        Raises
        ------
        StoreRejected
            If one cannot be kept.
        """
        for forecast in forecasts:
            self._check(check_demand, forecast, f"demand forecast for {forecast.part!r} at {forecast.start}")

    def table(self, samples: pa.Table) -> pa.Table:
        """Check a table of samples; return what holds a value of it, in columns of exactly their types.

        Raises
        ------
        StoreRejected
            If a column that holds values is unknown, of another type, or holds what cannot be kept.
        """
        rows = len(samples)
        names = [c for c in samples.column_names if c not in _KEY_COLUMNS]
        columns: dict[str, pa.ChunkedArray] = {}
        for name in (*_KEY_COLUMNS, *names):
            try:
                # Part of a larger table has all of its columns: of a signal without a value there is nothing to refuse.
                if name in _KEY_COLUMNS or samples[name].null_count < rows or not rows:
                    columns[name] = self._column(name, samples[name])
            except (ValueError, TypeError, KeyError, NotFound, pa.ArrowException) as error:
                raise self._refuse(f"column {name!r}", error) from error
        table = pa.table(columns)
        signals = table.columns[len(_KEY_COLUMNS) :]
        if any(column.null_count == 0 for column in signals):
            return table
        return table.filter(_any([pc.is_valid(column) for column in signals])) if signals else table.slice(0, 0)

    def _entries(self, batch: TelemetryBatch) -> None:
        entries: tuple[Event | LogLine, ...] = (*batch.events, *batch.logs)
        for entry in entries:
            self._check(_check_entry, entry, f"{type(entry).__name__} of {entry.device!r} at {entry.time}")

    def _sample(self, sample: Sample) -> SampleRow:
        name = ""
        try:
            check_word("device", sample.device, needed=True)
            time = checked_ms(to_epoch_ms(sample.time))
            typed, values = self._typed, {}
            for name, value in sample.values.items():
                values[name] = typed[name](value)
        except KeyError as error:
            raise StoreRejected(self._store, f"{_of(sample)}: no signal {name!r} in the catalogue") from error
        except (ValueError, TypeError, OverflowError) as error:
            raise self._refuse(f"{_of(sample)} {name}".rstrip(), error) from error
        return sample.device, time, values

    def _column(self, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
        if name == "time":
            return _checked_times(column)
        if name == "device":
            return _checked_devices(column)
        return _checked_values(column, self._catalogue.by_name(name))

    def _check(self, check: Callable[[_Kept], object], kept: _Kept, what: str) -> None:
        try:
            check(kept)
        except (ValueError, TypeError) as error:
            raise self._refuse(what, error) from error

    def _refuse(self, what: str, error: Exception) -> StoreRejected:
        return StoreRejected(self._store, f"{what}: {error}")


def _of(sample: Sample) -> str:
    return f"sample of {sample.device!r} at {sample.time}"


def _check_names(names: Iterable[str]) -> None:
    seen = {name: "the store's own column" for name in _KEY_COLUMNS}
    for name in names:
        try:
            check_word("signal", name, needed=True)
        except ValueError as error:
            raise ConfigurationError(f"no store can keep signal {name!r}, {error}: rename it") from error
        other = seen.setdefault(name.casefold(), f"signal {name!r}")
        if other != f"signal {name!r}":
            raise ConfigurationError(f"signal {name!r} cannot be told from {other} {name.casefold()!r}: rename one")


def _check_entry(entry: Event | LogLine) -> None:
    check_word("device", entry.device, needed=True)
    checked_ms(to_epoch_ms(entry.time))
    check_text("message", entry.message)
    if entry.seq is not None:
        integer(entry.seq)
    if isinstance(entry, Event):
        check_word("code", entry.code, needed=True)
        check_word("severity", entry.severity)
    else:
        check_word("level", entry.level)
        check_word("logger", entry.logger)
        check_text("fields", log_fields(entry))


def _state(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is {type(value).__name__}, not text")
    check_text("state", value)
    return value


_TYPED: dict[SignalType, _Typed] = {
    SignalType.FLOAT: number,
    SignalType.INTEGER: integer,
    SignalType.COUNTER: integer,
    SignalType.STATE: _state,
}


def _checked_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        raise TypeError(f"{column.type} is not a time with a zone")
    if column.null_count:
        raise ValueError("a row has no time")
    times = pc.cast(pc.floor_temporal(column, unit="millisecond"), TIME)
    bounds = pc.min_max(times.cast(pa.int64())).as_py()
    for ms in (v for v in bounds.values() if v is not None):
        checked_ms(ms)
    return times


def _checked_devices(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.null_count:
        raise ValueError("a row has no device")
    devices = column.cast(pa.string())
    for device in pc.unique(devices).to_pylist():
        check_word("device", device, needed=True)
    return devices


def _checked_values(column: pa.ChunkedArray, signal: Signal) -> pa.ChunkedArray:
    kind, wanted = column.type, ARROW_TYPES[signal.type]
    fits = {
        SignalType.FLOAT: pa.types.is_floating(kind) or pa.types.is_integer(kind),
        SignalType.STATE: pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind),
    }.get(signal.type, pa.types.is_integer(kind))
    if not (fits or pa.types.is_null(kind)):
        raise TypeError(f"{kind} is not {signal.type}")
    # An integer past 2^53 given for a float is rounded, as `float()` rounds it.
    values = column.cast(wanted, safe=signal.type is not SignalType.FLOAT)
    if signal.type is SignalType.FLOAT and not pc.all(pc.is_finite(values), min_count=0).as_py():
        raise ValueError("holds NaN or infinity: leave a value that is not known null")
    return values


def _any(masks: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    told = masks[0]
    for mask in masks[1:]:
        told = pc.or_(told, mask)
    return told
