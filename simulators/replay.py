"""A recorded fleet speaks again: its devices' messages, step by step, in the order of time."""

import heapq
import json
import time as wall
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.clock import ManualClock, grid_times
from foreworn.errors import Rejected
from foreworn.fleet.history import RecordedFleet
from foreworn.fleet.machine import Attachment
from foreworn.telemetry import wire
from foreworn.telemetry.sample import MILLISECOND, Event, LogLine, Sample, from_epoch_ms
from foreworn.telemetry.signal import SignalCatalogue
from foreworn.telemetry.units import Conversion, conversion_of
from simulators.publisher import DevicePublisher

EVENTS_FIRST, LOGS_SECOND, SAMPLES_LAST = 0, 1, 2
"""In which order is told what stands at one time: samples let time pass, so that all else must have come."""

Reading = tuple[str, datetime]
"""A sample's identity: (device, time)."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message and when it is spoken.

    `readings` are the samples it holds; `seq` is its number, where the replay numbers them.
    """

    time: datetime
    topic: str
    payload: bytes
    device: str
    readings: tuple[Reading, ...]
    seq: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """What the devices say up to and including `time`, after the step before."""

    time: datetime
    messages: Sequence[Message]
    last_seq: Mapping[str, int]
    """The sequence number each device has reached."""


class HistoryReplay:
    """Publishes a recorded fleet's stretch [start, end) and waits for the platform after every step.

    A fleet recorded with its raw `arrivals` is replayed message by message as they arrived, repeats and
    broken ones included; otherwise every sample, event and log line becomes one message: events of a time
    first, samples last.

    Parameters
    ----------
    fleet
        The recorded fleet.
    publisher
        A connected gateway.
    clock
        The platform's receiving clock; put at the step's time before the step is published.
    step
        The length of a step.
    """

    def __init__(
        self,
        fleet: RecordedFleet,
        publisher: DevicePublisher,
        clock: ManualClock,
        *,
        step: timedelta = timedelta(hours=1),
    ) -> None:
        self._fleet = fleet
        self._publisher = publisher
        self._clock = clock
        self._step = step
        self._published: set[Reading] = set()
        self._acknowledged: set[Reading] = set()

    @property
    def published(self) -> int:
        """How many readings, distinct (device, time), the devices have sent."""
        return len(self._published)

    @property
    def acknowledged(self) -> int:
        """How many of them were acknowledged.

        By the platform to the device where the replay numbers the messages; by the broker where recorded
        arrivals keep their own numbers, gaps included.
        """
        return len(self._acknowledged)

    def run(
        self,
        start: datetime,
        end: datetime,
        *,
        speed: float | None,
        wait_for_platform: Callable[[Step], None],
    ) -> None:
        """Publish all steps of [start, end).

        Parameters
        ----------
        start, end
            The stretch.
        speed
            Replayed seconds per second on the wall; None is as fast as the platform takes it.
        wait_for_platform
            Called after each step's messages were handed over; returns when the platform has done all
            that was due.
        """
        begun = wall.monotonic()
        for step in self.steps(start, end):
            if speed is not None:
                due = begun + (step.time - start).total_seconds() / speed
                wall.sleep(max(0.0, due - wall.monotonic()))
            self._clock.set(step.time)
            for message in step.messages:
                self._publisher.publish(message.topic, message.payload)
                self._published.update(message.readings)
            wait_for_platform(step)
            self._note_acknowledged(step)

    def _note_acknowledged(self, step: Step) -> None:
        through = self._publisher.acknowledged_through
        all_at_broker = self._publisher.acknowledged == self._publisher.sent
        for message in step.messages:
            done = all_at_broker if message.seq is None else through.get(message.device, -1) >= message.seq
            if done:
                self._acknowledged.update(message.readings)

    def steps(self, start: datetime, end: datetime) -> Iterator[Step]:
        """Yield the steps of [start, end), the last one ending 1 ms before `end` at the latest."""
        last = end - MILLISECOND
        bounds = grid_times(start - MILLISECOND, last, self._step)
        if not bounds or bounds[-1] < last:
            bounds.append(last)
        messages = self._recorded(start, end) if self._fleet.arrivals is not None else self._spoken(start, end)
        seqs: dict[str, int] = {}
        message = next(messages, None)
        for bound in bounds:
            taken: list[Message] = []
            while message is not None and message.time <= bound:
                taken.append(message)
                if message.seq is not None:
                    seqs[message.device] = message.seq
                message = next(messages, None)
            yield Step(bound, taken, dict(seqs))

    def _recorded(self, start: datetime, end: datetime) -> Iterator[Message]:
        assert self._fleet.arrivals is not None
        table = _between(self._fleet.arrivals, "received_at", start, end).sort_by("received_at")
        for row in table.to_pylist():
            readings = _recorded_readings(row["topic"], row["payload"])
            yield Message(row["received_at"], row["topic"], row["payload"], "", readings, None)

    def _spoken(self, start: datetime, end: datetime) -> Iterator[Message]:
        history = self._fleet.history.between(start, end)
        sites = {machine.id: machine.site for machine in history.machines}
        seats = _seats(self._fleet.attachments)
        back = {machine.id: _conversions_back(self._fleet.catalogue, machine.model) for machine in history.machines}
        seqs: dict[str, int] = {}
        events = _by_time(history.events, EVENTS_FIRST)
        logs = _by_time(history.logs, LOGS_SECOND)
        samples = _by_time(history.telemetry, SAMPLES_LAST)
        for time, rank, machine, row in heapq.merge(events, logs, samples, key=lambda entry: entry[:3]):
            device, site = _device(seats, machine, time), sites[machine]
            seq = seqs[device] = seqs.get(device, 0) + 1
            readings: tuple[Reading, ...] = ()
            if rank == EVENTS_FIRST:
                event = Event(device, time, row["code"], row["severity"] or "info", row["message"] or "", seq)
                topic, payload = wire.topic(site, device, wire.Kind.EVENT), wire.encode_event(event)
            elif rank == LOGS_SECOND:
                line = LogLine(device, time, row["level"] or "info", row["message"] or "", row["logger"] or "", seq=seq)
                topic, payload = wire.topic(site, device, wire.Kind.LOG), wire.encode_log(line)
            else:
                values = {
                    signal: back[machine][signal].convert(value) if signal in back[machine] else value
                    for signal, value in row.items()
                    if value is not None
                }
                sample = Sample(device, time, values, seq)
                topic, payload = wire.topic(site, device, wire.Kind.TELEMETRY), wire.encode_sample(sample)
                readings = ((device, time),)
            yield Message(time, topic, payload, device, readings, seq)


