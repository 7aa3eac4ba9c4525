"""Which devices spoke for a machine, and when: what a device said belongs to the machine it sat on then."""

from dataclasses import dataclass
from datetime import datetime

from foreworn.fleet.registry import FleetRegistry


@dataclass(frozen=True, slots=True)
class Seat:
    """A device on a machine over [start, end)."""

    device: str
    start: datetime
    end: datetime


def seats_of(registry: FleetRegistry, machine: str, start: datetime, end: datetime) -> list[Seat]:
    """Return the seats of one machine that overlap [start, end), cut to it, sorted by device, start."""
    seats = []
    for attachment in registry.attachments():
        if attachment.machine == machine:
            first = max(start, attachment.since)
            last = end if attachment.until is None else min(end, attachment.until)
            if first < last:
                seats.append(Seat(attachment.device, first, last))
    return seats
