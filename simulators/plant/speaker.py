"""A plant's devices on the wire: what they publish of a period, numbered, batched, and now and then late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foreworn.telemetry import wire
from foreworn.telemetry.sample import Event, Sample
from simulators.plant.period import Period
from simulators.plant.plant import Plant
from simulators.plant.roster import device_of

_LARGEST_BATCH = 200


@dataclass(frozen=True, slots=True)
class DeviceMessage:
    """One message of one device.

    Parameters
    ----------
    topic, payload
        What `DevicePublisher.publish` takes.
    device
        Whose it is.
    last_seq
        The number of its last entry; the numbers of a device run without gaps.
    entries
        How many samples or events it holds.
    """

    topic: str
    payload: bytes
    device: str
    last_seq: int
    entries: int


class Speaker:
    """Numbers and packs what a plant's devices say; keep one for as long as the devices are one life.

    Several entries of a device become one message, a JSON array; events come before samples. A reading that
    is to come late is held back and sent, at its own time, with the first period that ends late enough.

    Parameters
    ----------
    plant
        The plant whose periods it will be given, in order.
    last_seq
        The number each device has reached before; 0 where there is none.
    """

    def __init__(self, plant: Plant, last_seq: dict[str, int] | None = None) -> None:
        self._sites = {device_of(machine.id): machine.site for machine in plant.machines}
        self._lateness = timedelta(hours=plant.file.bad_data.late_hours)
        self._held: list[tuple[datetime, Sample]] = []
        self._seq = dict.fromkeys(self._sites, 0) | (last_seq or {})

    @property
    def last_seq(self) -> dict[str, int]:
        """The number each device has reached."""
        return dict(self._seq)

    @property
    def held(self) -> int:
        """How many readings are held back to come late."""
        return len(self._held)

    def messages(self, period: Period) -> list[DeviceMessage]:
        """Return what the devices publish at the end of a period, by device.

        Raises
        ------
        ValueError
            If the period carries no readings.
        """
        samples: dict[str, list[Sample]] = {device: [] for device in self._sites}
        events: dict[str, list[Event]] = {device: [] for device in self._sites}
        for _, late, sample in period.samples():
            if late:
                self._held.append((sample.time + self._lateness, sample))
            else:
                samples[sample.device].append(sample)
        for _, event in period.device_events():
            events[event.device].append(event)
        for sample in self._release(period.end):
            samples[sample.device].append(sample)
        return [
            message
            for device in sorted(self._sites)
            for entries in (events[device], samples[device])
            for message in self._packed(device, entries)
        ]

    def announcements(self) -> dict[str, str]:
        """Return the site of every device, for `DevicePublisher.announce`."""
        return dict(self._sites)

    def _release(self, now: datetime) -> list[Sample]:
        due = [sample for time, sample in self._held if time <= now]
        self._held = [(time, sample) for time, sample in self._held if time > now]
        return due

    def _packed(self, device: str, entries: Sequence[Sample] | Sequence[Event]) -> Iterator[DeviceMessage]:
        for begin in range(0, len(entries), _LARGEST_BATCH):
            numbered = [self._numbered(entry) for entry in entries[begin : begin + _LARGEST_BATCH]]
            topic = wire.topic(self._sites[device], device, wire.kind_of(numbered[0]))
            yield DeviceMessage(topic, wire.encode_batch(numbered), device, self._seq[device], len(numbered))

    def _numbered(self, entry: Sample | Event) -> Sample | Event:
        self._seq[entry.device] += 1
        return replace(entry, seq=self._seq[entry.device])
