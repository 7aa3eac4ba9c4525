"""Pushing dashboards into something that answers as Grafana's API is documented."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dashboards import DASHBOARDS, rendered
from dashboards.push import Did, push
from dashboards.sources import InfluxSource, PostgresSource
from foreworn.errors import ConfigurationError, GrafanaRefused, GrafanaUnavailable
from tests.servers import free_port
from tests.unit.dashboards.grafana_server import FakeGrafana, serving

INFLUX = InfluxSource("http://influx:8086", "plant", "influx-secret")
POSTGRES = PostgresSource.at("postgresql://grafana:pg%40secret@db/plant")
SOURCES = (INFLUX, POSTGRES)
ADMIN = "admins-token"


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    with serving(FakeGrafana()) as server:
        yield server


def test_a_new_grafana_gets_the_folder_the_sources_and_every_dashboard(grafana: FakeGrafana) -> None:
    done = push(grafana.url, ADMIN, sources=SOURCES)
    assert [(p.kind, p.did) for p in done] == [
        ("folder", Did.CREATED),
        ("data source", Did.CREATED),
        ("data source", Did.CREATED),
        *[("dashboard", Did.CREATED)] * len(DASHBOARDS),
    ]
    assert grafana.folders["foreworn"]["title"] == "Foreworn"
    for name in DASHBOARDS:
        wanted = json.loads(rendered(name))
        kept = grafana.dashboards[wanted["uid"]]
        assert {k: v for k, v in kept["dashboard"].items() if k not in ("id", "version")} == wanted
        assert kept["meta"]["folderUid"] == "foreworn"


def test_the_sources_are_what_the_dashboards_ask(grafana: FakeGrafana) -> None:
    push(grafana.url, ADMIN, sources=SOURCES)
    asked = {
        target["datasource"]["uid"]: target["datasource"]["type"]
        for name in DASHBOARDS
        for panel in json.loads(rendered(name))["panels"]
        for target in panel.get("targets", [])
    }
    assert {uid: source["type"] for uid, source in grafana.sources.items()} == asked
    assert grafana.sources[POSTGRES.uid]["jsonData"]["database"] == "plant"
    assert grafana.sources[POSTGRES.uid]["url"] == "db:5432"
    assert grafana.sources[INFLUX.uid]["jsonData"]["dbName"] == "plant"


def test_pushing_twice_changes_nothing(grafana: FakeGrafana) -> None:
    first = push(grafana.url, ADMIN, sources=SOURCES)
    changes = len(grafana.changes)
    again = push(grafana.url, ADMIN, sources=SOURCES)
    assert len(grafana.changes) == changes
    assert {p.did for p in again} == {Did.KEPT}
    assert [(p.title, p.url) for p in again] == [(p.title, p.url) for p in first]


def test_what_somebody_changed_is_overwritten_and_what_they_moved_comes_back(grafana: FakeGrafana) -> None:
    push(grafana.url, ADMIN, sources=SOURCES)
    grafana.dashboards["foreworn-machine"]["dashboard"]["title"] = "Mine"
    grafana.dashboards["foreworn-maintenance"]["meta"]["folderUid"] = "elsewhere"
    done = {p.uid: p.did for p in push(grafana.url, ADMIN)}
    assert done["foreworn-machine"] is done["foreworn-maintenance"] is Did.UPDATED
    assert done["foreworn-fleet-today"] is Did.KEPT
    assert grafana.dashboards["foreworn-machine"]["dashboard"]["title"] == "Machine"
    assert grafana.dashboards["foreworn-maintenance"]["meta"]["folderUid"] == "foreworn"


def test_a_source_that_is_there_is_left_as_its_owner_made_it(grafana: FakeGrafana) -> None:
    grafana.sources[INFLUX.uid] = own = {"uid": INFLUX.uid, "name": "Plant telemetry", "type": "influxdb"}
    done = push(grafana.url, ADMIN, sources=SOURCES)
    assert [(p.title, p.did) for p in done if p.kind == "data source"] == [
        ("Plant telemetry", Did.KEPT),
        ("Foreworn operations", Did.CREATED),
    ]
    assert grafana.sources[INFLUX.uid] is own


def test_without_a_source_to_ask_nothing_is_pushed(grafana: FakeGrafana) -> None:
    with pytest.raises(ConfigurationError, match=r"foreworn-postgres.* where its PostgreSQL is"):
        push(grafana.url, ADMIN, sources=[INFLUX])
    assert grafana.changes == []


def test_the_folder_is_called_as_asked(grafana: FakeGrafana) -> None:
    done = push(grafana.url, ADMIN, folder="Plant west", sources=SOURCES)
    assert done[0].title == "Plant west"


def test_a_user_with_a_colon_in_the_password_may_push(grafana: FakeGrafana) -> None:
    assert push(grafana.url, ("admin", "pass:word"), sources=SOURCES)


@pytest.mark.parametrize("slash", [pytest.param("", id="as given"), pytest.param("/", id="with a slash at its end")])
def test_a_grafana_below_a_path_is_found_and_linked_to(slash: str) -> None:
    with serving(FakeGrafana(prefix="/grafana")) as grafana:
        done = push(grafana.url + slash, ADMIN, sources=SOURCES)
        assert {p.uid: p.url for p in done}["foreworn-machine"] == f"{grafana.url}/d/foreworn-machine/machine"


@pytest.mark.parametrize(
    ("credential", "status", "remedy"),
    [
        pytest.param("wrong", 401, "check the token", id="a token nobody has given out"),
        pytest.param(("admin", "wrong"), 401, "Invalid username or password", id="a wrong password"),
        pytest.param("editors-token", 403, "data sources an admin", id="an editor cannot make data sources"),
    ],
)
def test_who_may_not_is_told_what_is_missing(
    grafana: FakeGrafana, credential: str | tuple[str, str], status: int, remedy: str
) -> None:
    with pytest.raises(GrafanaRefused, match=remedy) as caught:
        push(grafana.url, credential, sources=SOURCES)
    assert caught.value.status == status


def test_an_editor_may_push_where_the_sources_are_there(grafana: FakeGrafana) -> None:
    push(grafana.url, ADMIN, sources=SOURCES)
    grafana.dashboards.clear()
    assert [p.did for p in push(grafana.url, "editors-token")].count(Did.CREATED) == len(DASHBOARDS)


def test_provisioned_dashboards_are_refused_in_grafanas_words(grafana: FakeGrafana) -> None:
    grafana.provisioned.add("foreworn-machine")
    with pytest.raises(GrafanaRefused, match="'Machine': Cannot save provisioned dashboard"):
        push(grafana.url, ADMIN, sources=SOURCES)


def test_no_secret_is_in_a_message_or_a_representation(grafana: FakeGrafana) -> None:
    with pytest.raises(GrafanaRefused) as caught:
        push(grafana.url, "my-token", sources=SOURCES)
    told = f"{caught.value} {INFLUX!r} {POSTGRES!r}"
    assert not [secret for secret in ("my-token", "influx-secret", "pg@secret") if secret in told]


def test_a_grafana_that_fails_is_unavailable(grafana: FakeGrafana) -> None:
    grafana.broken = True
    with pytest.raises(GrafanaUnavailable, match="database is locked"):
        push(grafana.url, ADMIN, sources=SOURCES)


def test_an_address_where_nobody_listens_is_unavailable() -> None:
    with pytest.raises(GrafanaUnavailable, match="start it, or give the address"):
        push(f"http://127.0.0.1:{free_port()}", ADMIN, sources=SOURCES)


class _Elsewhere(BaseHTTPRequestHandler):
    """A web page, as a console or a proxy shows one."""

    def do_GET(self) -> None:
        if self.server.server_name == "silent":  # type: ignore[attr-defined]
            threading.Event().wait(0.5)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>welcome</html>")

    def log_message(self, format: str, *args: object) -> None:
        """Keep the terminal for the tests."""


@pytest.fixture
def elsewhere() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Elsewhere)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_web_server_is_no_grafana(elsewhere: HTTPServer) -> None:
    with pytest.raises(GrafanaUnavailable, match="something else answers there"):
        push(f"http://127.0.0.1:{elsewhere.server_port}", ADMIN, sources=SOURCES)


def test_a_grafana_that_is_silent_is_not_waited_for(elsewhere: HTTPServer) -> None:
    elsewhere.server_name = "silent"
    with pytest.raises(GrafanaUnavailable, match="in time"):
        push(f"http://127.0.0.1:{elsewhere.server_port}", ADMIN, timeout=timedelta(milliseconds=100))


@pytest.mark.parametrize("url", ["127.0.0.1:3000", "ftp://grafana", "http://", "http://admin:admin@grafana"])
def test_what_is_no_address_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="give one like http://"):
        push(url, ADMIN)


@pytest.mark.parametrize("url", ["sqlite:///operations.db", "postgresql://db/plant", "postgresql://me@db"])
def test_grafana_reads_postgresql_only(url: str) -> None:
    with pytest.raises(ConfigurationError, match="from PostgreSQL only"):
        PostgresSource.at(url)


def test_what_is_pushed_agrees_with_what_is_provisioned() -> None:
    provisioned = Path("deploy/grafana/provisioning/datasources/foreworn.yaml").read_text(encoding="utf-8")
    for source in SOURCES:
        told = source.payload()
        words = [f"name: {told['name']}", f"uid: {told['uid']}", f"type: {told['type']}"]
        options = told["jsonData"]
        assert isinstance(options, dict)
        assert not [word for word in (*words, *(f"{key}: " for key in options)) if word not in provisioned]
