"""One machine's signals over a stretch of time: as they were reported, or as windows where that is too much."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa

from api.reading.seats import Seat, seats_of
from api.services import ConsoleServices
from foreworn.errors import NotFound
from foreworn.fleet.machine import Machine
from foreworn.telemetry.signal import Signal, SignalType, SignalValue

_WIDTHS = tuple(timedelta(hours=h) for h in (1, 3, 6, 12, 24, 7 * 24, 28 * 24))


@dataclass(frozen=True, slots=True)
class Point:
    """A value; over a window it is the mean, and `low`, `high`, `count` say what it stands for."""

    time: datetime
    value: SignalValue
    low: float | None = None
    high: float | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class SignalSeries:
    """One signal of one device, sorted by time; `window` is None for values as they were reported."""

    signal: Signal
    device: str
    window: timedelta | None
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class MachineSignals:
    """The series of a machine, and the signals that could not be shown at this length, with the reason."""

    series: tuple[SignalSeries, ...]
    left_out: tuple[tuple[str, str], ...]


def machine_signals(
    services: ConsoleServices,
    machine: Machine,
    start: datetime,
    end: datetime,
    *,
    names: Sequence[str] = (),
    largest: int,
) -> MachineSignals:
    """Return every asked signal (all of the model's where none is named) over [start, end).

    Parameters
    ----------
    largest
        Most points per series. A signal that has more is given as windows of whole hours, the shortest of
        1 h, 3 h, 6 h, 12 h, 1 d, 7 d, 28 d that fit.

    Raises
    ------
    NotFound
        If the machine's model has no signal of a name.
    StoreUnavailable
        If the telemetry store does not answer.
    """
    signals = _asked(services, machine, names)
    seats = seats_of(services.registry, machine.id, start, end)
    series: list[SignalSeries] = []
    left_out: dict[str, str] = {}
    for seat in seats:
        fitting = [s for s in signals if (seat.end - seat.start) / s.cadence <= largest]
        read = _reported(services, seat, fitting)
        series += [one for one in read if len(one.points) <= largest]
        kept = {one.signal.name for one in series if one.device == seat.device}
        for_windows = [s for s in signals if s.name not in kept and (s not in fitting or _has(read, s))]
        series += _windowed(services, seat, [s for s in for_windows if s.type is not SignalType.STATE], largest)
        left_out |= {s.name: "too many states for this stretch: ask for less" for s in for_windows if _is_state(s)}
    shown = tuple(sorted(series, key=lambda one: (one.signal.name, one.device, one.points[0].time)))
    return MachineSignals(shown, tuple(sorted(left_out.items())))


def _is_state(signal: Signal) -> bool:
    return signal.type is SignalType.STATE


def _has(read: Sequence[SignalSeries], signal: Signal) -> bool:
    return any(one.signal.name == signal.name for one in read)


def _asked(services: ConsoleServices, machine: Machine, names: Sequence[str]) -> list[Signal]:
    known = services.registry.catalogue().of_model(machine.model)
    for name in names:
        if name not in known:
            raise NotFound("signal", name, known=sorted(known))
    return [known[name] for name in sorted(set(names) or known)]


def _reported(services: ConsoleServices, seat: Seat, signals: Sequence[Signal]) -> list[SignalSeries]:
    if not signals:
        return []
    table = services.telemetry.samples(seat.start, seat.end, devices=[seat.device], signals=[s.name for s in signals])
    times = table["time"].to_pylist()
    series = []
    for signal in signals:
        pairs = zip(times, table[signal.name].to_pylist(), strict=True)
        points = tuple(Point(time, value) for time, value in pairs if value is not None)
        if points:
            series.append(SignalSeries(signal, seat.device, None, points))
    return series


def _windowed(services: ConsoleServices, seat: Seat, signals: Sequence[Signal], largest: int) -> list[SignalSeries]:
    if not signals:
        return []
    width = next((w for w in _WIDTHS if (seat.end - seat.start) / w < largest), _WIDTHS[-1])
    table = services.telemetry.windows(
        seat.start, seat.end, width, devices=[seat.device], signals=[s.name for s in signals]
    )
    series = []
    for signal in signals:
        points = tuple(_window_points(table, signal.name))[-largest:]
        if points:
            series.append(SignalSeries(signal, seat.device, width, points))
    return series


def _window_points(table: pa.Table, signal: str) -> list[Point]:
    return [
        Point(row["time"], row["mean"], row["min"], row["max"], row["count"])
        for row in table.to_pylist()
        if row["signal"] == signal
    ]
