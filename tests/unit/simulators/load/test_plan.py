from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foreworn.errors import ConfigurationError
from simulators.load import LoadPlan

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("messages", [0, 1, 6, 7, 8, 1003])
def test_the_shares_of_the_connections_are_all_messages(messages: int) -> None:
    plan = LoadPlan(devices=7, connections=3, messages=messages)
    assert sum(plan.share(c) or 0 for c in range(3)) == messages
    assert sum(plan.slots(c) for c in range(3)) == 7


@pytest.mark.parametrize(
    ("members", "cadence"),
    [
        pytest.param({"rate": 5000.0, "devices": 200}, timedelta(milliseconds=40), id="as the rate would have it"),
        pytest.param({"rate": 10.0, "devices": 10, "batch": 4}, timedelta(milliseconds=250), id="shared by a batch"),
        pytest.param({"rate": 5000.0, "devices": 1, "connections": 1}, timedelta(milliseconds=1), id="never too fine"),
        pytest.param({"rate": None}, timedelta(milliseconds=1), id="no rate, no pause"),
    ],
)
def test_device_time_goes_as_fast_as_the_load(members: dict[str, Any], cadence: timedelta) -> None:
    plan = LoadPlan(start=NEW_YEAR, **members)
    assert plan.cadence == cadence
    assert plan.time_of(3) == NEW_YEAR + 2 * cadence


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"devices": 2, "connections": 3}, id="a connection without a device"),
        pytest.param({"rate": 0.0}, id="no rate at all"),
        pytest.param({"site": "a/b"}, id="a site that no topic can name"),
        pytest.param({"start": datetime(2026, 1, 1)}, id="a time without a zone"),  # noqa: DTZ001
        pytest.param({"cadence": timedelta(microseconds=10)}, id="two readings in a millisecond"),
    ],
)
def test_a_load_that_cannot_be_made_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="this load cannot be made"):
        LoadPlan(**members)
