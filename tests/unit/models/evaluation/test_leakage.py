"""Each probe with a leak planted for it to find, and without."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

import numpy as np
import pytest

from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND
from models.evaluation.leakage import (
    LeakageFound,
    against_chance,
    check_gap,
    check_plan,
    check_rows_after_failure,
    check_shuffled_labels,
    check_units_apart,
    shuffled_failures,
)
from models.evaluation.outcomes import FAILED, SURVIVED, Downtime, Occurrences
from models.evaluation.scored_rows import ScoredRows
from models.failure import train
from models.failure.booster import Booster
from models.failure.plan_scores import plan_scores
from models.failure.training_rows import scorable_rows, training_rows
from models.features import FeatureSet, RowIndex, features_of
from models.features.fleet_record import FleetRecord
from models.features.window import Values
from tests.unit.models.failure.trained import SMALL, UNTIL
from tests.unit.models.small_fleet import HOUR, at, history, machine, wearing_fleet

DAY = timedelta(hours=24)
QUICK = SMALL.model_copy(update={"curve": (DAY,)})


@dataclass(frozen=True)
class HoursToFailure:
    """A feature that looks up the failures: what no feature may do."""

    known: FleetHistory
    name: ClassVar[str] = "vibration outlook"
    source: ClassVar[str] = "vibration"
    unit: ClassVar[str] = "h"
    lookback: ClassVar[timedelta] = timedelta(0)

    def values(self, record: FleetRecord) -> Values:
        index = RowIndex(np.array([record.machines[m].id for m in record.machine], dtype=object), record.time)
        found = [Occurrences(self.known.failures).next_after(index, c) for c in self.known.components]
        return np.asarray(np.minimum(*found) - record.time, dtype=np.float64)


def scored_after_training(known: FleetHistory, features: FeatureSet, component: str) -> ScoredRows:
    """Train before UNTIL and score the rest, beside the outcomes of the same history."""
    # A planted feature has no form as data, and so no version: it is trained on rows alone.
    rows = training_rows(known, features, until=at(60 * 24), horizon=DAY, every=3 * HOUR)
    outcome, time = rows.outcome_of(component), rows.index.time
    split = int(UNTIL.timestamp() * 1000)
    taught = (time + DAY // MILLISECOND <= split) & ((outcome == FAILED) | (outcome == SURVIVED))
    judged = (time >= split) & ((outcome == FAILED) | (outcome == SURVIVED))
    trees = Booster.fit(rows.rows.matrix[taught], outcome[taught] == FAILED, QUICK, features.categories)
    names = np.full(len(time), component, dtype=object)
    scores = trees.raw(rows.rows.matrix)
    return ScoredRows(rows.index.machine, names, time, scores, outcome == FAILED).where(judged)


def test_shuffled_failures_score_as_chance() -> None:
    found = []
    for seed in (1, 2):  # one deal may be luck, as the backtest's probe has it
        dealt = shuffled_failures(wearing_fleet(), seed=seed)
        found.append(against_chance(scored_after_training(dealt, features_of(dealt), "bearing")))
    assert any(one.is_chance for one in found)
    assert all(one.chance < one.chance_high < 0.4 for one in found)


def test_true_failures_do_not() -> None:
    known = wearing_fleet()
    assert not against_chance(scored_after_training(known, features_of(known), "bearing")).is_chance


def test_a_feature_that_reads_the_failures_is_found_out() -> None:
    dealt = shuffled_failures(wearing_fleet())
    peeking = FeatureSet((*features_of(dealt).features, HoursToFailure(dealt)))
    with pytest.raises(LeakageFound, match=r"bearing that were dealt out at random are still foretold"):
        check_shuffled_labels(scored_after_training(dealt, peeking, "bearing"))


def test_shuffling_keeps_the_number_and_the_components_and_moves_the_rest() -> None:
    known = wearing_fleet()
    dealt = shuffled_failures(known)
    assert Counter(dealt.failures["component"].to_pylist()) == Counter(known.failures["component"].to_pylist())
    assert not dealt.failures.equals(known.failures)
    assert dealt.telemetry is known.telemetry
    assert shuffled_failures(history()) == history()


REPAIRED = [("m1", at(50), "seal", "corrective")]


@pytest.mark.parametrize(
    ("hours", "work", "leaks"),
    [
        pytest.param([10, 49], REPAIRED, False, id="before the failure"),
        pytest.param([50], REPAIRED, True, id="at the failure"),
        pytest.param([51, 90], REPAIRED, False, id="after the repair of the same hour"),
        pytest.param([51], [("m1", at(55), "seal", "corrective")], True, id="while it waits for its repair"),
        pytest.param([56], [("m1", at(55), "seal", "corrective")], False, id="once it is repaired"),
        pytest.param([51], [("m1", at(50), "bearing", "corrective")], True, id="another component was repaired"),
        pytest.param([300], [], True, id="a unit that ran to failure and was scored on"),
    ],
)
def test_rows_that_know_of_a_failure_are_found(
    hours: list[float], work: list[tuple[str, object, str, str]], leaks: bool
) -> None:
    known = history(
        machines=[machine("m1"), machine("m2")],
        failures=[("m1", at(50), "seal")],
        maintenance=work,  # type: ignore[arg-type]
    )
    index = RowIndex.of([(m, at(h)) for m in ("m1", "m2") for h in hours])
    terms = index, Downtime.of(known.failures, known.maintenance, repaired=["seal"]), "seal"
    if leaks:
        with pytest.raises(
            LeakageFound,
            match=r"rows of seal stand at or after its failure with no repair.*on 1 machine; the first is m1",
        ):
            check_rows_after_failure(*terms)
    else:
        check_rows_after_failure(*terms)


def test_training_rows_know_of_no_failure() -> None:
    known = wearing_fleet()
    rows = training_rows(known, features_of(known), until=UNTIL, horizon=DAY, every=3 * HOUR)
    for component in known.components:
        check_rows_after_failure(rows.index, Downtime.of(known.failures, known.maintenance), component)


def test_a_unit_on_both_sides_is_found() -> None:
    check_units_apart(["m1", "m2"], ["m3"])
    with pytest.raises(LeakageFound, match="1 units are on both sides of the split, such as m2"):
        check_units_apart(["m1", "m2"], ["m2", "m3"])


@pytest.mark.parametrize(("first", "leaks"), [(24, False), (23, True)])
def test_outcomes_that_reach_into_the_test_are_found(first: int, leaks: bool) -> None:
    taught, judged = RowIndex.of([("m1", at(0))]), RowIndex.of([("m1", at(first))])
    if leaks:
        with pytest.raises(LeakageFound, match="there is no gap of one horizon"):
            check_gap(taught, judged, DAY)
    else:
        check_gap(taught, judged, DAY)


def planned_fleet() -> FleetHistory:
    """A fleet visited every fifth day at six, whose seals are only ever found broken on a visit."""
    draw = np.random.default_rng(8)
    machines = [machine(f"m{i:02d}") for i in range(12)]
    failures, work = [], []
    for i, one in enumerate(machines):
        for visit in range(24 * (i % 5) + 6, 60 * 24, 120):
            if draw.random() < 0.4:
                failures.append((one.id, at(visit), "seal"))
                work.append((one.id, at(visit), "seal", "corrective"))
            work.append((one.id, at(visit), "bearing", "preventive"))
    return replace(history(machines=machines, failures=failures, maintenance=work), telemetry=wearing_fleet().telemetry)


def plan_of(known: FleetHistory, component: str) -> tuple[ScoredRows, ScoredRows]:
    rows = training_rows(known, features_of(known), until=at(60 * 24), horizon=DAY, every=3 * HOUR)
    return plan_scores(rows, component, QUICK)


def test_a_plan_whose_calendar_tells_of_failures_is_found() -> None:
    with pytest.raises(LeakageFound, match="failures of seal come when the plan looks"):
        check_plan(*plan_of(planned_fleet(), "seal"))


def test_failures_that_keep_to_no_calendar_are_not() -> None:
    found = check_plan(*plan_of(wearing_fleet(), "bearing"))
    assert not found.knows_the_plan
    assert found.plan.average_precision < 0.5


def test_the_plan_is_only_known_from_features_that_carry_it() -> None:
    known = wearing_fleet()
    without = features_of(known).without_plan()
    rows = training_rows(known, without, until=UNTIL, horizon=DAY, every=3 * HOUR)
    with pytest.raises(ValueError, match="the rows do not hold 'hours since replacement of seal'"):
        plan_scores(rows, "seal", QUICK)
    trained = train(known, until=UNTIL, settings=QUICK.model_copy(update={"without_plan": True}))
    assert trained.describe()["features_of_the_plan"] == []
    assert len(scorable_rows(known, trained.lookback, end=UNTIL, every=3 * HOUR))
