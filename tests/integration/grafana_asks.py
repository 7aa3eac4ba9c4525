"""Ask the real servers as Grafana's data sources do: variables and macros filled in, answers as rows."""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from foreworn.telemetry.sample import from_epoch_ms, to_epoch_ms
from tests.servers import InfluxServer

Chosen = Mapping[str, str | Sequence[str]]
Row = dict[str, Any]

_VARIABLE = re.compile(r"\$\{(\w+):(\w+)\}")
_MACRO = re.compile(r"\$(\w+)\(([^)]*)\)")
_SPECIAL = re.compile(r"[\\^$*+?.()|\[\]{}/]")


@dataclass(frozen=True)
class TimeRange:
    """The range that is chosen at the head of a dashboard; Grafana includes both ends."""

    start: datetime
    end: datetime


def influx_statement(statement: str, chosen: Chosen, range: TimeRange) -> str:
    """Fill in what the InfluxDB data source does."""
    span = f"time >= {to_epoch_ms(range.start)}ms and time <= {to_epoch_ms(range.end)}ms"
    filled = statement.replace("$timeFilter", span).replace("$__interval", "1h")
    return _with_variables(filled, chosen)


def sql_statement(statement: str, chosen: Chosen, range: TimeRange) -> str:
    """Fill in what the PostgreSQL data source does: variables first, in the browser, then macros, in the server."""
    start, end = (f"'{t.astimezone(UTC).isoformat().replace('+00:00', 'Z')}'" for t in (range.start, range.end))

    def macro(found: "re.Match[str]") -> str:
        name, argument = found.groups()
        told = {"__timeFilter": f"{argument} BETWEEN {start} AND {end}", "__timeFrom": start, "__timeTo": end}
        return told[name]

    return _MACRO.sub(macro, _with_variables(statement, chosen, but=("__timeFilter", "__timeFrom", "__timeTo")))


def _with_variables(statement: str, chosen: Chosen, but: Sequence[str] = ()) -> str:
    def value(found: "re.Match[str]") -> str:
        name, form = found.groups()
        values = chosen[name]
        if form == "raw":
            assert isinstance(values, str), f"{name} has several values, and stands raw in {statement}"
            return values
        every = [values] if isinstance(values, str) else values
        if form == "sqlstring":
            return ",".join("'" + v.replace("'", "''") + "'" for v in every)
        assert form == "regex", f"Grafana has no format {form!r} that is known here"
        escaped = [_SPECIAL.sub(r"\\\g<0>", v) for v in every]
        return escaped[0] if isinstance(values, str) else f"({'|'.join(escaped)})"

    filled = _VARIABLE.sub(value, statement)
    left = set(re.findall(r"\$\{?(\w+)", filled)) - set(but)
    assert not left, f"left unfilled: {left} in {filled}"
    return filled


def ask_influx(server: InfluxServer, bucket: str, statement: str) -> list[Row]:
    """Run one statement as the data source does (InfluxQL, posted, the bucket as database), and return its rows.

    A row holds the tags of its series too; `series` names the measurement.
    """
    body = urllib.parse.urlencode({"db": bucket, "epoch": "ms", "q": statement}).encode()
    request = urllib.request.Request(f"{server.url}/query", body, headers={"Authorization": f"Token {server.token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        (result,) = json.loads(answer.read())["results"]
    assert "error" not in result, f"{result['error']}: {statement}"
    return [
        {**series.get("tags", {}), **_told(dict(zip(series["columns"], values, strict=True)))}
        for series in result.get("series", [])
        for values in series["values"]
    ]


def _told(row: Row) -> Row:
    return {k: from_epoch_ms(v) if k == "time" and v is not None else v for k, v in row.items()}


def ask_postgres(engine: sa.Engine, statement: str) -> list[Row]:
    """Run one statement as the role that Grafana has, in a session far from UTC, and return its rows."""
    with engine.connect() as connection:
        connection.exec_driver_sql("SET SESSION AUTHORIZATION grafana")
        connection.exec_driver_sql("SET TIME ZONE 'Australia/Lord_Howe'")
        found = connection.exec_driver_sql(statement).mappings()
        return [{name: _plain(value) for name, value in row.items()} for row in found]


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return round(value, 9) if isinstance(value, float) else value
