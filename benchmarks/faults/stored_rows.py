"""Reads back what is stored, past the platform's own reading: straight from the files and from InfluxDB's HTTP."""

import json
import sqlite3
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.faults.readings import CATALOGUE, MODEL
from benchmarks.faults.verdict import StoredRow
from foreworn.telemetry.wire import Kind
from tests.servers import InfluxServer

_SIGNALS = tuple(CATALOGUE.of_model(MODEL))
_TIMEOUT = 60


def influx_rows(influx: InfluxServer, bucket: str) -> list[StoredRow]:
    """Return every point of the measurement `telemetry`; the same device in two series gives two rows."""
    query = {"db": bucket, "epoch": "ms", "q": 'SELECT * FROM "telemetry" GROUP BY *'}
    request = urllib.request.Request(
        f"{influx.url}/query?{urllib.parse.urlencode(query)}", headers={"Authorization": f"Token {influx.token}"}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        (result,) = json.load(answer)["results"]
    if "error" in result:
        raise RuntimeError(f"InfluxDB does not answer: {result['error']}")
    return [row for series in result.get("series", []) for row in _points(series)]


def _points(series: dict[str, Any]) -> Iterator[StoredRow]:
    floats = {name for name, signal in CATALOGUE.of_model(MODEL).items() if signal.type == "float"}
    time, *names = series["columns"]
    assert time == "time"
    for at, *values in series["values"]:
        known = {n: float(v) if n in floats else v for n, v in zip(names, values, strict=True) if v is not None}
        yield StoredRow((series["tags"]["device"], at), known)


def duckdb_rows(file: Path) -> list[StoredRow]:
    """Return every row of the table `telemetry` of a file that nobody has open."""
    with duckdb.connect(str(file), read_only=True) as connection:
        present = {row[0] for row in connection.execute("SELECT name FROM pragma_table_info('telemetry')").fetchall()}
        names = [name for name in _SIGNALS if name in present]
        columns = ", ".join(["device", "epoch_ms(time)", *(f'"{name}"' for name in names)])
        rows = connection.execute(f"SELECT {columns} FROM telemetry").fetchall()
    return [
        StoredRow((device, at), {n: v for n, v in zip(names, values, strict=True) if v is not None})
        for device, at, *values in rows
    ]


def quarantined_rows(operations: Path) -> list[StoredRow]:
    """Return the readings that the quarantine's bytes hold, of those the store refused."""
    with closing(sqlite3.connect(f"file:{operations}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT topic, payload FROM quarantine WHERE reason = 'store_refused'").fetchall()
    return [
        StoredRow((topic.split("/")[3], entry["ts"]), entry["values"])
        for topic, payload in found
        if topic.endswith(f"/{Kind.TELEMETRY}")
        for entry in json.loads(payload)
    ]


def spool_depth(spool: Path) -> int:
    """Return how many batches wait in the spool of a running collector."""
    with closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True, timeout=10)) as connection:
        (depth,) = connection.execute("SELECT count(*) FROM batch").fetchone()
    return int(depth)
