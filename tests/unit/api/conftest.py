"""One seeded fleet for all tests that only read it."""

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.auth.attempts import Attempts
from api.services import ConsoleServices
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import empty_services, seeded_services, with_store_away
from tests.unit.api.working_plant import working_plant


@pytest.fixture(scope="session")
def services() -> ConsoleServices:
    return seeded_services()


@pytest.fixture(scope="session")
def client(services: ConsoleServices) -> Client:
    return Client(create_app(services))


@pytest.fixture(scope="session")
def away(services: ConsoleServices) -> Client:
    """The same fleet with a telemetry store that does not answer."""
    return Client(create_app(with_store_away(services)))


@pytest.fixture
def empty() -> Client:
    return Client(create_app(empty_services()))


@pytest.fixture(scope="session")
def _shared_app() -> FastAPI:
    return create_app(empty_services())


@pytest.fixture
def app(_shared_app: FastAPI) -> FastAPI:
    """An application over a working plant of this test's own; the routes, which take long to make, are shared."""
    _shared_app.state.services = working_plant()
    _shared_app.state.attempts = Attempts()
    return _shared_app


@pytest.fixture
def plant(app: FastAPI) -> ConsoleServices:
    """What the application of this test stands on."""
    services: ConsoleServices = app.state.services
    return services


@pytest.fixture
def ada(app: FastAPI) -> Client:
    """The admin."""
    return Client(app, user="ada")


@pytest.fixture
def paula(app: FastAPI) -> Client:
    """The planner."""
    return Client(app, user="paula")


@pytest.fixture
def theo(app: FastAPI) -> Client:
    """The technician."""
    return Client(app, user="theo")


@pytest.fixture
def ines(app: FastAPI) -> Client:
    """Who keeps the parts."""
    return Client(app, user="ines")


@pytest.fixture
def stranger(app: FastAPI) -> Client:
    """Nobody we know."""
    return Client(app, user=None)
