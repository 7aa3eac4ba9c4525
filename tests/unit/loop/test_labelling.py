"""Outcomes make labels, and only of what was said before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.health.failure_model import FailureModel
from foreworn.health.forecast import Forecast
from foreworn.health.label import Label, Outcome
from foreworn.loop.component_past import ComponentPast
from foreworn.loop.labelling import Labelling
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import WorkOrder, WorkOrderKind
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.signal import SignalCatalogue
from tests.unit.loop.repair_shop import DAY, HOUR, LOOKED, REPLACED, WEEK, RepairShop

MIDNIGHT = datetime.fromisoformat("2026-03-03T00:00:00+00:00")
"""The first the shop comes to; its clock stands at eight in the morning before."""
UNSEEN = Findings(Finding.NOT_INSPECTED, Action.REPLACED, parts=(("6204", 1),))


@dataclass(frozen=True)
class Threshold:
    threshold: float = 0.5


class Models:
    def load(self, version: str) -> FailureModel:
        return Threshold()  # type: ignore[return-value]

    def versions(self) -> list[str]:
        return ["v1"]

    def serving(self) -> FailureModel | None:
        return None

    def serve(self, version: str) -> None:
        raise NotImplementedError


class Study:
    """A shop whose forecasts are labelled every midnight."""

    def __init__(self, shop: RepairShop) -> None:
        self.shop = shop
        self.forecasts = MemoryTelemetryStore(SignalCatalogue({}))
        self.labelling = Labelling(shop.operations, shop.registry, self.forecasts, Models(), shop.clock)

    def say(
        self,
        time: datetime = MIDNIGHT,
        probability: float = 0.6,
        *,
        machine: str = "p1",
        issued_at: datetime | None = None,
        revision: int = 0,
        version: str = "v1",
    ) -> None:
        """Forecast a bearing's week, an hour after its data unless `issued_at` says when."""
        issued = issued_at or time + HOUR
        self.forecasts.write_forecasts(
            [Forecast(machine, "bearing", time, WEEK, probability, version, issued, revision)]
        )

    def expect(self, days: int = 1) -> None:
        self.shop.clock.set(max(self.shop.clock.now(), MIDNIGHT))
        self.labelling.expect(MIDNIGHT, MIDNIGHT + days * DAY)

    def labels(self) -> list[Label]:
        with self.shop.operations.reading() as tx:
            return tx.labels.of_model()

    def decided(self, at: datetime) -> Label:
        """Return the only label, as it is decided at a time."""
        self.shop.clock.set(at)
        self.labelling.decide()
        [label] = self.labels()
        return label

    def job(self, at: datetime, findings: Findings, kind: WorkOrderKind = WorkOrderKind.PREVENTIVE) -> WorkOrder:
        """Have somebody work on the bearing of p1 at a time."""
        self.shop.clock.set(at)
        steps = self.shop.work_orders
        order = steps.create(
            machine="p1", component="bearing", kind=kind, task="look", labour=HOUR, due=None, actor="ines"
        )
        order = steps.approve(order.id, actor="ines", seen=order.version)
        order = steps.start(order.id, actor="tom", seen=order.version)
        return steps.complete(order.id, actor="tom", seen=order.version, findings=findings)

    def recorded(self, at: datetime, action: str, kind: str = "preventive") -> None:
        """Put maintenance on record behind everybody's back, as an import does."""
        row = {"time": at, "machine": "p1", "component": "bearing", "action": action, "kind": kind}
        self.shop.registry.record_maintenance(pa.Table.from_pylist([row], schema=MAINTENANCE_SCHEMA))


@pytest.fixture
def study(shop: RepairShop) -> Study:
    return Study(shop)


def outcomes(study: Study) -> Sequence[Outcome]:
    return [label.outcome for label in study.labels()]


# What is labelled


def test_the_days_forecast_is_labelled_as_it_was_said(study: Study) -> None:
    study.say(probability=0.5)
    study.expect()
    [label] = study.labels()
    assert (label.machine, label.component, label.time, label.horizon) == ("p1", "bearing", MIDNIGHT, WEEK)
    assert (label.probability, label.model_version, label.issued_at) == (0.5, "v1", MIDNIGHT + HOUR)
    assert (label.alarm, label.outcome, label.decided_at) == (True, Outcome.PENDING, None)


