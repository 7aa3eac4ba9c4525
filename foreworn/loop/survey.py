"""The survey behind proposals: every component's forecast, what stands in its way, and what is best done first."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from foreworn.fleet.machine import Machine
from foreworn.health.forecast import Forecast
from foreworn.loop.appraisal import Appraisal
from foreworn.loop.base_lives import BaseLives
from foreworn.loop.component_lives import Seat, renewals
from foreworn.loop.operations import Transaction
from foreworn.loop.part_supply import PartSupply
from foreworn.loop.work_orders import MAIN_PLACE
from foreworn.planning.capacity import best_within, team_hours
from foreworn.planning.opportunity import Fit, Opportunity, ranked
from foreworn.planning.work_order import OPEN_STATES, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.planning.working_week import WorkingWeek
from foreworn.telemetry.sample import MILLISECOND

RISK_PASSED = "the risk has passed: acting no longer saves anything"
HORIZON_OVER = "the time that its forecast spoke of is over"
RENEWED = "the component has been renewed"
IN_HAND = "other work on the component comes first"
PART_GONE = "its part went elsewhere, and the next one comes too late"
ROOM_MADE = "the hours that the team has go to other work"
NOT_WATCHED = "the component is no longer watched"

STICKS = 1.25
"""A proposal that stands counts for this much more than a new one, so that two alike do not take turns."""
CHANGED_MIND = 2.0
"""What was answered is asked again before its time is over only if it would save this many times as much."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site decides about proposals.

    Parameters
    ----------
    least_saving
        An order is proposed only if it is expected to save more than this. [currency]
    place
        The store that jobs take their parts from.
    week
        When the team works.
    settling
        How long after a replacement forecasts of the component are not acted on: their windows still hold
        what the old one did.
    """

    least_saving: float = 0.0
    place: str = MAIN_PLACE
    week: WorkingWeek = field(default_factory=WorkingWeek)
    settling: timedelta = timedelta(days=1)


class Survey:
    """What is to be known for proposing, as one transaction sees it.

    Parameters
    ----------
    tx
        The transaction; only read.
    machines, verdicts, lives
        The fleet, its standing forecasts, and how long its components last.
    rules
        What the site has decided.
    now
        The present.
    """

    def __init__(
        self,
        tx: Transaction,
        machines: Iterable[Machine],
        verdicts: Sequence[Forecast],
        lives: BaseLives,
        rules: Rules,
        *,
        now: datetime,
    ) -> None:
        self._rules, self._now, self._lives = rules, now, lives
        self._machines = {m.id: m for m in machines if m.retired_at is None}
        self._said = _newest(verdicts)
        self._table = tx.costs.table()
        self._supply = PartSupply.of(tx, place=rules.place, now=now)
        self._orders: dict[Seat, list[WorkOrder]] = defaultdict(list)
        open_orders = tx.orders.find(states=OPEN_STATES)
        for order in [*open_orders, *_answered(tx, verdicts, now)]:
            self._orders[seat_of(order)].append(order)
        self._ended = self._renewed_since(tx, verdicts)
        self.hours = team_hours(tx.team.all(), open_orders, now)
        proposals = [order for order in open_orders if _is_proposal(order)]
        self.expired = [order for order in proposals if _is_over(order, now)]
        """Proposals whose forecast speaks of the past alone: what is true now stands in newer ones."""
        self.standing = {seat_of(order): order for order in proposals if not _is_over(order, now)}
        """The other proposals."""
        self.why_not: dict[Seat, str] = {}
        """Why nothing is to be done about components that were looked at."""

    def opportunities(self) -> list[Opportunity]:
        """Return what is worth doing, the best first, with whether it fits in; see `why_not` for the rest."""
        fitting, late = [], []
        for found in self._with_parts():
            if self._is_worth(found, found.saving):
                fitting.append(found)
            elif self._is_worth(found, found.saving_with_part) and found.saving <= 0:
                late.append(replace(found, fit=Fit.PART_LATE))
                self.why_not[seat_of(found)] = PART_GONE
            else:
                self.why_not[seat_of(found)] = RISK_PASSED
        return ranked([*self._fitted(fitting), *late])

    def _fitted(self, fitting: Sequence[Opportunity]) -> list[Opportunity]:
        chosen = best_within(fitting, self._free(), value=_weight, labour=lambda o: o.labour)
        seats = {seat_of(o) for o in chosen}
        beyond = [o for o in fitting if seat_of(o) not in seats]
        self.why_not |= {seat_of(o): ROOM_MADE for o in beyond}
        return [*chosen, *(replace(o, fit=Fit.BEYOND_HOURS) for o in beyond)]

    def _free(self) -> timedelta | None:
        """Return the hours for proposals, less those of proposals that nothing new was said about."""
        if self.hours.free is None:
            return None
        silent = (order.labour for seat, order in self.standing.items() if seat not in self._said)
        return self.hours.free - sum(silent, timedelta(0))

    def _with_parts(self) -> Iterable[Opportunity]:
        """Yield every component's opportunity; of two that need the last part, the better one has it."""
        appraisals = {seat: a for seat in sorted(self._said) if (a := self._appraise(seat)) is not None}
        queue = [self._queued(seat, appraisal) for seat, appraisal in appraisals.items()]
        heapq.heapify(queue)
        while queue:
            _, seat, ready, found = heapq.heappop(queue)
            model = appraisals[seat].machine.model
            if self._supply.ready(model, seat[1]) > ready:
                heapq.heappush(queue, self._queued(seat, appraisals[seat]))
                continue
            if self._is_worth(found, found.saving):
                self._supply.take(model, seat[1])
            yield found

    def _queued(self, seat: Seat, appraisal: Appraisal) -> tuple[float, Seat, datetime, Opportunity]:
        ready = self._supply.ready(appraisal.machine.model, appraisal.component)
        order = self.standing.get(seat)
        found = appraisal.opportunity(ready=ready, order=order.id if order is not None else None)
        return -_weight(found), seat, ready, found

    def _appraise(self, seat: Seat) -> Appraisal | None:
        """Return what is to be weighed about a component; None, and it is said why, where nothing can be done."""
        machine, forecasts = self._machines.get(seat[0]), self._said[seat]
        if machine is None or seat[1] not in machine.components:
            self.why_not[seat] = NOT_WATCHED
            return None
        life = self._lives.of(machine.model, seat[1])
        obstacle = self._obstacle(seat, forecasts)
        if life is None or obstacle is not None:
            self.why_not[seat] = obstacle or NOT_WATCHED
            return None
        cost = self._table.of(machine.model, seat[1])
        return Appraisal(machine, seat[1], forecasts, cost, self._table.currency, life, self._rules.week, self._now)

    def _obstacle(self, seat: Seat, forecasts: Sequence[Forecast]) -> str | None:
        ends_at = max(f.time + f.horizon for f in forecasts)
        if ends_at <= self._now:
            return HORIZON_OVER
        if self._is_renewed(seat, forecasts[0].time - self._rules.settling):
            return RENEWED
        return IN_HAND if any(_comes_first(order, ends_at) for order in self._orders[seat]) else None

    def _is_worth(self, found: Opportunity, saving: float) -> bool:
        """Tell whether a saving is enough, also where people, or the platform itself, have said no before."""
        before = (self._asked_for(order) for order in self._orders[seat_of(found)])
        return saving > max([self._rules.least_saving, *before])

    def _asked_for(self, order: WorkOrder) -> float:
        """Return what must be saved to propose again what has been answered; any saving where nothing was."""
        evidence = order.evidence
        if order.is_open or evidence is None or _is_over(order, self._now):
            return -math.inf
        if self._is_renewed(seat_of(order), evidence.data_time):
            return -math.inf
        if order.state is not WorkOrderState.SUPERSEDED:
            return CHANGED_MIND * evidence.expected_saving
        return evidence.expected_saving if order.transitions[-1].reason == RISK_PASSED else -math.inf

    def _is_renewed(self, seat: Seat, since: datetime) -> bool:
        ended = self._ended.get(seat)
        return ended is not None and ended > since

    def _renewed_since(self, tx: Transaction, verdicts: Sequence[Forecast]) -> Mapping[Seat, datetime]:
        """Return when components last failed or were replaced, as far back as any evidence goes."""
        evidence = [o.evidence.data_time for some in self._orders.values() for o in some if o.evidence is not None]
        since = min([*(f.time - self._rules.settling for f in verdicts), *evidence], default=self._now)
        until = self._now + MILLISECOND
        if since >= until:
            return {}
        ends = renewals(tx.registry.failures(since, until), tx.registry.maintenance(since, until))
        return {seat: times[-1][0] for seat, times in ends.items()}


