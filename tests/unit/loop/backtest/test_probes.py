from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import Backtest, UnitBacktest, check_probes, run_unit_backtest
from foreworn.loop.backtest.probes import Probe, Repeat, probe
from models.evaluation.leakage import LeakageFound
from models.evaluation.scored_rows import ScoredRows
from models.failure import train
from tests.unit.loop.backtest.judged import QUICK, run
from tests.unit.loop.backtest.judged import to_the_end as done
from tests.unit.models.failure.trained import UNTIL, fleet
from tests.unit.models.small_fleet import HOUR


@cache
def by_unit() -> UnitBacktest:
    return run_unit_backtest(fleet(), folds=2, settings=QUICK)


def deals(results: Sequence[Backtest | Exception]) -> Repeat:
    """Return what makes these backtests one after the other, or fails to."""
    coming = iter(results)

    def repeat(_: FleetHistory) -> Backtest:
        made = next(coming)
        if isinstance(made, Exception):
            raise made
        return made

    return repeat


def scoring(rows: ScoredRows) -> Backtest:
    return replace(done(), judgement=replace(done().judgement, scored=rows))


def by_chance() -> Backtest:
    rows = done().judgement.scored
    return scoring(replace(rows, probability=np.random.default_rng(4).random(len(rows))))


def none_failed() -> Backtest:
    rows = done().judgement.scored
    return scoring(replace(rows, failed=np.zeros(len(rows), dtype=bool)))


def too_few() -> TooLittleHistory:
    return TooLittleHistory("2 failures in 10 days; 10 are needed")


def by_name(found: list[Probe]) -> dict[str, Probe]:
    return {one.name: one for one in found}


def test_an_honest_backtest_passes_and_each_probe_says_what_it_measured() -> None:
    found = by_name(probe(done(), fleet(), run))
    assert set(found) == {"shuffled labels", "lone sign", "rows after failure", "plan", "gap"}
    assert {name: one.said for name, one in found.items() if not one.passed} == {}
    assert "bearing" in found["shuffled labels"].said
    assert "where chance alone reaches" in found["shuffled labels"].said
    check_probes([{"name": one.name, "passed": one.passed, "said": one.said} for one in found.values()])


def test_leaks_are_found_by_the_probe_for_them() -> None:
    unrepaired = replace(fleet(), maintenance=fleet().maintenance.slice(0, 0))
    reaching = replace(done(), index=replace(done().index, time=done().index.time - 30 * 24 * 3_600_000))
    found = by_name(probe(reaching, unrepaired, lambda _: done()))
    assert found["rows after failure"].passed is False
    assert "with no repair of it on record" in found["rows after failure"].said
    assert found["shuffled labels"].passed is False
    assert "are still foretold" in found["shuffled labels"].said
    assert "Add the repairs to the maintenance record" in found["rows after failure"].remedy
    assert found["gap"].passed is False
    assert "there is no gap of one horizon" in found["gap"].said


def test_a_split_by_unit_is_asked_whether_units_are_apart() -> None:
    found = by_name(probe(by_unit(), fleet(), lambda _: by_chance()))
    assert set(found) == {"shuffled labels", "lone sign", "rows after failure", "plan", "units apart"}
    assert {name: one.said for name, one in found.items() if not one.passed} == {}


def test_a_model_that_was_taught_by_more_than_the_split_allows_is_found() -> None:
    later = train(fleet(), until=UNTIL + 15 * 24 * HOUR, horizon=24 * HOUR, settings=QUICK)
    found = by_name(probe(replace(done(), model=later), fleet(), lambda _: by_chance()))
    assert found["gap"].passed is False
    assert "taught by other rows" in found["gap"].said


def test_a_model_that_was_taught_by_the_machines_it_is_judged_on_is_found() -> None:
    first, second = by_unit().folds
    settings = first.model.provenance.settings
    all_machines = train(fleet(), until=first.train_until, horizon=24 * HOUR, settings=settings)
    leaking = replace(by_unit(), folds=(first, replace(second, model=all_machines)))
    found = by_name(probe(leaking, fleet(), lambda _: by_chance()))
    assert found["units apart"].passed is False
    assert "taught by other rows" in found["units apart"].said


@pytest.mark.parametrize(
    ("results", "passed"),
    [
        pytest.param(["leak", "leak"], False, id="found twice"),
        pytest.param(["leak", "chance"], True, id="found, and cleared by the second deal"),
        pytest.param(["chance"], True, id="cleared at once"),
        pytest.param(["leak", "too few", "too few", "too few"], False, id="found, and no other deal could be run"),
        pytest.param(["leak", "none failed"], False, id="found, and nothing failed in the second deal"),
        pytest.param(["too few", "leak", "chance"], True, id="found and cleared after a deal that could not be run"),
        pytest.param(["too few"] * 4, None, id="no deal could be run"),
        pytest.param(["none failed"] * 2, None, id="nothing to judge by in any deal"),
    ],
)
def test_a_leak_found_is_kept_and_a_probe_not_run_has_not_passed(results: list[str], passed: bool | None) -> None:
    made: dict[str, Callable[[], Backtest | Exception]] = {
        "leak": done, "chance": by_chance, "none failed": none_failed, "too few": too_few,
    }  # fmt: skip
    found = by_name(probe(done(), fleet(), deals([made[name]() for name in results])))
    assert found["shuffled labels"].passed is passed


def test_a_failed_probe_is_told_loudly() -> None:
    found: list[dict[str, Any]] = [
        {"name": "gap", "passed": True, "said": "fine"},
        {"name": "shuffled labels", "passed": None, "said": "too few"},
        {"name": "plan", "passed": False, "said": "the calendar tells"},
    ]
    with pytest.raises(LeakageFound, match=r"1 of 3 probes found a leak\. plan: the calendar tells"):
        check_probes(found)
    check_probes(found[:2])
