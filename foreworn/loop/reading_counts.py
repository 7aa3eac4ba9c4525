"""How many readings of each signal every hour of the last day holds, read from the store as little as can be."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.telemetry.quality import DAY, HOUR
from foreworn.telemetry.sample import EPOCH, MILLISECOND
from foreworn.telemetry.signal import SignalCatalogue, SignalType
from foreworn.telemetry.store import TelemetryStore

HourCounts = Mapping[str, Mapping[int, int]]
"""Readings by signal, then by hours since 1970."""
Counted = dict[str, dict[str, dict[int, int]]]
"""The same, by device."""

MOST_SAMPLES = 200_000
"""So many samples are read at once; where there are more, the store counts what it can."""


class ReadingCounts:
    """Remembers the counts of hours that are over, so that an hour is counted once, as it ends.

    Parameters
    ----------
    telemetry
        Where readings are.
    """

    def __init__(self, telemetry: TelemetryStore) -> None:
        self._telemetry = telemetry
        self._until: datetime | None = None
        self._kept: Counted = {}

    def of_day(
        self,
        end: datetime,
        devices: Mapping[str, int],
        catalogue: SignalCatalogue,
        *,
        again: Sequence[str] = (),
        reach: timedelta = timedelta(0),
    ) -> Mapping[str, HourCounts]:
        """Return the counts of the day before `end`, a whole hour, by device.

        Parameters
        ----------
        end
            The end of the day.
        devices
            Whose; and about how many samples each has sent in the day.
        catalogue
            The signals that are counted.
        again
            Of whom any hour that is over may have changed since.
        reach
            How far back hours of the others may have.

        Raises
        ------
        StoreUnavailable
            If the store cannot answer; what is remembered stays as it was.
        """
        start, known = end - DAY, self._until
        since = start if known is None or known > end else max(start, known - reach)
        anew = {d for d in devices if since == start or d in set(again) or d not in self._kept}
        more = self._count(since, end, {d: n for d, n in devices.items() if d not in anew}, catalogue)
        fresh = self._count(start, end, {d: n for d, n in devices.items() if d in anew}, catalogue)
        kept = ((start - EPOCH) // HOUR, (since - EPOCH) // HOUR)
        self._kept = {
            d: fresh.get(d, {}) if d in anew else _joined(self._kept[d], kept, more.get(d, {})) for d in devices
        }
        self._until = end
        return self._kept

    def _count(self, start: datetime, end: datetime, devices: Mapping[str, int], catalogue: SignalCatalogue) -> Counted:
        counted: Counted = defaultdict(lambda: defaultdict(dict))
        if not devices or not catalogue.names or start >= end:
            return counted
        groups = list(_groups({device: number * ((end - start) / DAY) for device, number in devices.items()}))
        read = list(catalogue.names)
        if len(groups) > 1:
            read = [name for name in read if catalogue.by_name(name).type is SignalType.STATE]
            numbers = sorted(set(catalogue.names) - set(read))
            rows = self._telemetry.windows(start, end, HOUR, devices=sorted(devices), signals=numbers)
            columns = (rows[name].to_pylist() for name in ("device", "signal", "count"))
            for device, signal, count, hour in zip(*columns, _hours(rows).to_pylist(), strict=True):
                counted[device][signal][hour] = count
        for group in groups if read else ():
            _add(counted, self._telemetry.samples(start, end, devices=group, signals=read), read)
        return counted


def _groups(devices: Mapping[str, float]) -> Iterator[list[str]]:
    """Yield devices that have about `MOST_SAMPLES` samples together, at least one."""
    group: list[str] = []
    samples = 0.0
    for device in sorted(devices):
        if group and samples + devices[device] > MOST_SAMPLES:
            yield group
            group, samples = [], 0.0
        group.append(device)
        samples += devices[device]
    yield group


def _add(counted: Counted, samples: pa.Table, signals: Sequence[str]) -> None:
    keyed = samples.append_column("_hour", _hours(samples))
    rows = keyed.group_by(["device", "_hour"]).aggregate([(signal, "count") for signal in signals])
    devices, hours = rows["device"].to_pylist(), rows["_hour"].to_pylist()
    for signal in signals:
        for device, hour, count in zip(devices, hours, rows[f"{signal}_count"].to_pylist(), strict=True):
            if count:
                counted[device][signal][hour] = count


def _hours(rows: pa.Table) -> pa.ChunkedArray:
    return pc.divide(rows["time"].cast(pa.int64()), HOUR // MILLISECOND)


def _joined(kept: HourCounts, hours: tuple[int, int], more: HourCounts) -> dict[str, dict[int, int]]:
    """Return what is kept of [first, last) hours, and what is counted of later ones."""
    first, last = hours
    return {
        signal: {hour: n for hour, n in kept.get(signal, {}).items() if first <= hour < last}
        | dict(more.get(signal, {}))
        for signal in {*kept, *more}
    }