def test_only_the_forecast_of_midnight_speaks_for_its_day(study: Study) -> None:
    for hours in (0, 1, 6, 23.5, 24, 30):
        study.say(MIDNIGHT + hours * HOUR, probability=hours / 100)
    study.expect(days=2)
    assert [label.time for label in study.labels()] == [MIDNIGHT, MIDNIGHT + DAY]
    assert not any(label.alarm for label in study.labels())


def test_what_was_said_first_counts_whatever_was_said_later(study: Study) -> None:
    study.say(probability=0.2)
    study.say(probability=0.99, issued_at=MIDNIGHT + 2 * DAY, revision=1)
    study.expect()
    study.expect()
    [label] = study.labels()
    assert (label.probability, label.issued_at) == (0.2, MIDNIGHT + HOUR)


def test_two_models_have_a_label_each(study: Study) -> None:
    study.say()
    study.say(version="v2", probability=0.1)
    study.expect()
    assert [(label.model_version, label.alarm) for label in study.labels()] == [("v1", True), ("v2", False)]


def test_a_forecast_of_what_stands_failed_is_of_nothing(study: Study) -> None:
    study.shop.fails("p1", MIDNIGHT - HOUR)
    study.say()
    study.say(machine="p2")
    study.expect()
    assert [label.machine for label in study.labels()] == ["p2"]


@pytest.mark.parametrize("action", [Action.REPLACED, Action.ADJUSTED, Action.NONE])
def test_what_was_repaired_is_labelled_again_however_it_was_repaired(study: Study, action: Action) -> None:
    study.shop.fails("p1", MIDNIGHT - 4 * HOUR)
    study.job(MIDNIGHT - HOUR, Findings(Finding.NOT_INSPECTED, action), WorkOrderKind.CORRECTIVE)
    study.say()
    study.expect()
    assert [label.machine for label in study.labels()] == ["p1"]


def test_an_adjustment_before_the_repair_sets_nothing_going_again(study: Study) -> None:
    study.shop.fails("p1", MIDNIGHT - 4 * HOUR)
    study.recorded(MIDNIGHT - HOUR, "adjusted")
    study.say()
    study.expect()
    assert not study.labels()


def test_where_no_repair_was_ever_noted_a_failure_counts_as_repaired_at_once(shop: RepairShop) -> None:
    row = {"time": MIDNIGHT - HOUR, "machine": "p1", "component": "seal", "mode": "worn"}
    shop.registry.record_failures(pa.Table.from_pylist([row], schema=FAILURE_SCHEMA))
    with shop.operations.reading() as tx:
        past = ComponentPast.of(shop.registry, tx, until=MIDNIGHT)
    assert not past.is_down(("p1", "seal"), MIDNIGHT)


def test_a_repair_that_is_only_ordered_says_nothing_of_another_machine(shop: RepairShop) -> None:
    failed = [{"time": MIDNIGHT - DAY, "machine": m, "component": "seal", "mode": "worn"} for m in ("p1", "p2")]
    shop.registry.record_failures(pa.Table.from_pylist(failed, schema=FAILURE_SCHEMA))
    shop.work_orders.create(
        machine="p1",
        component="seal",
        kind=WorkOrderKind.CORRECTIVE,
        task="mend",
        labour=HOUR,
        due=None,
        actor="ines",
    )
    with shop.operations.reading() as tx:
        past = ComponentPast.of(shop.registry, tx, until=MIDNIGHT)
    assert [past.is_down((machine, "seal"), MIDNIGHT) for machine in ("p1", "p2")] == [True, False]


def test_what_failed_again_without_a_repair_on_record_ran_in_between(study: Study) -> None:
    study.recorded(MIDNIGHT - 30 * DAY, "replaced", "corrective")
    for time in (-12 * DAY, -11.5 * DAY, 0 * DAY):
        study.shop.fails("p1", MIDNIGHT + time)
    with study.shop.operations.reading() as tx:
        past = ComponentPast.of(study.shop.registry, tx, until=MIDNIGHT + DAY)
    down = [past.is_down(("p1", "bearing"), MIDNIGHT + days * DAY) for days in (-11.8, -11, -1, 0.5)]
    assert down == [True, False, False, True]


# What becomes of it


def test_a_forecast_of_what_had_failed_as_is_told_later_proves_nothing(study: Study) -> None:
    study.say()
    study.expect()
    assert study.decided(MIDNIGHT + WEEK).outcome is Outcome.SURVIVED
    study.shop.fails("p1", MIDNIGHT - HOUR)
    assert study.decided(MIDNIGHT + WEEK).outcome is Outcome.CENSORED


