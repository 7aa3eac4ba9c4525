"""Fixtures every test may use: real servers, and topics named after the test."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.servers import InfluxServer, MosquittoServer, PostgresServer
from tests.telemetry_stores import ADAPTERS, AnyStore, NewStore, stores


@pytest.fixture
def unique_topic(request: pytest.FixtureRequest) -> str:
    """A topic level named after the test, so that tests that share a broker do not hear each other."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", request.node.name)


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """A running InfluxDB that all tests of the session share; each makes a bucket of its own."""
    server = InfluxServer(tmp_path_factory.mktemp("influxd"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_influxd(tmp_path: Path) -> Iterator[InfluxServer]:
    """A running InfluxDB that this test may kill."""
    folder = tmp_path / "influxd"
    folder.mkdir()
    server = InfluxServer(folder)
    server.start()
    yield server
    server.stop()


class StartMosquitto(Protocol):
    """Starts a broker with extra lines of configuration; it is stopped when the test ends."""

    def __call__(self, *extra: str, anonymous: bool = True) -> MosquittoServer: ...


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[StartMosquitto]:
    """Start as many brokers as the test needs; each may be killed and started again."""
    started: list[MosquittoServer] = []

    def start(*extra: str, anonymous: bool = True) -> MosquittoServer:
        folder = tmp_path / f"mosquitto-{len(started)}"
        folder.mkdir()
        server = MosquittoServer(folder, extra, anonymous=anonymous)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def mosquitto(start_mosquitto: StartMosquitto) -> MosquittoServer:
    """A broker of the test's own that lets everybody in."""
    return start_mosquitto()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL that all tests of the session share."""
    # pytest's own folders are closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="foreworn-postgres-"))
    try:
        server = PostgresServer(folder)
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The SQLAlchemy address of an empty database."""
    return postgres.new_database()


@pytest.fixture(params=ADAPTERS)
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewStore]:
    """Open an empty telemetry store; the test runs once per adapter."""
    yield from stores(request, tmp_path)


@pytest.fixture
def store(new_store: NewStore) -> AnyStore:
    """An empty telemetry store; the test runs once per adapter."""
    return new_store()
