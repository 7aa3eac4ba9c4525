import json
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.errors import ConfigurationError
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import UnitBacktest, run_unit_backtest
from tests.unit.loop.backtest.judged import QUICK
from tests.unit.models.failure.trained import UNTIL, fleet
from tests.unit.models.small_fleet import HOUR, at

DAY = timedelta(days=1)


def retired(history: FleetHistory, machine: str, hour: float) -> FleetHistory:
    """Return the history of a fleet of which one machine spoke until an hour and no longer."""
    spoke = pc.or_(
        pc.not_equal(history.telemetry["machine"], machine),
        pc.less(history.telemetry["time"], pa.scalar(at(hour), history.telemetry.schema.field("time").type)),
    )
    return replace(history, telemetry=history.telemetry.filter(spoke))


@cache
def done() -> UnitBacktest:
    return run_unit_backtest(retired(fleet(), "m03", 30 * 24), folds=2, settings=QUICK)


def test_every_machine_is_judged_once_by_a_model_of_the_others() -> None:
    judged = [set(fold.index.machine.tolist()) for fold in done().folds]
    assert sorted(m for fold in judged for m in fold) == [m.id for m in fleet().machines]
    assert all(not own & set(taught) for own, taught in zip(judged, done().taught, strict=True))
    assert len({fold.model.version for fold in done().folds}) == 2


def test_calibration_rests_on_machines_that_the_trees_have_not_seen() -> None:
    assert {fold.model.provenance.settings.inner_folds_by for fold in done().folds} == {"machine"}
    assert "thresholds and calibration from inner folds of the machines learned from" in done().protocol()


def test_the_failures_of_judged_machines_do_not_reach_their_forecasts() -> None:
    known = retired(fleet(), "m03", 30 * 24)
    own = pc.is_in(known.failures["machine"], value_set=pa.array(sorted(set(done().taught[1])), pa.string()))
    other = pc.if_else(pc.equal(known.failures["component"], "seal"), "bearing", "seal")
    component = pc.if_else(own, other, known.failures["component"])
    swapped = replace(known, failures=known.failures.set_column(2, "component", component))
    again = run_unit_backtest(swapped, folds=2, settings=QUICK)
    assert set(done().taught[1]) == set(done().folds[0].index.machine.tolist())
    assert again.folds[0].model.version == done().folds[0].model.version
    assert again.folds[0].digest() == done().folds[0].digest()
    assert again.folds[0].judgement.caught_12h < done().folds[0].judgement.caught_12h
    assert again.folds[1].model.version != done().folds[1].model.version


def test_a_machine_is_judged_up_to_where_its_record_decides_its_rows() -> None:
    fold = next(fold for fold in done().folds if "m03" in fold.index.machine.tolist())
    own = fold.index.time[fold.index.machine == "m03"]
    failures = [
        t.timestamp() * 1000
        for t in fleet().failures.filter(pc.equal(fleet().failures["machine"], "m03"))["time"].to_pylist()
    ]
    end = (at(30 * 24) - HOUR).timestamp() * 1000
    assert max(own) <= end
    undecided = [
        t for t in own.tolist() if t + 24 * 3_600_000 > end and not any(t < f <= t + 24 * 3_600_000 for f in failures)
    ]
    assert not undecided


def test_time_counts_by_each_machines_own_record() -> None:
    told = done().report()
    rows = sum(len(fold.index) for fold in done().folds)
    assert told["figures"]["machine_months"] == pytest.approx(rows * 3 / 24 / 30, rel=0.02)
    assert sum(m["machine_months"] for m in told["months"]) < told["figures"]["machine_months"]


def test_the_report_says_how_it_was_split() -> None:
    told = json.loads(json.dumps(done().report(), allow_nan=False))
    assert told["split"] == "unit"
    assert "machines dealt into 2 folds with seed 1" in told["protocol"]
    assert "their whole record, times later than those judged included" in told["protocol"]
    assert told["data"]["machines"] == 12
    assert told["figures"]["caught_12h"] + told["figures"]["missed"] == told["figures"]["failures"] > 40
    assert told["predictions_sha256"] == done().digest()
    assert told["model"].count("gb-") == 2
    limits = "\n".join(told["limits"])
    assert "It is the nearer one here: 12 machines failed, were repaired, and failed again." in limits
    assert "what a time has in common for all machines, such as weather" in limits
    assert any("--train-until splits time as well" in remedy for remedy in told["remedies"])


def test_time_may_be_split_as_well() -> None:
    found = run_unit_backtest(fleet(), folds=2, train_until=UNTIL, test_from=UNTIL + DAY, settings=QUICK)
    assert all(fold.model.provenance.trained_until <= UNTIL for fold in found.folds)
    assert min(int(fold.index.time.min()) for fold in found.folds) == int((UNTIL + DAY).timestamp() * 1000)
    assert "what was stamped before 2026-02-10 00:00 UTC" in found.protocol()


@pytest.mark.parametrize("folds", [1, 13])
def test_folds_that_cannot_be_dealt_are_refused(folds: int) -> None:
    with pytest.raises(ConfigurationError, match="choose 2 to 12 folds"):
        run_unit_backtest(fleet(), folds=folds)