def test_it_failed_within_the_horizon(study: Study) -> None:
    study.say()
    study.expect()
    study.shop.fails("p1", MIDNIGHT + 3 * DAY)
    label = study.decided(MIDNIGHT + 3 * DAY)
    assert (label.outcome, label.decided_at) == (Outcome.FAILED, MIDNIGHT + 3 * DAY)


def test_it_lasted_beyond_the_horizon(study: Study) -> None:
    study.say()
    study.expect()
    study.shop.fails("p1", MIDNIGHT + WEEK + HOUR)
    assert study.decided(MIDNIGHT + WEEK - HOUR).outcome is Outcome.PENDING
    assert study.decided(MIDNIGHT + WEEK).outcome is Outcome.SURVIVED


@pytest.mark.parametrize(
    ("failed", "issued", "expected"),
    [
        pytest.param(2, 1.9, Outcome.FAILED, id="said before it failed"),
        pytest.param(2, 2, Outcome.CENSORED, id="said when it failed"),
        pytest.param(2, 3, Outcome.CENSORED, id="said after it had failed"),
        pytest.param(None, 6, Outcome.SURVIVED, id="said before the week was over"),
        pytest.param(None, 8, Outcome.CENSORED, id="said when everybody knew that it had lasted"),
    ],
)
def test_a_label_is_only_of_what_was_said_before_its_outcome(
    study: Study, failed: float | None, issued: float, expected: Outcome
) -> None:
    study.say(issued_at=MIDNIGHT + issued * DAY)
    study.expect()
    if failed is not None:
        study.shop.fails("p1", MIDNIGHT + failed * DAY)
    assert study.decided(MIDNIGHT + 9 * DAY).outcome is expected


def test_a_replacement_that_nobody_looked_at_is_censored_and_no_success(study: Study) -> None:
    study.say()
    study.expect()
    study.job(MIDNIGHT + 2 * DAY, UNSEEN)
    label = study.decided(MIDNIGHT + 9 * DAY)
    assert (label.outcome, label.decided_at) == (Outcome.CENSORED, MIDNIGHT + 2 * DAY)


@pytest.mark.parametrize(
    ("action", "kind", "expected"),
    [
        ("replaced", "preventive", Outcome.CENSORED),
        ("Bearing replaced", "preventive", Outcome.CENSORED),
        ("replaced", "corrective", Outcome.CENSORED),
        ("adjusted", "preventive", Outcome.CENSORED),
        ("Inspected", "preventive", Outcome.SURVIVED),
    ],
)
def test_whatever_changed_its_course_leaves_nobody_to_know(
    study: Study, action: str, kind: str, expected: Outcome
) -> None:
    study.say()
    study.expect()
    study.recorded(MIDNIGHT + DAY, action, kind)
    assert study.decided(MIDNIGHT + 9 * DAY).outcome is expected


def test_found_as_predicted_confirms_although_it_was_replaced_for_it(study: Study) -> None:
    study.say()
    study.expect()
    study.job(MIDNIGHT + 2 * DAY + timedelta(microseconds=123_456), REPLACED)
    assert study.decided(MIDNIGHT + 2 * DAY + HOUR).outcome is Outcome.FOUND


def test_found_nothing_waits_for_the_horizon(study: Study) -> None:
    study.say()
    study.expect()
    study.job(MIDNIGHT + DAY, LOOKED)
    assert study.decided(MIDNIGHT + 5 * DAY).outcome is Outcome.PENDING
    assert study.decided(MIDNIGHT + WEEK).outcome is Outcome.FOUND_NOTHING


@pytest.mark.parametrize("finding", [Finding.NOTHING, Finding.OTHER])
def test_found_in_order_and_failed_within_the_horizon_is_failed(study: Study, finding: Finding) -> None:
    study.say()
    study.expect()
    study.job(MIDNIGHT + DAY, Findings(finding, Action.NONE))
    assert study.decided(MIDNIGHT + 2 * DAY).outcome is Outcome.PENDING
    study.shop.fails("p1", MIDNIGHT + 4 * DAY)
    label = study.decided(MIDNIGHT + 5 * DAY)
    assert (label.outcome, label.decided_at) == (Outcome.FAILED, MIDNIGHT + 4 * DAY)


