"""The port to the fleet's master data and to the record of what was done to its machines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from foreworn.fleet.machine import Attachment, Machine
from foreworn.telemetry.signal import SignalCatalogue


class FleetRegistry(Protocol):
    """Knows the machines, the devices on them, and their maintenance and failures.

    The registry, not the topic, says which machine and site a device belongs to.
    """

    def add(self, machines: Sequence[Machine], attachments: Sequence[Attachment]) -> None:
        """Add or update machines (by id) and attachments (by device and since)."""
        ...

    def machines(self) -> list[Machine]:
        """Return all machines, sorted by id."""
        ...

    def attachments(self) -> list[Attachment]:
        """Return all attachments, sorted by device, since."""
        ...

    def add_signals(self, catalogue: SignalCatalogue) -> None:
        """Add or update signals, by machine model and name."""
        ...

    def catalogue(self) -> SignalCatalogue:
        """Return the signal catalogue of the whole fleet."""
        ...

    def record_maintenance(self, records: pa.Table) -> None:
        """Add `MAINTENANCE_SCHEMA` rows; a row that is there already (time, machine, component) is one."""
        ...

    def record_failures(self, records: pa.Table) -> None:
        """Add `FAILURE_SCHEMA` rows; a row that is there already (time, machine, component) is one."""
        ...

    def maintenance(self, start: datetime, end: datetime) -> pa.Table:
        """Return the records in [start, end) as `MAINTENANCE_SCHEMA`, sorted by machine, time, component."""
        ...

    def failures(self, start: datetime, end: datetime) -> pa.Table:
        """Return the records in [start, end) as `FAILURE_SCHEMA`, sorted by machine, time, component."""
        ...
