"""What happened to one machine: failures, maintenance, and the events its devices told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.reading.seats import seats_of
from api.services import ConsoleServices


class Kind(StrEnum):
    """What kind of record it is."""

    FAILURE = "failure"
    PREVENTIVE = "preventive maintenance"
    CORRECTIVE = "corrective maintenance"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One thing that happened; `subject` is a component or an event code."""

    time: datetime
    kind: Kind
    subject: str
    detail: str


def maintenance_records(services: ConsoleServices, machine: str, start: datetime, end: datetime) -> list[HistoryRecord]:
    """Return failures and maintenance in [start, end), the newest first; the telemetry store is not needed."""
    failures = [
        HistoryRecord(row["time"], Kind.FAILURE, row["component"], row["mode"] or "")
        for row in services.registry.failures(start, end).to_pylist()
        if row["machine"] == machine
    ]
    maintenance = [
        HistoryRecord(
            row["time"],
            Kind.PREVENTIVE if row["kind"] == "preventive" else Kind.CORRECTIVE,
            row["component"],
            row["action"] or "",
        )
        for row in services.registry.maintenance(start, end).to_pylist()
        if row["machine"] == machine
    ]
    return newest_first([*failures, *maintenance])


def event_records(services: ConsoleServices, machine: str, start: datetime, end: datetime) -> list[HistoryRecord]:
    """Return the events of the machine's devices in [start, end), the newest first.

    Raises
    ------
    StoreUnavailable
        If the telemetry store does not answer.
    """
    records = []
    for seat in seats_of(services.registry, machine, start, end):
        for row in services.telemetry.events(seat.start, seat.end, devices=[seat.device]).to_pylist():
            told = f"{row['severity']}: {row['message']}" if row["message"] else row["severity"]
            records.append(HistoryRecord(row["time"], Kind.EVENT, row["code"], told))
    return newest_first(records)


def newest_first(records: list[HistoryRecord]) -> list[HistoryRecord]:
    """Sort records, the newest first, then by kind and subject."""
    return sorted(records, key=lambda r: (-r.time.timestamp(), r.kind, r.subject))