def test_a_second_visit_that_finds_the_wear_confirms(study: Study) -> None:
    study.say()
    study.expect()
    study.job(MIDNIGHT + DAY, LOOKED)
    study.job(MIDNIGHT + 4 * DAY, REPLACED)
    label = study.decided(MIDNIGHT + WEEK)
    assert (label.outcome, label.decided_at) == (Outcome.FOUND, MIDNIGHT + 4 * DAY)


def test_what_a_repair_finds_is_the_failure_and_no_inspection(study: Study) -> None:
    study.say()
    study.expect()
    study.shop.fails("p1", MIDNIGHT + DAY)
    study.job(MIDNIGHT + 2 * DAY, REPLACED, WorkOrderKind.CORRECTIVE)
    label = study.decided(MIDNIGHT + 3 * DAY)
    assert (label.outcome, label.decided_at) == (Outcome.FAILED, MIDNIGHT + DAY)


def test_a_failure_that_is_told_late_corrects_the_label_once(study: Study) -> None:
    study.say()
    study.expect()
    assert study.decided(MIDNIGHT + WEEK).outcome is Outcome.SURVIVED
    study.shop.fails("p1", MIDNIGHT + 6 * DAY)
    study.shop.clock.set(MIDNIGHT + 8 * DAY)
    assert (study.labelling.decide(), study.labelling.decide()) == (1, 0)
    assert outcomes(study) == [Outcome.FAILED]


def test_labelling_a_day_twice_changes_nothing(study: Study) -> None:
    study.say()
    study.say(machine="p2")
    study.shop.fails("p1", MIDNIGHT + DAY)
    study.shop.clock.set(MIDNIGHT + WEEK)
    assert study.labelling.label(MIDNIGHT, MIDNIGHT + DAY) == 2
    first = study.labels()
    assert study.labelling.label(MIDNIGHT, MIDNIGHT + DAY) == 0
    assert study.labels() == first


# Orders


def declined(shop: RepairShop) -> WorkOrder:
    order = shop.proposed()
    return shop.work_orders.decline(order.id, actor="ines", seen=order.version, reason="it sounds well")


def test_an_order_that_was_declined_has_an_outcome_too_and_it_is_in_the_audit_trail(study: Study) -> None:
    order = declined(study.shop)
    study.shop.fails("p1", study.shop.clock.now() + 2 * DAY)
    study.shop.wait(3 * DAY)
    study.labelling.decide()
    assert study.shop.get(order.id).outcome is Outcome.FAILED
    last = study.shop.trail(order.id)[-1]
    assert (last.action, last.actor, last.detail["outcome"]) == ("work_order.labelled", "foreworn", "failed")
    study.labelling.decide()
    assert study.shop.get(order.id).version == order.version + 1


def test_an_order_that_nothing_came_of_is_refuted_until_a_failure_is_told_late(study: Study) -> None:
    order = declined(study.shop)
    begun = study.shop.clock.now()
    study.shop.wait(WEEK)
    study.labelling.decide()
    assert study.shop.get(order.id).outcome is Outcome.SURVIVED
    study.shop.fails("p1", begun + 6 * DAY)
    study.shop.wait(DAY)
    study.labelling.decide()
    assert study.shop.get(order.id).outcome is Outcome.FAILED


def test_an_order_whose_component_was_replaced_unseen_is_censored(study: Study) -> None:
    order = declined(study.shop)
    study.job(study.shop.clock.now() + DAY, UNSEEN)
    study.labelling.decide()
    assert study.shop.get(order.id).outcome is Outcome.CENSORED


def test_the_scorecard_is_of_one_model_or_of_all(study: Study) -> None:
    declined(study.shop)
    study.say()
    study.say(version="v2", probability=0.1)
    study.shop.fails("p1", MIDNIGHT + 2 * DAY)
    study.shop.clock.set(MIDNIGHT + WEEK)
    study.labelling.label(MIDNIGHT, MIDNIGHT + DAY)
    v1, v2, every = (study.labelling.scorecard(version) for version in ("v1", "v2", None))
    assert (v1.recall, v1.orders_confirmed, v1.lead_times) == (1.0, 1, (2 * DAY - HOUR,))
    assert (v2.recall, v2.orders_confirmed) == (0.0, 0)
    assert (every.forecasts, every.failures, every.recall, every.orders_confirmed) == (2, 1, 1.0, 1)