def seat_of(of: WorkOrder | Opportunity) -> Seat:
    """Return which component of which machine it is about."""
    return of.machine, of.component


def _weight(found: Opportunity) -> float:
    return found.saving * (STICKS if found.order is not None else 1.0)


def _newest(verdicts: Sequence[Forecast]) -> dict[Seat, list[Forecast]]:
    """Return each component's forecasts of its latest data time."""
    said: dict[Seat, list[Forecast]] = defaultdict(list)
    for forecast in verdicts:
        said[forecast.machine, forecast.component].append(forecast)
    return {seat: [f for f in some if f.time == max(g.time for g in some)] for seat, some in said.items()}


def _answered(tx: Transaction, verdicts: Sequence[Forecast], now: datetime) -> list[WorkOrder]:
    """Return predictive orders that are decided or done, and whose forecasts may still speak of the future."""
    longest = max((f.horizon for f in verdicts), default=timedelta(0))
    recent = tx.orders.find(kind=WorkOrderKind.PREDICTIVE, changed_since=now - longest)
    return [order for order in recent if not order.is_open]


def _is_proposal(order: WorkOrder) -> bool:
    return order.kind is WorkOrderKind.PREDICTIVE and order.state is WorkOrderState.PROPOSED


def _is_over(order: WorkOrder, now: datetime) -> bool:
    """Tell whether the time is over that the order's forecast spoke of."""
    return order.evidence is not None and order.evidence.data_time + order.evidence.horizon <= now


def _comes_first(order: WorkOrder, ends_at: datetime) -> bool:
    """Tell whether an open order leaves nothing to propose: work in hand, a repair, a plan that is due in time."""
    if not order.is_open or _is_proposal(order):
        return False
    if order.kind is not WorkOrderKind.PREVENTIVE:
        return True
    begins = order.booking.start if order.booking is not None else order.due
    return begins is not None and begins <= ends_at
