"""Turn what happened into labels: outcomes make them, and only of forecasts said before the outcome."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from foreworn.clock import Clock
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.failure_model import FailureModelStore
from foreworn.health.forecast import ForecastStore
from foreworn.health.label import INSPECTED, Label, Outcome, outcome
from foreworn.health.scorecard import Scorecard, scorecard
from foreworn.loop.live_history import EARLIEST
from foreworn.loop.operations import Operations, Transaction
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.telemetry.sample import MILLISECOND

EVERY = timedelta(days=1)
"""One forecast a day of each component is labelled: those of one day say nearly the same."""

Component = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Past:
    """What was done to components and what became of them: sorted times, by (machine, component)."""

    failures: Mapping[Component, list[datetime]]
    replacements: Mapping[Component, list[datetime]]
    preventive: Mapping[Component, list[datetime]]
    inspections: Mapping[Component, list[tuple[datetime, Outcome]]]

    def is_down(self, component: Component, time: datetime) -> bool:
        """Whether it failed before `time` and has not been repaired since: a forecast then is of nothing."""
        failed = _last(self.failures.get(component, []), time)
        repaired = _last(self.replacements.get(component, []), time)
        return failed is not None and (repaired is None or repaired < failed)


class Labelling:
    """The use case that turns forecasts and outcomes into labels.

    Parameters
    ----------
    operations, registry, forecasts, models
        Where orders and labels, failures and maintenance, forecasts, and the models' thresholds are.
    clock
        The record of failures and maintenance is complete up to its present.
    """

    def __init__(
        self,
        operations: Operations,
        registry: FleetRegistry,
        forecasts: ForecastStore,
        models: FailureModelStore,
        clock: Clock,
    ) -> None:
        self._operations = operations
        self._registry = registry
        self._forecasts = forecasts
        self._models = models
        self._clock = clock

    def label(self, start: datetime, end: datetime) -> int:
        """Expect an outcome for each day's forecast of data time in [start, end), decide what can be, count those."""
        self.expect(start, end)
        return self.decide()

    def expect(self, start: datetime, end: datetime) -> None:
        """Put the day's forecasts of data time in [start, end) down as they were first said."""
        said = _first_said(self._forecasts.forecasts(start, end))
        thresholds = {version: self._models.load(version).threshold for version in {x["model_version"] for x in said}}
        with self._operations.transaction() as tx:
            past = self._past(tx)
            tx.labels.expect(
                [
                    Label(
                        machine=x["machine"],
                        component=x["component"],
                        time=x["time"],
                        horizon=timedelta(hours=x["horizon_h"]),
                        model_version=x["model_version"],
                        probability=x["probability"],
                        alarm=x["probability"] >= thresholds[x["model_version"]],
                        issued_at=x["issued_at"],
                    )
                    for x in said
                    if not past.is_down((x["machine"], x["component"]), x["time"])
                ]
            )

    def decide(self) -> int:
        """Give every pending label, and every predictive order without an outcome, what has become of it."""
        with self._operations.transaction() as tx:
            past = self._past(tx)
            now = self._clock.now()
            decided = [d for d in (_decided(x, past, now) for x in tx.labels.pending()) if d is not None]
            tx.labels.decide(decided)
            for order in tx.orders.find(kind=WorkOrderKind.PREDICTIVE, unlabelled=True):
                self._decide_order(tx, order, past, now)
        return len(decided)

    def scorecard(self, version: str | None = None) -> Scorecard:
        """Return a model version's record; of all together where None."""
        with self._operations.reading() as tx:
            orders = [
                o.outcome
                for o in tx.orders.find(kind=WorkOrderKind.PREDICTIVE)
                if o.outcome is not None and o.evidence is not None and version in (None, o.evidence.model_version)
            ]
            return scorecard(tx.labels.of_model(version), orders, model_version=version)

    def _decide_order(self, tx: Transaction, order: WorkOrder, past: _Past, now: datetime) -> None:
        if order.evidence is None:
            return
        what, _ = _fate((order.machine, order.component), order.evidence.data_time, order.evidence.horizon, past, now)
        if what is not Outcome.PENDING:
            tx.orders.update(replace(order, outcome=what, version=order.version + 1), seen=order.version)

    def _past(self, tx: Transaction) -> _Past:
        latest = self._clock.now() + MILLISECOND
        maintenance = self._registry.maintenance(EARLIEST, latest).to_pylist()
        return _Past(
            failures=_times(self._registry.failures(EARLIEST, latest).to_pylist()),
            replacements=_times(maintenance),
            preventive=_times(row for row in maintenance if row["kind"] == "preventive"),
            inspections=_inspections(tx.orders.find(states=(WorkOrderState.COMPLETED, WorkOrderState.CLOSED))),
        )


