"""One seeded fleet for all tests that only read it."""

import pytest

from api.app import create_app
from api.services import ConsoleServices
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import empty_services, seeded_services, with_store_away


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
