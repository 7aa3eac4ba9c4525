"""Propose predictive work orders: what pays, in the order of what it saves, as far as the team's hours go."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from foreworn.audit import PLATFORM
from foreworn.clock import Clock
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.forecast import VerdictBoard
from foreworn.health.scorecard import Scorecard, scorecard
from foreworn.loop.base_lives import LifeRecord
from foreworn.loop.component_lives import Seat
from foreworn.loop.operations import Operations, Transaction
from foreworn.loop.order_parts import release_parts
from foreworn.loop.order_steps import add_order, put_step
from foreworn.loop.survey import HORIZON_OVER, Rules, Survey, seat_of
from foreworn.planning.capacity import TeamHours, team_hours
from foreworn.planning.evidence import Evidence, TrackRecord
from foreworn.planning.opportunity import Fit, Opportunity
from foreworn.planning.work_order import OPEN_STATES, WorkOrder, WorkOrderKind, WorkOrderState


class Proposing:
    """The use case that turns standing forecasts into proposed work orders.

    An order is proposed where acting as soon as the part is there and the team can come saves more, on
    average, than waiting until the time is over that the forecast speaks of
    (`foreworn.economics.saving`). Proposals are for the coming week and never ask for more hours than the team
    has left in it; what does not fit stays in the ranking, with the risk and the cost of waiting.

    A component has one open predictive order. A proposal whose saving has gone is superseded, with the reason.
    What was declined, cancelled, or looked at and left is not proposed again until the time of its forecast is
    over, or the expected saving has doubled. Proposing twice from the same forecasts proposes nothing new.

    Parameters
    ----------
    operations, registry
        Where orders, costs, team and stock are, and the fleet with its records.
    verdicts
        The standing forecasts.
    clock
        The present.
    rules
        What the site has decided.
    recorded_since
        From when on failures and replacements are on record completely; None: from the first on record.
    """

    def __init__(
        self,
        operations: Operations,
        registry: FleetRegistry,
        verdicts: VerdictBoard,
        clock: Clock,
        *,
        rules: Rules | None = None,
        recorded_since: datetime | None = None,
    ) -> None:
        self._operations = operations
        self._registry = registry
        self._verdicts = verdicts
        self._clock = clock
        self._rules = rules or Rules()
        self._record = LifeRecord(registry, recorded_since=recorded_since)

    def propose(self) -> list[WorkOrder]:
        """Propose what is due, supersede what has passed, and return the new orders, best first.

        Raises
        ------
        Conflict
            If somebody proposes at the same time: nothing is changed, and the next call sees their orders.
        """
        now, read = self._clock.now(), self._reader()
        with self._operations.transaction() as tx:
            survey = read(tx)
            _supersede(tx, survey.expired, dict.fromkeys(map(seat_of, survey.expired), HORIZON_OVER), now)
            wanted = [o for o in survey.opportunities() if o.fit is Fit.WITHIN_HOURS]
            kept = {o.order for o in wanted}
            _supersede(tx, [o for o in survey.standing.values() if o.id not in kept], survey.why_not, now)
            records = _Records(tx)
            return [_propose(tx, records.attached(o), now) for o in wanted if o.order is None]

    def ranking(self) -> list[Opportunity]:
        """Return everything that pays now, what saves most first, also what does not fit in."""
        read = self._reader()
        with self._operations.reading() as tx:
            records = _Records(tx)
            return [records.attached(o) for o in read(tx).opportunities()]

    def hours(self) -> TeamHours:
        """Return the team's hours in the coming week."""
        with self._operations.reading() as tx:
            return team_hours(tx.team.all(), tx.orders.find(states=OPEN_STATES), self._clock.now())

    def _reader(self) -> Callable[[Transaction], Survey]:
        """Read what does not belong to the transaction, and return what reads the rest."""
        now, machines, verdicts = self._clock.now(), self._registry.machines(), self._verdicts.latest()
        lives = self._record.at(now, machines)
        return lambda tx: Survey(tx, machines, verdicts, lives, self._rules, now=now)


class _Records:
    """How often forecasts like one came true, by model version."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._cards: dict[str, Scorecard] = {}

    def attached(self, found: Opportunity) -> Opportunity:
        """Return the opportunity with the record of forecasts like its own."""
        return replace(found, evidence=replace(found.evidence, track_record=self._like(found.evidence)))

    def _like(self, evidence: Evidence) -> TrackRecord | None:
        version = evidence.model_version
        if version not in self._cards:
            self._cards[version] = scorecard(self._tx.labels.of_model(version), [], model_version=version)
        like = self._cards[version].like(evidence.probability)
        return None if like is None else TrackRecord(like.said, like.happened, like.low, like.high)


def _supersede(tx: Transaction, orders: Iterable[WorkOrder], why: Mapping[Seat, str], now: datetime) -> None:
    """End the proposals for which there is a reason; the others stand."""
    for order in orders:
        if (reason := why.get(seat_of(order))) is not None:
            release_parts(tx, order)
            step = order.transition(WorkOrderState.SUPERSEDED, actor=PLATFORM, time=now, reason=reason)
            put_step(tx, step, seen=order.version)


def _propose(tx: Transaction, found: Opportunity, now: datetime) -> WorkOrder:
    evidence = found.evidence
    order = WorkOrder(
        id=tx.orders.next_id(),
        machine=found.machine,
        component=found.component,
        kind=WorkOrderKind.PREDICTIVE,
        created_at=now,
        task=f"Look at the {found.component}, and replace it if it is worn",
        labour=found.labour,
        due=found.act_by,
        evidence=evidence,
    )
    detail = {
        "probability": evidence.probability,
        "horizon_h": evidence.horizon / timedelta(hours=1),
        "data_time": evidence.data_time.isoformat(),
        "model_version": evidence.model_version,
        "expected_saving": evidence.expected_saving,
        "waiting_cost_per_day": evidence.waiting_cost_per_day,
        "base_rate_per_day": found.base_rate,
        "base_assumed": found.base_assumed,
        "currency": evidence.currency,
    }
    return add_order(tx, order, actor=PLATFORM, reason="acting saves more than waiting", detail=detail)
