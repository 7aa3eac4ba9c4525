"""What is found where rows were to go, held against what was said: every device, time and value."""

import urllib.parse
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import csv

from foreworn.telemetry.sample import to_epoch_ms
from ingestion.spool.spool import SqliteSpool
from simulators.load.ledger import Ledger
from simulators.load.plan import LoadPlan
from tests.servers import InfluxServer

SIGNALS: Final = LoadPlan().signal_names
_SCHEMA: Final = pa.schema(
    [("device", pa.string()), ("time", pa.int64()), *((name, pa.float64()) for name in SIGNALS)]
)  # fmt: skip
_TIMEOUT = 120
_NANOSECONDS = 1_000_000


def said(ledgers: Iterable[Ledger]) -> pa.Table:
    """Return what loads said: device, epoch ms and the values, sorted; a device's time tells its sequence number."""
    tables = [ledger.readings() for ledger in ledgers]
    return _in_order(pa.concat_tables([_without_seq(table) for table in tables]))


def in_spool(file: Path) -> pa.Table:
    """Return the different rows of a spool that nobody has open; it is empty afterwards."""
    tables = [_SCHEMA.empty_table()]
    with SqliteSpool(file) as spool:
        while waiting := spool.pending():
            samples = [sample for _, batch in waiting for sample in batch.telemetry.samples]
            columns = [[s.device for s in samples], [to_epoch_ms(s.time) for s in samples]]
            columns += [[s.values.get(name) for s in samples] for name in SIGNALS]
            tables.append(pa.table(columns, schema=_SCHEMA))
            spool.discard(waiting[-1][0])
    return _different(pa.concat_tables(tables))


def in_influx(influx: InfluxServer, bucket: str, devices: Sequence[str]) -> pa.Table:
    """Return the rows of a bucket's measurement `telemetry`, asked for device by device."""
    return _different(pa.concat_tables([_SCHEMA.empty_table(), *(_of(influx, bucket, device) for device in devices)]))


def in_lines(file: Path) -> pa.Table:
    """Return the different rows of a file in line protocol."""
    rows: list[list[str | float | int | None]] = []
    for line in file.read_text().splitlines():
        series, fields, time = line.split(" ")
        tags = dict(tag.split("=") for tag in series.split(",")[1:])
        values = dict(field.split("=") for field in fields.split(","))
        found = [float(values[name]) if name in values else None for name in SIGNALS]
        rows.append([tags["device"], int(time) // _NANOSECONDS, *found])
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in _SCHEMA]
    return _different(pa.table(columns, schema=_SCHEMA))


def devices_of(ledgers: Iterable[Ledger]) -> list[str]:
    """Return all devices that loads speak for."""
    return sorted({device for ledger in ledgers for device in ledger.plan.device_ids()})


def check_count(found: pa.Table, count: int) -> None:
    """Compare the rows that were found with how many the place itself says it has.

    Raises
    ------
    RuntimeError
        If it has others too: rows of strangers, or rows that stand there twice.
    """
    if len(found) != count:
        raise RuntimeError(f"{count} rows are there, and only {len(found)} of them are different rows of the load")


def check_same(found: pa.Table, expected: pa.Table) -> None:
    """Compare two tables of this module.

    Raises
    ------
    RuntimeError
        If a row is missing, one too many, or has another value.
    """
    if found.equals(expected):
        return
    if len(found) != len(expected):
        raise RuntimeError(f"{len(found)} rows are there, not {len(expected)}")
    at = next(i for i in range(len(found)) if found.slice(i, 1) != expected.slice(i, 1))
    raise RuntimeError(f"{found.slice(at, 1).to_pylist()} is there, not {expected.slice(at, 1).to_pylist()}")


def _of(influx: InfluxServer, bucket: str, device: str) -> pa.Table:
    names = ", ".join(f'"{name}"' for name in SIGNALS)
    q = f'SELECT {names} FROM "telemetry" WHERE "device" = \'{device}\''
    query = urllib.parse.urlencode({"db": bucket, "epoch": "ms", "q": q})
    headers = {"Authorization": f"Token {influx.token}", "Accept": "application/csv"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{influx.url}/query?{query}", headers=headers), timeout=_TIMEOUT
    ) as answer:
        content = answer.read()
    if not content.strip():
        return _SCHEMA.empty_table()
    types = csv.ConvertOptions(column_types={field.name: field.type for field in _SCHEMA})
    table = csv.read_csv(pa.BufferReader(content), convert_options=types)
    return table.append_column("device", pa.array([device] * len(table), pa.string())).select(_SCHEMA.names)


def _without_seq(table: pa.Table) -> pa.Table:
    time = table["time"].cast(pa.int64())
    return pa.table([table["device"], time, *(table[name] for name in SIGNALS)], schema=_SCHEMA)


def _different(table: pa.Table) -> pa.Table:
    """Return a table without the rows that stand in it twice, as a message that came twice does in a spool."""
    return _in_order(table.group_by(_SCHEMA.names).aggregate([]).select(_SCHEMA.names).cast(_SCHEMA))


def _in_order(table: pa.Table) -> pa.Table:
    return table.sort_by([("device", "ascending"), ("time", "ascending")]).combine_chunks()
