"""Turn what happened into labels: outcomes make them, and only of forecasts said before the outcome."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from foreworn.audit import PLATFORM, AuditEntry
from foreworn.clock import Clock
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.failure_model import FailureModelStore
from foreworn.health.forecast import ForecastStore
from foreworn.health.label import Label, Outcome
from foreworn.health.scorecard import Scorecard, scorecard
from foreworn.loop.component_past import ComponentPast
from foreworn.loop.operations import Operations, Transaction
from foreworn.planning.work_order import WorkOrder, WorkOrderKind

EVERY = timedelta(days=1)
"""One forecast a day of each component is labelled: those of one day say nearly the same."""

TOLD_LATE = timedelta(days=60)
"""A failure that is told late corrects the labels of forecasts up to this old."""


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
            past = ComponentPast.of(self._registry, tx, until=self._clock.now())
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
        """Give every pending label, and every predictive order without an outcome, what has become of it.

        People tell of failures late. Labels and orders that had another outcome are corrected then.

        Returns
        -------
        int
            How many labels have a new outcome.
        """
        now = self._clock.now()
        with self._operations.transaction() as tx:
            past = ComponentPast.of(self._registry, tx, until=now)
            told_late = [x for x in tx.labels.of_model(since=now - TOLD_LATE) if _is_in_doubt(x, past)]
            decided = [d for x in [*tx.labels.pending(), *told_late] if (d := _decided(x, past)) is not None]
            tx.labels.decide(decided)
            for order in _undecided(tx, past, since=now - TOLD_LATE):
                _decide_order(tx, order, past)
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


def _is_in_doubt(label: Label, past: ComponentPast) -> bool:
    """Whether a failure is on record that a decided label may not know of."""
    if label.outcome.confirms or label.outcome is Outcome.PENDING:
        return False
    seat = (label.machine, label.component)
    return past.is_down(seat, label.time) or past.fails(seat, label.time, label.horizon)


def _decided(label: Label, past: ComponentPast) -> Label | None:
    """Return the label with its outcome; None while it is pending, or has it already."""
    what, at = _fate(label, past)
    if what is Outcome.PENDING or (what, at) == (label.outcome, label.decided_at):
        return None
    return replace(label, outcome=what, decided_at=at)


def _fate(label: Label, past: ComponentPast) -> tuple[Outcome, datetime | None]:
    """Return what became of a forecast; one of what had failed already, as was told later, is of nothing: censored."""
    seat = (label.machine, label.component)
    if past.is_down(seat, label.time):
        return Outcome.CENSORED, label.time
    return past.fate(seat, label.time, label.horizon, issued_at=label.issued_at)


def _undecided(tx: Transaction, past: ComponentPast, *, since: datetime) -> list[WorkOrder]:
    """Return predictive orders without an outcome, and those whose outcome a failure that was told late may change."""
    doubtful = [
        order
        for order in tx.orders.find(kind=WorkOrderKind.PREDICTIVE, changed_since=since)
        if order.outcome is not None
        and order.evidence is not None
        and not order.outcome.confirms
        and past.fails((order.machine, order.component), order.evidence.data_time, order.evidence.horizon)
    ]
    return [*tx.orders.find(kind=WorkOrderKind.PREDICTIVE, unlabelled=True), *doubtful]


def _decide_order(tx: Transaction, order: WorkOrder, past: ComponentPast) -> None:
    said = order.evidence
    if said is None:
        return
    what, _ = past.fate((order.machine, order.component), said.data_time, said.horizon, issued_at=said.issued_at)
    if what in (Outcome.PENDING, order.outcome):
        return
    tx.orders.update(replace(order, outcome=what, version=order.version + 1), seen=order.version)
    detail = {"outcome": str(what), "before": order.outcome and str(order.outcome), "version": order.version + 1}
    tx.audit.record(AuditEntry(past.until, PLATFORM, "work_order.labelled", order.id, detail))


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
