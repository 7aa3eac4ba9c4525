"""Every query of every dashboard, run against a real InfluxDB and a real PostgreSQL, as Grafana would run it."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from dashboards import DASHBOARDS, PanelQuery, queries, rendered, sql
from foreworn.health.label import Label, Outcome
from foreworn.health.scorecard import scorecard
from foreworn.storage.operations.sql import open_operations
from tests.integration.dashboard_answers import ANSWERS, ISSUES
from tests.integration.dashboard_seed import END, SEAL, START, seed, seed_telemetry
from tests.integration.grafana_asks import (
    Chosen,
    Row,
    TimeRange,
    ask_influx,
    ask_postgres,
    influx_statement,
    sql_statement,
)
from tests.servers import InfluxServer, PostgresServer, programme

pytestmark = pytest.mark.server

QUERIES = {(name, q.place): q for name in DASHBOARDS for q in queries(json.loads(rendered(name)))}
BY_SCORECARD = {
    ("maintenance", "panel How many alarms were right, and how many failures were told"),
    ("maintenance", "panel What became of the daily forecasts"),
    ("maintenance", "panel How often a probability was right"),
}

_FLEET: Chosen = {"site": ["West", "O'Hara"], "model": ["px", "fx"]}
CHOSEN: dict[str, Chosen] = {
    "fleet-today": {
        **_FLEET,
        "silent": "1 hour",
        "device": ["gw-7", "gw-8", "gw-1"],
        "machine": ["Pump 7", "Pump 8", "Fan 1"],
    },
    "machine": {"machine": "Pump 7", "device": "gw-7", "version": "gb-1", "signal": "vibration"},
    "maintenance": {**_FLEET, "version": ["gb-1", "gb-2"]},
    "spare-parts": {"place": ["main"], "part": SEAL, "issue": ISSUES[1]},
}


@dataclass(frozen=True)
class Seeded:
    """The two servers, filled, and the labels of the chosen sites."""

    influxd: InfluxServer
    bucket: str
    engine: sa.Engine
    labels: list[Label]

    def ask(self, dashboard: str, query: PanelQuery, **other: str | Sequence[str]) -> list[Row]:
        """Run a query of a dashboard, with what is chosen there."""
        chosen = {**CHOSEN[dashboard], **other}
        if query.source == sql.DATASOURCE_UID:
            return ask_postgres(self.engine, sql_statement(query.statement, chosen, TimeRange(START, END)))
        return ask_influx(self.influxd, self.bucket, influx_statement(query.statement, chosen, TimeRange(START, END)))


def make_reader(url: str) -> None:
    """Make the role that Grafana reads with, as `deploy/compose.yaml` does."""
    psql = programme("psql", "TEST_PSQL", "/usr/lib/postgresql/*/bin")
    subprocess.run(
        [psql, "-q", "-v", "ON_ERROR_STOP=1", "-f", "deploy/grafana/reader.sql", url],
        env={**os.environ, "GRAFANA_READER_PASSWORD": "it's secret"},
        check=True,
    )


@pytest.fixture(scope="module")
def seeded(influxd: InfluxServer, postgres: PostgresServer) -> Iterator[Seeded]:
    """The servers as `deploy/` sets them up, and the fleet on them."""
    url = postgres.new_database().replace("+psycopg", "")
    make_reader(url)
    engine = open_operations(url)
    yield Seeded(influxd, seed_telemetry(influxd), engine, seed(engine))
    engine.dispose()


def rounded(rows: list[Row]) -> list[Row]:
    """Return rows whose numbers do not differ in what a float cannot hold."""
    return [{k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()} for row in rows]


def test_every_query_has_an_answer() -> None:
    answers = {(name, place) for name, found in ANSWERS.items() for place in found}
    assert answers | BY_SCORECARD == set(QUERIES)
    assert not answers & BY_SCORECARD


@pytest.mark.parametrize(
    ("name", "place"), sorted(set(QUERIES) - BY_SCORECARD), ids=lambda part: str(part).replace(" ", "-")
)
def test_a_query_finds_rows(seeded: Seeded, name: str, place: str) -> None:
    assert rounded(seeded.ask(name, QUERIES[name, place])) == rounded(ANSWERS[name][place])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_tables_name_columns_that_their_query_answers(seeded: Seeded, name: str) -> None:
    tables = [p for p in json.loads(rendered(name))["panels"] if p["type"] == "table"]
    assert tables
    for panel in tables:
        (row, *_) = seeded.ask(name, QUERIES[name, f"panel {panel['title']}"])
        answered = {"Time" if column == "time" and "query" in panel["targets"][0] else column for column in row}
        assert {o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]} <= answered


@pytest.mark.parametrize("version", ["gb-1", "gb-2"])
def test_the_record_of_a_model_is_the_scorecards(seeded: Seeded, version: str) -> None:
    card = scorecard([x for x in seeded.labels if x.model_version == version], [], model_version=version)
    median = card.lead_time(0.5)
    assert median is not None
    query = QUERIES["maintenance", "panel How many alarms were right, and how many failures were told"]
    (row,) = seeded.ask("maintenance", query, version=[version])
    assert row == {
        "model_version": version,
        "forecasts": card.forecasts,
        "alarms_confirmed": card.alarms_confirmed,
        "alarms_refuted": card.alarms_refuted,
        "precision": card.precision,
        "failures": card.failures,
        "caught": card.caught,
        "recall": card.recall,
        "median_lead": median.total_seconds(),
        "brier": pytest.approx(card.brier),
    }


@pytest.mark.parametrize("version", ["gb-1", "gb-2"])
def test_the_calibration_is_the_scorecards(seeded: Seeded, version: str) -> None:
    card = scorecard([x for x in seeded.labels if x.model_version == version], [], model_version=version)
    query = QUERIES["maintenance", "panel How often a probability was right"]
    found = seeded.ask("maintenance", query, version=[version])
    assert [(r["low"], r["high"], r["said"], r["happened"]) for r in found] == [
        (b.low, b.high, b.said, b.happened) for b in card.calibration
    ]
    for row, bin in zip(found, card.calibration, strict=True):
        assert row["mean"] == pytest.approx(bin.mean)
        assert row["share"] == pytest.approx(bin.happened / bin.said)
        assert (row["share_low"], row["share_high"]) == pytest.approx(bin.interval, abs=1e-8)


def test_every_outcome_of_a_forecast_is_counted(seeded: Seeded) -> None:
    counted = Counter((x.model_version, x.outcome) for x in seeded.labels)
    query = QUERIES["maintenance", "panel What became of the daily forecasts"]
    for row in seeded.ask("maintenance", query):
        assert [row[o] for o in Outcome] == [counted[row["model_version"], o] for o in Outcome]


@pytest.mark.parametrize(
    ("signal", "rows"),
    [
        pytest.param("vibration", 2, id="floats have means"),
        pytest.param("starts", 2, id="integers have means"),
        pytest.param("hours_run", 2, id="counters have means"),
        pytest.param("mode", 0, id="states have none, and are no error"),
    ],
)
def test_the_signal_panel_serves_every_type(seeded: Seeded, signal: str, rows: int) -> None:
    assert len(seeded.ask("machine", QUERIES["machine", "panel ${signal}"], signal=signal)) == rows


@pytest.mark.parametrize(("name", "place"), [key for key in QUERIES if key[0] != "machine"])
def test_a_platform_that_has_no_fleet_yet_gets_no_error(seeded: Seeded, name: str, place: str) -> None:
    empty: dict[str, list[str]] = {variable: [] for variable, value in CHOSEN[name].items() if isinstance(value, list)}
    assert isinstance(seeded.ask(name, QUERIES[name, place], **empty), list)


@pytest.mark.parametrize("table", ["users", "keys", "audit"])
def test_whoever_opens_a_dashboard_cannot_read_who_may_sign_in(seeded: Seeded, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask_postgres(seeded.engine, f"SELECT * FROM {table}")


def test_whoever_opens_a_dashboard_cannot_change_anything(seeded: Seeded) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        ask_postgres(seeded.engine, "DELETE FROM work_orders RETURNING id")


def test_the_reading_role_may_be_made_when_the_tables_are_there_and_made_again(postgres: PostgresServer) -> None:
    url = postgres.new_database().replace("+psycopg", "")
    engine = open_operations(url)
    make_reader(url)
    make_reader(url)
    assert ask_postgres(engine, "SELECT * FROM work_orders") == []
    engine.dispose()
