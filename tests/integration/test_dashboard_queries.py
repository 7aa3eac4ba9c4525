"""Every query of every dashboard, run against a real InfluxDB."""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboards import DASHBOARDS, PanelQuery, queries, rendered
from foreworn.health.forecast import Forecast
from foreworn.storage.telemetry.influx import InfluxTelemetryStore
from foreworn.telemetry.sample import Event, Sample, TelemetryBatch, to_epoch_ms
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from tests.servers import InfluxServer

pytestmark = pytest.mark.server

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIGNALS = {
    "vibration": Signal("vibration", "mm/s"),
    "starts": Signal("starts", type=SignalType.INTEGER),
    "hours_run": Signal("hours_run", "h", type=SignalType.COUNTER),
    "mode": Signal("mode", type=SignalType.STATE, states=("idle", "running")),
}
CHOSEN = {"machine": "Pump 7", "device": "gw-7", "version": "gb-1", "signal": "vibration"}
QUERIES = [query for name in DASHBOARDS for query in queries(json.loads(rendered(name)))]


@pytest.fixture(scope="module")
def filled(influxd: InfluxServer) -> tuple[InfluxServer, str]:
    """A bucket with a few samples, events and forecasts of one machine."""
    bucket = influxd.new_bucket()
    store = InfluxTelemetryStore(
        url=influxd.url,
        org=influxd.org,
        bucket=bucket,
        token=influxd.token,
        catalogue=SignalCatalogue({"*": SIGNALS.values()}),
    )
    values: dict[str, float | int | str] = {"vibration": 3.2, "starts": 4, "hours_run": 812, "mode": "running"}
    samples = tuple(Sample("gw-7", START + HOUR * n, values) for n in range(6))
    store.write(TelemetryBatch(samples=samples, events=(Event("gw-7", START + HOUR, "E17", "warning", "hot"),)))
    store.write_forecasts(
        [
            Forecast("Pump 7", "bearing", s.time, 24 * HOUR, 0.62, "gb-1", s.time, revision=n % 2)
            for n, s in enumerate(samples)
        ]
    )
    store.close()
    return influxd, bucket


def grafana_would_ask(statement: str, chosen: Mapping[str, str]) -> str:
    """Fill in macros and variables as Grafana does."""
    time_filter = f"time >= {to_epoch_ms(START)}ms and time <= {to_epoch_ms(START + 24 * HOUR)}ms"
    filled = statement.replace("$timeFilter", time_filter).replace("$__interval", "1h")
    for name, value in chosen.items():
        filled = filled.replace(f"${{{name}:raw}}", value)
    assert "$" not in filled, f"left unfilled: {filled}"
    return filled


def ask(server: InfluxServer, bucket: str, statement: str) -> dict[str, Any]:
    """Run one statement as the data source does: InfluxQL, the bucket as database, the token in a header."""
    query = urllib.parse.urlencode({"db": bucket, "epoch": "ms", "q": statement})
    request = urllib.request.Request(f"{server.url}/query?{query}", headers={"Authorization": f"Token {server.token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        (result,) = json.loads(answer.read())["results"]
    return dict(result)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query.place))
def test_a_query_finds_rows(filled: tuple[InfluxServer, str], query: PanelQuery) -> None:
    result = ask(*filled, grafana_would_ask(query.statement, CHOSEN))
    assert "error" not in result
    assert sum(len(series["values"]) for series in result["series"]) > 0


@pytest.mark.parametrize(
    ("signal", "rows"),
    [
        pytest.param("vibration", 6, id="floats have means"),
        pytest.param("starts", 6, id="integers have means"),
        pytest.param("hours_run", 6, id="counters have means"),
        pytest.param("mode", 0, id="states have none, and are no error"),
    ],
)
def test_the_signal_panel_serves_every_type(filled: tuple[InfluxServer, str], signal: str, rows: int) -> None:
    (statement,) = (q.statement for q in QUERIES if "${signal" in q.statement)
    result = ask(*filled, grafana_would_ask(statement, {**CHOSEN, "signal": signal}))
    assert "error" not in result
    assert sum(len(series["values"]) for series in result.get("series", [])) == rows


def test_the_signals_to_choose_from_are_the_catalogues(filled: tuple[InfluxServer, str]) -> None:
    (statement,) = (q.statement for q in QUERIES if q.place == "variable signal")
    (series,) = ask(*filled, statement)["series"]
    assert {row[0] for row in series["values"]} == set(SIGNALS)


def test_revisions_are_lines_of_their_own(filled: tuple[InfluxServer, str]) -> None:
    (statement,) = (q.statement for q in QUERIES if "probability" in q.statement)
    result = ask(*filled, grafana_would_ask(statement, CHOSEN))
    assert [(s["tags"]["component"], s["tags"]["revision"]) for s in result["series"]] == [
        ("bearing", "0"),
        ("bearing", "1"),
    ]
    assert {s["tags"]["horizon"] for s in result["series"]} == {"24.0h"}
