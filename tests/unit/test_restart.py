from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.bootstrap import Stores, open_stores
from foreworn.bootstrap.platform import _resumed
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.forecast import Forecast
from foreworn.settings import Settings, StoreSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, store=StoreSettings(telemetry="memory://"))


@pytest.fixture
def stores(settings: Settings) -> Stores:
    opened = open_stores(settings)
    opened.registry.add([Machine("pump", "px", "west", NOW - 900 * HOUR, ("seal",))], [Attachment("d", "pump", NOW)])
    return opened


def verdict(time: datetime) -> Forecast:
    return Forecast("pump", "seal", time, 24 * HOUR, 0.1, "v", issued_at=time)


def resumed(settings: Settings, stores: Stores) -> datetime:
    return _resumed(settings, stores, NOW)


def test_a_new_platform_scores_from_now_on(settings: Settings, stores: Stores) -> None:
    assert resumed(settings, stores) == NOW


def test_the_hours_of_an_absence_are_still_due_after_a_restart(settings: Settings, stores: Stores) -> None:
    stores.verdicts.post([verdict(NOW - 5 * HOUR)])
    assert resumed(settings, stores) == NOW - 5 * HOUR


def test_an_absence_longer_than_the_limit_is_not_made_up_for(settings: Settings, stores: Stores) -> None:
    stores.verdicts.post([verdict(NOW - 800 * HOUR)])
    assert resumed(settings, stores) == NOW - settings.scoring.catch_up
