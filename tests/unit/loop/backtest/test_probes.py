from dataclasses import replace
from functools import cache

import pytest

from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import Backtest, check_probes, run_backtest
from foreworn.loop.backtest.probes import Probe, probe
from models.evaluation.leakage import LeakageFound
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import HOUR

SETTINGS = SMALL.model_copy(update={"curve": (24 * HOUR,)})


def run(history: FleetHistory) -> Backtest:
    return run_backtest(history, train_until=UNTIL, test_from=UNTIL + 24 * HOUR, settings=SETTINGS)


@cache
def done() -> Backtest:
    return run(fleet())


def by_name(found: list[Probe]) -> dict[str, Probe]:
    return {one.name: one for one in found}


def test_an_honest_backtest_passes_and_each_probe_says_what_it_measured() -> None:
    found = by_name(probe(done(), fleet(), run))
    assert set(found) == {"shuffled labels", "rows after failure", "plan", "gap"}
    assert {name: one.said for name, one in found.items() if not one.passed} == {}
    assert "bearing" in found["shuffled labels"].said
    assert "by chance up to" in found["shuffled labels"].said
    check_probes([{"name": one.name, "passed": one.passed, "said": one.said} for one in found.values()])


def test_leaks_are_found_by_the_probe_for_them() -> None:
    unrepaired = replace(fleet(), maintenance=fleet().maintenance.slice(0, 0))
    reaching = replace(done(), index=replace(done().index, time=done().index.time - 30 * 24 * 3_600_000))
    found = by_name(probe(reaching, unrepaired, lambda _: done()))
    assert not found["rows after failure"].passed
    assert "nothing has renewed since" in found["rows after failure"].said
    assert not found["shuffled labels"].passed
    assert "is still foretold" in found["shuffled labels"].said
    assert not found["gap"].passed


def test_a_failed_probe_is_told_loudly() -> None:
    found = [
        {"name": "gap", "passed": True, "said": "fine"},
        {"name": "plan", "passed": False, "said": "the calendar tells"},
    ]
    with pytest.raises(LeakageFound, match=r"1 of 2 probes found a leak\. plan: the calendar tells"):
        check_probes(found)