def _decided(label: Label, past: _Past, now: datetime) -> Label | None:
    """Return the label with its outcome; None while it is pending."""
    what, at = _fate((label.machine, label.component), label.time, label.horizon, past, now)
    if what is Outcome.PENDING:
        return None
    if at is not None and at <= label.issued_at and what is not Outcome.SURVIVED:
        what = Outcome.CENSORED  # it was said when everybody could know: it proves nothing
    return replace(label, outcome=what, decided_at=at)


def _fate(
    component: Component, time: datetime, horizon: timedelta, past: _Past, now: datetime
) -> tuple[Outcome, datetime | None]:
    """Return the outcome of a component over (time, time + horizon], and when it was settled."""
    failed = _next(past.failures.get(component, []), time)
    replaced = _next(past.preventive.get(component, []), time)
    looked = next((x for x in past.inspections.get(component, []) if x[0] > time), None)
    what = outcome(time, horizon, next_failure=failed, next_preventive=replaced, known_until=now, inspection=looked)
    if what is Outcome.FOUND_NOTHING and now < time + horizon:
        return Outcome.PENDING, None  # it may still fail
    at = {Outcome.FAILED: failed, Outcome.CENSORED: replaced, Outcome.SURVIVED: time + horizon, Outcome.PENDING: None}
    return what, looked[0] if what in INSPECTED and looked is not None else at[what]


def _first_said(forecasts: pa.Table) -> list[dict[str, Any]]:
    """Return the daily forecasts in the revision that was said first; sorted as the store sorts."""
    said: dict[tuple[object, ...], dict[str, Any]] = {}
    step = EVERY.total_seconds()
    for row in forecasts.to_pylist():
        if row["time"].timestamp() % step == 0:
            key = (row["machine"], row["component"], row["horizon_h"], row["time"], row["model_version"])
            before = said.get(key)
            if before is None or row["revision"] < before["revision"]:
                said[key] = row
    return list(said.values())


def _times(rows: Iterable[Mapping[str, object]]) -> dict[Component, list[datetime]]:
    times: dict[Component, list[datetime]] = defaultdict(list)
    for row in rows:
        times[str(row["machine"]), str(row["component"])].append(row["time"])  # type: ignore[arg-type]
    return {component: sorted(found) for component, found in times.items()}


def _inspections(orders: Iterable[WorkOrder]) -> dict[Component, list[tuple[datetime, Outcome]]]:
    """Return when components were looked at, and what was found."""
    found: dict[Component, list[tuple[datetime, Outcome]]] = defaultdict(list)
    for order in orders:
        if order.findings is None or order.kind is WorkOrderKind.CORRECTIVE:
            continue
        what = order.findings.finding.outcome
        if what in INSPECTED:
            done = next(step.time for step in order.transitions if step.after is WorkOrderState.COMPLETED)
            found[order.machine, order.component].append((done, what))
    return {component: sorted(times) for component, times in found.items()}


def _next(times: list[datetime], after: datetime) -> datetime | None:
    at = bisect_right(times, after)
    return times[at] if at < len(times) else None


def _last(times: list[datetime], until: datetime) -> datetime | None:
    at = bisect_right(times, until)
    return times[at - 1] if at else None
