from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from foreworn.storage.operations.sql import open_operations
from simulators.plant import PlantFile, read_plant
from tests.unit.simulators.people.small_plant import SMALL, SmallPlant


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> PlantFile:
    path: Path = tmp_path_factory.mktemp("plant") / "plant.toml"
    path.write_text(SMALL, encoding="utf-8")
    return read_plant(path)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    engine = open_operations("sqlite:///plant.sqlite", folder=tmp_path_factory.mktemp("store"))
    yield engine
    engine.dispose()


@pytest.fixture
def plant(file: PlantFile, engine: sa.Engine) -> SmallPlant:
    return SmallPlant(file, engine)
