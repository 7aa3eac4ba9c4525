"""Judge data: how good each signal of each device was over the last day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from foreworn.fleet.registry import FleetRegistry
from foreworn.loop.operations import Operations
from foreworn.loop.reading_counts import HourCounts, ReadingCounts
from foreworn.telemetry.completeness import completeness
from foreworn.telemetry.intake import DeviceProgress, DeviceProgressLog
from foreworn.telemetry.quality import DAY, HOUR, SignalQuality
from foreworn.telemetry.sample import EPOCH
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.store import TelemetryStore

KEPT = timedelta(days=30)
"""Judgements of older days are let go of."""
_REACH = timedelta(hours=2)
"""What a device that speaks every hour gathers may come so much later without being late."""


@dataclass(slots=True)
class _Seat:
    """What may be expected of one device: the whole hours it sat on machines, and the signals of those."""

    hours: set[int] = field(default_factory=set)
    signals: dict[str, Signal] = field(default_factory=dict)


class DataQuality:
    """The use case that judges every signal of every device, once an hour.

    Parameters
    ----------
    operations
        Where judgements are kept.
    registry
        Which device sits where, and what it promises to send.
    telemetry, progress
        What came.
    """

    def __init__(
        self,
        operations: Operations,
        registry: FleetRegistry,
        telemetry: TelemetryStore,
        progress: DeviceProgressLog,
    ) -> None:
        self._operations = operations
        self._registry = registry
        self._counts = ReadingCounts(telemetry)
        self._progress = progress
        self._disordered: dict[str, int] = {}

    def judge(self, time: datetime) -> int:
        """Judge the day that ends with the last whole hour before `time`, and return how many signals that were.

        A device that was never heard is not judged, nor is a signal that the device has never sent.

        Raises
        ------
        StoreUnavailable
            If a store cannot answer now.
        """
        end = EPOCH + (time - EPOCH) // HOUR * HOUR
        progress = {one.device: one for one in self._progress.all()}
        catalogue = self._registry.catalogue()
        seats = {d: seat for d, seat in _seats(self._registry, end, catalogue).items() if d in progress}
        days = {device: _Day.of(progress[device], end) for device in sorted(seats)}
        counts = self._counts.of_day(
            end,
            {device: day.entries for device, day in days.items()},
            catalogue,
            again=self._changed(progress.values()),
            reach=_REACH,
        )
        with self._operations.transaction() as tx:
            lacking = [device for device, seat in seats.items() if seat.signals.keys() - counts[device].keys()]
            known = {(q.device, q.signal) for q in tx.quality.latest(devices=lacking)}
            judged = [
                day.judged(device, signal, seat, counts[device].get(name, {}), end)
                for device, day in days.items()
                for seat in [_expected(seats[device].hours, day.heard_since, counts[device], end)]
                for name, signal in sorted(seats[device].signals.items())
                if name in counts[device] or name in day.refused or (device, name) in known
            ]
            tx.quality.put(judged)
            tx.quality.forget(end - KEPT)
        self._disordered = {device: _disorder(one) for device, one in progress.items()}
        return len(judged)

    def _changed(self, progress: Iterable[DeviceProgress]) -> list[str]:
        """Return the devices whose readings of any hour that was counted may have come since."""
        return [
            one.device
            for one in progress
            if _disorder(one) != self._disordered.get(one.device) or 2 * (one.usual_gap or HOUR) > _REACH
        ]


def _seats(registry: FleetRegistry, end: datetime, catalogue: SignalCatalogue) -> dict[str, _Seat]:
    machines = {machine.id: machine for machine in registry.machines()}
    first, last = (end - DAY - EPOCH) // HOUR, (end - EPOCH) // HOUR
    seats: defaultdict[str, _Seat] = defaultdict(_Seat)
    for attachment in registry.attachments():
        machine = machines[attachment.machine]
        since, until = max(attachment.since, machine.installed_at), _first_of(attachment.until, machine.retired_at)
        begins = max(first, -((EPOCH - since) // HOUR))
        ends = last if until is None else min(last, (until - EPOCH) // HOUR)
        if begins < ends:
            seats[attachment.device].hours |= set(range(begins, ends))
            seats[attachment.device].signals |= catalogue.of_model(machine.model)
    return dict(seats)


@dataclass(frozen=True, slots=True)
class _Day:
    """What came from one device in a day of platform time.

    `heard_since` is the first whole hour after the first message that is remembered.
    """

    heard_since: int
    entries: int
    late: int
    repeated: int
    refused: Mapping[str, int]

    @classmethod
    def of(cls, progress: DeviceProgress, end: datetime) -> "_Day":
        first, last = (end - DAY - EPOCH) // HOUR, (end - EPOCH) // HOUR
        tallies = [tally for tally in progress.hours if first <= tally.hour < last]
        refused: Counter[str] = Counter()
        for tally in tallies:
            refused.update(tally.refused or {})
        return cls(
            heard_since=progress.hours[0].hour + 1 if progress.hours else last,
            entries=sum(t.entries for t in tallies),
            late=sum(t.late for t in tallies),
            repeated=sum(t.repeated for t in tallies),
            refused=refused,
        )

    def judged(
        self, device: str, signal: Signal, seat: Sequence[int], came: Mapping[int, int], end: datetime
    ) -> SignalQuality:
        accepted = sum(came.values())
        return SignalQuality(
            device,
            signal.name,
            end,
            completeness=completeness([came.get(hour, 0) for hour in seat], signal.cadence),
            timeliness=_share(self.entries - self.late, self.entries),
            validity=_share(accepted, accepted + self.refused.get(signal.name, 0)),
            uniqueness=_share(self.entries - self.repeated, self.entries),
        )


def _expected(hours: Iterable[int], heard_since: int, counts: HourCounts, end: datetime) -> list[int]:
    """Return the hours in which readings are expected: from the first message on, or from the first reading it brought.

    What the device kept from before it was heard shows that it measured then. An hour that it may have begun in the
    midst of promises nothing.
    """
    first = (end - DAY - EPOCH) // HOUR
    measured = min((hour for came in counts.values() for hour in came), default=heard_since)
    begins = min(heard_since, measured if measured <= first else measured + 1)
    return sorted(hour for hour in hours if hour >= begins)


def _share(good: int, all_: int) -> float | None:
    return good / all_ if all_ else None


def _disorder(progress: DeviceProgress) -> int:
    return progress.late + progress.out_of_order


def _first_of(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)
