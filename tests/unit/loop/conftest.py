"""One operations store for the tests of the use cases, furnished anew for each."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from foreworn.storage.operations.sql import open_operations
from tests.unit.loop.repair_shop import RepairShop


@pytest.fixture(scope="session")
def shop_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """An operations store that is opened once: bringing up its tables takes longer than any test."""
    engine = open_operations("sqlite:///shop.sqlite", folder=tmp_path_factory.mktemp("shop"))
    yield engine
    engine.dispose()


@pytest.fixture
def shop(shop_engine: sa.Engine) -> RepairShop:
    """A repair shop as it stands on a Monday at eight."""
    return RepairShop(shop_engine)
