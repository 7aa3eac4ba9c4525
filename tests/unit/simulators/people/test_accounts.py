from datetime import UTC, datetime, timedelta

import pytest

from foreworn.economics.cost_table import ComponentCost, CostTable
from simulators.people.accounts import Accounts, Visit

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COST = ComponentCost(
    preventive=300,
    failure=2_000,
    inspection=50,
    downtime_per_hour=40,
    planned_downtime=2 * HOUR,
    unplanned_downtime=12 * HOUR,
    labour=3 * HOUR,
)


@pytest.fixture
def accounts() -> Accounts:
    return Accounts(CostTable({("fan", "bearing"): COST}), {"fan-1": "fan"})


def visit(replaced: bool, left: timedelta | None) -> Visit:
    return Visit("WO-1", "fan-1", "bearing", NOW, replaced, left)


def test_each_kind_of_event_costs_what_the_table_says(accounts: Accounts) -> None:
    accounts.failed("fan-1", "bearing")
    assert accounts.cost == 2_000 + 12 * 40
    accounts.waited("fan-1", "bearing", 1.5 * HOUR)
    assert accounts.cost == 2_480 + 60
    accounts.visited(visit(True, DAY))
    assert accounts.cost == 2_540 + 300 + 2 * 40
    accounts.visited(visit(False, None))
    assert accounts.cost == 2_920 + 50
    accounts.missed_part()
    assert accounts.cost == 2_970
    assert accounts.counts == {"failures": 1, "replacements": 1, "inspections": 1, "stockouts": 1}


def test_a_failure_is_prevented_where_what_was_replaced_would_have_failed_soon(accounts: Accounts) -> None:
    told = [(True, 3 * DAY), (True, 14 * DAY), (True, 15 * DAY), (True, None), (False, DAY), (False, None)]
    for replaced, left in told:
        accounts.visited(visit(replaced, left))
    assert accounts.prevented(14 * DAY) == 2
    assert accounts.replaced_early(14 * DAY) == 2
    assert accounts.false_orders() == 2
