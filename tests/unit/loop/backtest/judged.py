"""Backtests of the wearing fleet, made once for all tests of a process."""

from functools import cache

from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import Backtest, run_backtest
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import HOUR, at

QUICK = SMALL.model_copy(update={"curve": (24 * HOUR,)})
"""One horizon and no curve: what is tested here is the judging."""
TEST_FROM, TEST_TO = UNTIL + 24 * HOUR, at(55 * 24)


def run(history: FleetHistory) -> Backtest:
    return run_backtest(history, train_until=UNTIL, test_from=TEST_FROM, settings=QUICK)


@cache
def to_the_end() -> Backtest:
    """Judged up to the record's end."""
    return run(fleet())


@cache
def done() -> Backtest:
    """Judged up to five days before it."""
    return run_backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=QUICK)
