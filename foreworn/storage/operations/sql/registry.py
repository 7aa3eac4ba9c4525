"""The fleet registry in SQL."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from foreworn.errors import NotFound
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.tables import (
    ATTACHMENTS,
    COMPONENTS,
    DEVICES,
    FAILURES,
    MACHINES,
    MAINTENANCE,
    SIGNALS,
    SITES,
)
from foreworn.storage.operations.sql.transactions import Source, lock, reading, upsert, writing
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType


class SqlFleetRegistry:
    """Keeps the fleet's master data, and what was done to its machines, in the operations store.

    Parameters
    ----------
    source
        An engine: every call is a transaction of its own. A connection: all of them are in its transaction.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def add(self, machines: Sequence[Machine], attachments: Sequence[Attachment]) -> None:
        """Add or update machines (by id) and attachments (by device and since)."""
        fleet = {m.id: rules.normal_machine(m) for m in machines}
        with writing(self._source) as connection:
            lock(connection, ATTACHMENTS)
            _add_machines(connection, fleet)
            _add_attachments(connection, attachments)

    def machines(self) -> list[Machine]:
        """Return all machines, sorted by id."""
        with reading(self._source) as connection:
            components = defaultdict(list)
            for machine, component in connection.execute(sa.select(COMPONENTS.c.machine, COMPONENTS.c.id)):
                components[machine].append(component)
            found = [
                Machine(
                    row.id, row.model, row.site, row.installed_at, tuple(sorted(components[row.id])), row.retired_at
                )
                for row in connection.execute(sa.select(MACHINES))
            ]
        return sorted(found, key=lambda m: m.id)

    def attachments(self) -> list[Attachment]:
        """Return all attachments, sorted by device, since."""
        with reading(self._source) as connection:
            return sorted(_attachments(connection), key=lambda a: (a.device, a.since))

    def add_signals(self, catalogue: SignalCatalogue) -> None:
        """Add or update signals, by machine model and name."""
        with writing(self._source) as connection:
            lock(connection, SIGNALS)
            rules.merged_catalogue(_catalogue(connection), catalogue)
            upsert(connection, SIGNALS, [_signal_row(model, signal) for model, signal in catalogue])

    def catalogue(self) -> SignalCatalogue:
        """Return the signal catalogue of the whole fleet."""
        with reading(self._source) as connection:
            return _catalogue(connection)

    def record_maintenance(self, records: pa.Table) -> None:
        """Add `MAINTENANCE_SCHEMA` rows; of two of the same (time, machine, component) the later one stands."""
        self._record(MAINTENANCE, records, MAINTENANCE_SCHEMA)

    def record_failures(self, records: pa.Table) -> None:
        """Add `FAILURE_SCHEMA` rows; of two of the same (time, machine, component) the later one stands."""
        self._record(FAILURES, records, FAILURE_SCHEMA)

    def maintenance(self, start: datetime, end: datetime) -> pa.Table:
        """Return the records in [start, end) as `MAINTENANCE_SCHEMA`, sorted by machine, time, component."""
        return self._between(MAINTENANCE, MAINTENANCE_SCHEMA, start, end)

    def failures(self, start: datetime, end: datetime) -> pa.Table:
        """Return the records in [start, end) as `FAILURE_SCHEMA`, sorted by machine, time, component."""
        return self._between(FAILURES, FAILURE_SCHEMA, start, end)

    def _record(self, table: sa.Table, records: pa.Table, schema: pa.Schema) -> None:
        with writing(self._source) as connection:
            lock(connection, table)
            known = connection.execute(sa.select(MACHINES.c.id)).scalars()
            upsert(connection, table, rules.record_rows(records, schema, known))

    def _between(self, table: sa.Table, schema: pa.Schema, start: datetime, end: datetime) -> pa.Table:
        query = sa.select(table).where(table.c.time >= start, table.c.time < end)
        with reading(self._source) as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        return rules.record_table(rows, schema)


def _add_machines(connection: sa.Connection, fleet: Mapping[str, Machine]) -> None:
    machines = [fleet[key] for key in sorted(fleet)]
    upsert(connection, SITES, [{"id": site} for site in sorted({m.site for m in machines})], update={})
    rows = [_machine_row(m) for m in machines]
    upsert(connection, MACHINES, rows)
    if rows:
        gone = sa.delete(COMPONENTS).where(COMPONENTS.c.machine == sa.bindparam("of"))
        connection.execute(gone, [{"of": m.id} for m in machines])
    upsert(connection, COMPONENTS, [{"machine": m.id, "id": c} for m in machines for c in m.components], update={})


def _machine_row(m: Machine) -> dict[str, Any]:
    return {"id": m.id, "model": m.model, "site": m.site, "installed_at": m.installed_at, "retired_at": m.retired_at}


def _add_attachments(connection: sa.Connection, attachments: Sequence[Attachment]) -> None:
    known = set(connection.execute(sa.select(MACHINES.c.id)).scalars())
    for attachment in attachments:
        if attachment.machine not in known:
            raise NotFound("machine", attachment.machine)
    latest = {(a.device, a.since): a for a in attachments}
    rules.check_attachments(({(a.device, a.since): a for a in _attachments(connection)} | latest).values())
    upsert(connection, DEVICES, [{"id": device} for device in sorted({a.device for a in attachments})], update={})
    rows = [
        {"device": a.device, "since": a.since, "machine": a.machine, "until": a.until}
        for _, a in sorted(latest.items())
    ]
    upsert(connection, ATTACHMENTS, rows)


def _attachments(connection: sa.Connection) -> Iterable[Attachment]:
    for row in connection.execute(sa.select(ATTACHMENTS)):
        yield Attachment(row.device, row.machine, row.since, row.until)


def _catalogue(connection: sa.Connection) -> SignalCatalogue:
    models: defaultdict[str, list[Signal]] = defaultdict(list)
    for row in connection.execute(sa.select(SIGNALS)).mappings():
        models[row["model"]].append(_signal(row))
    return SignalCatalogue(dict(models))


def _signal_row(model: str, signal: Signal) -> dict[str, Any]:
    return {
        "model": model,
        "name": signal.name,
        "unit": signal.unit,
        "type": signal.type.value,
        "low": signal.low,
        "high": signal.high,
        "states": list(signal.states),
        "cadence_us": signal.cadence,
        "label": signal.label,
        "sent_unit": signal.sent_unit,
        "most_per_second": signal.most_per_second,
    }


def _signal(row: Mapping[Any, Any]) -> Signal:
    return Signal(
        name=row["name"],
        unit=row["unit"],
        type=SignalType(row["type"]),
        low=row["low"],
        high=row["high"],
        states=tuple(row["states"]),
        cadence=row["cadence_us"],
        label=row["label"],
        sent_unit=row["sent_unit"],
        most_per_second=row["most_per_second"],
    )
