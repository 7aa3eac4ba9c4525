from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.plant import Plant, PlantFile, read_plant, shipped_plants

START = datetime(2025, 1, 1, tzinfo=UTC)

SMALL = """
name = "Two fans"
seed = 3

[loads.day]
by_hour = [0, 0, 0, 0, 0, 0, 0.6, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.7, 0.6, 0, 0, 0, 0]

[classes.fan]

[classes.fan.components.filter]
part = "filter-g4"
cost = { preventive = 120, failure = 700, inspection = 50, downtime_per_hour = 40 }
wear = { law = "filter_clogging", life_days = 12 }

[classes.fan.components.bearing]
cost = { preventive = 300, failure = 2000 }
wear = { law = "bearing_wear", life_days = 10, abrupt_share = 0.0 }

[classes.fan.signals.differential_pressure]
unit = "mbar"
low = 0
running = 1
per_load = 5
noise = 0.5
symptoms.filter = { rise = 30, onset = 0.1, with_load = true }

[classes.fan.signals.vibration_rms]
unit = "mm/s"
running = 2
noise = 0.1
cadence_hours = 4
symptoms.bearing = { rise = 8, spread = 0.0 }

[classes.fan.faults.F1]
component = "filter"
per_day = 6

[[parts]]
id = "filter-g4"
price = 45
lead_time_days = 3

[[crews]]
id = "one"
sites = ["hall"]

[[sites]]
id = "hall"
machines = [{ class = "fan", count = 2, load = "day" }]
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def _write(text: str) -> Path:
        path = tmp_path / "plant.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


@pytest.fixture
def small(write: Callable[[str], Path]) -> PlantFile:
    return read_plant(write(SMALL))


@pytest.fixture
def fans(small: PlantFile) -> Plant:
    return Plant(small, START)


@pytest.fixture(scope="session")
def pumping_stations() -> PlantFile:
    return read_plant(shipped_plants()["pumping_stations"])