def _conversions_back(catalogue: SignalCatalogue, model: str) -> dict[str, Conversion]:
    """Return how to tell the signals that devices send in another unit than that in which the history has them."""
    found = {name: conversion_of(signal) for name, signal in catalogue.of_model(model).items()}
    return {name: conversion.inverse() for name, conversion in found.items() if conversion is not None}


def _by_time(table: pa.Table, rank: int) -> Iterator[tuple[datetime, int, str, dict[str, Any]]]:
    """Iterate over rows by time, then machine; `rank` decides between tables at the same time."""
    ordered = table.sort_by([("time", "ascending"), ("machine", "ascending")])
    for batch in ordered.to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            yield row.pop("time"), rank, row.pop("machine"), row


def _between(table: pa.Table, column: str, start: datetime, end: datetime) -> pa.Table:
    kind = table.schema.field(column).type
    time = table[column]
    return table.filter(pc.and_(pc.greater_equal(time, pa.scalar(start, kind)), pc.less(time, pa.scalar(end, kind))))


def _seats(attachments: Sequence[Attachment]) -> dict[str, list[Attachment]]:
    seats: dict[str, list[Attachment]] = {}
    for attachment in sorted(attachments, key=lambda seat: (seat.device, seat.since)):
        seats.setdefault(attachment.machine, []).append(attachment)
    return seats


def _device(seats: Mapping[str, Sequence[Attachment]], machine: str, time: datetime) -> str:
    for attachment in seats.get(machine, ()):
        if attachment.covers(time):
            return attachment.device
    raise ValueError(f"no device sat on machine {machine!r} at {time}")


def _recorded_readings(topic: str, payload: bytes) -> tuple[Reading, ...]:
    """Return the samples a recorded message holds, whether the platform will accept them or not."""
    try:
        address = wire.parse_topic(topic)
        content = json.loads(payload)
    except (Rejected, ValueError):
        return ()
    if address.kind is not wire.Kind.TELEMETRY:
        return ()
    entries = content if isinstance(content, list) else [content]
    times = (_recorded_time(entry) for entry in entries)
    return tuple((address.device, time) for time in times if time is not None)


def _recorded_time(entry: Any) -> datetime | None:
    try:
        time = entry["ts"]
        return from_epoch_ms(time) if isinstance(time, int) else datetime.fromisoformat(time)
    except (TypeError, KeyError, ValueError, OverflowError):
        return None
