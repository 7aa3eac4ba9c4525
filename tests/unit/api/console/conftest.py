"""One working day for all tests that only read it."""

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.services import ConsoleServices
from tests.unit.api.browsing import Client
from tests.unit.api.working_day import working_services


@pytest.fixture(scope="session")
def day() -> ConsoleServices:
    return working_services()


@pytest.fixture(scope="session")
def day_app(day: ConsoleServices) -> FastAPI:
    return create_app(day)


@pytest.fixture(scope="session")
def planner(day_app: FastAPI) -> Client:
    return Client(day_app, user="paula")


@pytest.fixture(scope="session")
def technician(day_app: FastAPI) -> Client:
    return Client(day_app, user="theo")


@pytest.fixture(scope="session")
def storekeeper(day_app: FastAPI) -> Client:
    return Client(day_app, user="ines")


@pytest.fixture(scope="session")
def viewer(day_app: FastAPI) -> Client:
    return Client(day_app, user="vera")
