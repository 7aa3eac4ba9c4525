"""Fixtures of the contract tests."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from foreworn.storage.operations.sql import SqlOperations, open_operations
from tests import operations_store
from tests.servers import PostgresServer


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def _opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        engine = open_operations("sqlite:///operations.sqlite", folder=tmp_path_factory.mktemp("operations"))
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        engine = open_operations(server.new_database())
    yield engine
    engine.dispose()


@pytest.fixture
def engine(_opened: sa.Engine) -> sa.Engine:
    """The engine of an operations store with a few machines, a technician and a part; once per database."""
    operations_store.empty(_opened)
    operations_store.furnish(SqlOperations(_opened))
    return _opened


@pytest.fixture
def books(engine: sa.Engine) -> SqlOperations:
    """An operations store with a few machines, a technician and a part; the test runs once per database."""
    return SqlOperations(engine)
