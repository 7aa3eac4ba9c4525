"""What models make of maintenance that renews nothing, and of what stands between a failure and its repair."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from foreworn.economics.weibull_life import WeibullLife
from foreworn.fleet.history import FleetHistory
from models.evaluation.outcomes import CENSORED, SURVIVED, Occurrences, Record, failed_and_not_renewed
from models.failure.age_model import AgeModel
from models.failure.training_rows import NOT_FITTED, training_rows
from models.features import FeatureSet, HoursInLife, HoursSinceReplacement, RowIndex, compute
from models.life.life_rows import life_rows
from models.life.pacing import paced
from models.life.settings import LifeModelSettings
from tests.unit.models.small_fleet import HOUR, at, history, machine

DAY = timedelta(days=1)
ROWS = RowIndex.of([("m1", at(24 * 70)), ("m1", at(24 * 71))])


def worked_on(action: str, *, kind: str = "preventive", hour: float = 24 * 70) -> FleetHistory:
    """Return a fleet whose seal was replaced on day 10 and worked on later."""
    known = history(maintenance=[("m1", at(24 * 10), "seal", "preventive"), ("m1", at(hour), "seal", kind)])
    actions = pa.array(["replaced", action])
    column = known.maintenance.column_names.index("action")
    return replace(known, maintenance=known.maintenance.set_column(column, "action", actions))


@pytest.mark.parametrize(
    ("action", "kind", "age"),
    [
        ("inspected", "preventive", 61.0),
        ("adjusted", "preventive", 61.0),
        ("repaired", "preventive", 61.0),
        ("repaired", "corrective", 1.0),
        ("replaced", "preventive", 1.0),
    ],
)
def test_only_what_renews_makes_a_component_young(action: str, kind: str, age: float) -> None:
    known, model = worked_on(action, kind=kind), AgeModel("seal", WeibullLife(3.0, 60.0, failures=10))
    found = model.age_days(known, ROWS)
    assert found.tolist() == [60.0, age]
    before, after = model.within(found, 14 * DAY).probability
    assert (after > before) == (age > 60)
    hours = compute(FeatureSet((HoursSinceReplacement("seal"), HoursInLife("seal"))), known, ROWS).matrix
    assert hours.tolist() == [[60 * 24.0] * 2, [age * 24] * 2]


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("inspected", SURVIVED), ("none", SURVIVED), ("adjusted", CENSORED), ("replaced", CENSORED)],
)
def test_only_what_changes_the_course_censors(action: str, outcome: int) -> None:
    known = worked_on(action)
    record = Record.of(known.failures, known.maintenance, known_until=at(24 * 90))
    assert record.outcomes(RowIndex.of([("m1", at(24 * 69))]), "seal", 14 * DAY).tolist() == [outcome]


@pytest.mark.parametrize(("action", "levels"), [("inspected", [2.0]), ("replaced", [1.0, 3.0])])
def test_only_what_renews_parts_a_step_of_a_life(action: str, levels: list[float]) -> None:
    samples = [{"time": at(h), "machine": "m1", "vibration": v} for h, v in ((24 * 70, 1.0), (24 * 70 + 1, 3.0))]
    known = replace(worked_on(action), telemetry=history(telemetry=samples).telemetry)
    told = paced(known, "seal", 4 * HOUR, until=at(24 * 70 + 1))
    assert told.telemetry["vibration"].to_pylist() == levels


def test_nan_was_not_said() -> None:
    said = [1.0, float("nan"), 3.0]
    samples = [{"time": at(h), "machine": "m1", "vibration": v} for h, v in enumerate(said, 1)]
    told = paced(history(telemetry=samples), "seal", 4 * HOUR, until=at(3))
    assert told.telemetry["vibration"].to_pylist() == [2.0]


def broken(repaired: bool) -> FleetHistory:
    """Return two machines that speak hourly, of which one's seal fails after 40 h and is repaired 8 h later."""
    return history(
        machines=[machine("m1"), machine("m2")],
        telemetry=[{"time": at(h), "machine": m, "vibration": 1.0} for m in ("m1", "m2") for h in range(96)],
        failures=[("m1", at(40), "seal"), ("m1", at(90), "seal")],
        # The other machine's repair says that this fleet does note its repairs.
        maintenance=[("m2", at(6), "seal", "corrective"), ("m1", at(48), "seal", "corrective")][: 1 + repaired],
    )


def test_a_row_is_down_from_the_failure_until_after_the_repair() -> None:
    known, index = broken(repaired=True), RowIndex.of([("m1", at(h)) for h in (39, 40, 48, 49, 89, 90, 95)])
    down = failed_and_not_renewed(index, Occurrences(known.failures), Occurrences(known.renewals), "seal")
    assert down.tolist() == [False, True, True, False, False, True, True]


def test_a_repair_stamped_with_the_failure_leaves_nothing_down() -> None:
    same = history(failures=[("m1", at(40), "seal")], maintenance=[("m1", at(40), "seal", "corrective")])
    index = RowIndex.of([("m1", at(40)), ("m1", at(40.01))])
    down = failed_and_not_renewed(index, Occurrences(same.failures), Occurrences(same.renewals), "seal")
    assert down.tolist() == [True, False]


def test_no_row_of_a_life_stands_between_its_failure_and_the_repair() -> None:
    settings = LifeModelSettings(every=HOUR, warm_up=1)
    rows = life_rows(broken(repaired=True), "seal", until=at(96), settings=settings)
    own = (rows.index.machine == "m1") & (rows.index.time > int(at(39).timestamp() * 1000))
    stood = (rows.index.time[own] - int(at(0).timestamp() * 1000)) / 3_600_000
    assert stood.tolist() == [*range(49, 90)]
    assert rows.left[own].tolist() == [90.0 - h for h in range(49, 90)]


def test_a_failed_component_teaches_nothing_of_itself_until_it_is_repaired() -> None:
    # Not repaired by what is on record, it failed again two days later: so it ran in between, nobody knows since when.
    features = FeatureSet((HoursInLife("seal"),))
    for repaired, teaches in ((True, [*range(3, 40, 3), *range(51, 90, 3)]), (False, [*range(3, 90, 3)])):
        found = training_rows(broken(repaired), features, until=at(96), horizon=3 * HOUR, every=3 * HOUR)
        own = found.index.machine == "m1"
        hours = (found.index.time - int(at(0).timestamp() * 1000)) // 3_600_000
        taught = hours[own & (found.outcome_of("seal") != NOT_FITTED)]
        assert np.setdiff1d(taught, [0]).tolist() == teaches
        assert NOT_FITTED not in found.outcome_of("bearing")


def test_where_no_repair_is_on_record_a_failure_counts_as_repaired_at_once() -> None:
    known = replace(broken(repaired=False), maintenance=history().maintenance)
    found = training_rows(known, FeatureSet((HoursInLife("seal"),)), until=at(96), horizon=3 * HOUR, every=3 * HOUR)
    assert NOT_FITTED not in found.outcome_of("seal")
