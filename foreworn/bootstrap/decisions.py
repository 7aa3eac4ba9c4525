"""The decisions of one process: what comes due in a working day, and the use cases that do it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from os import getpid
from socket import gethostname

from foreworn.bootstrap.stores import Stores
from foreworn.clock import Clock
from foreworn.health.remaining_life import LifeModelsInUse
from foreworn.loop.courier import Courier
from foreworn.loop.data_quality import DataQuality
from foreworn.loop.labelling import Labelling
from foreworn.loop.life_scoring import LifeScoring
from foreworn.loop.live_history import LiveHistory
from foreworn.loop.planned_work import PlannedWork
from foreworn.loop.proposing import Proposing
from foreworn.loop.purchasing import Purchases
from foreworn.loop.replenishing import Replenishing, demand_delivery
from foreworn.loop.revised_evidence import RevisedEvidence
from foreworn.loop.survey import Rules
from foreworn.loop.timetable import Routine, time_of
from foreworn.loop.work_orders import WorkOrders
from foreworn.loop.worker import Worker
from foreworn.loop.working_day import WorkingDay
from foreworn.notify import AppriseNotifier
from foreworn.planning.working_week import WorkingWeek
from foreworn.settings import Settings
from foreworn.telemetry.quality import ALLOWED_DELAY

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Decisions:
    """The use cases that decide, and the working day that calls them."""

    work_orders: WorkOrders
    proposing: Proposing
    replenishing: Replenishing
    purchases: Purchases
    labelling: Labelling
    working_day: WorkingDay


def decisions(settings: Settings, stores: Stores, clock: Clock, *, start: datetime) -> Decisions:
    """Wire the use cases over the stores; what came due before `start` is made up for, within `catch_up`."""
    operations, planning = stores.operations, settings.planning
    labelling = Labelling(operations, stores.registry, stores.telemetry, stores.models, clock)
    week = WorkingWeek(planning.work_from, planning.work_to, planning.work_days)
    rules = Rules(least_saving=planning.least_saving, place=planning.stock_place, week=week, settling=planning.settling)
    proposing = Proposing(operations, stores.registry, stores.verdicts, clock, rules=rules)
    replenishing = Replenishing(operations, stores.registry, stores.verdicts, clock, place=planning.stock_place)
    planned = PlannedWork(operations, clock)
    quality = DataQuality(operations, stores.registry, stores.telemetry, stores.progress)
    revised = RevisedEvidence(operations, stores.telemetry, clock)
    lives = _life_scoring(settings, stores, clock)
    worker = Worker(
        operations,
        {
            "label": lambda job: labelling.label(time_of(job) - DAY, time_of(job)),
            "plan": lambda job: planned.propose_due(planning.plan_ahead),
            "propose": lambda job: proposing.propose(),
            "note revisions": lambda job: revised.note(),
            "replenish": lambda job: replenishing.replenish(),
            "judge data": lambda job: quality.judge(time_of(job)),
            "tell remaining lives": lambda job: lives.tell(time_of(job)),
        },
        clock,
        name=f"worker-{gethostname()}-{getpid()}",
    )
    notifier = AppriseNotifier([address.get_secret_value() for address in settings.notify.addresses])
    courier = Courier(operations, {"demand": demand_delivery(stores.telemetry), "work_order": notifier.deliver}, clock)
    routines = (
        Routine("label", every=DAY, each=True),
        Routine("plan", every=DAY, offset=planning.replenish_at),
        Routine("propose", every=planning.propose_every),
        Routine("note revisions", every=DAY, offset=planning.replenish_at),
        Routine("replenish", every=DAY, offset=planning.replenish_at),
        Routine("judge data", every=HOUR, offset=ALLOWED_DELAY),
        Routine("tell remaining lives", every=DAY),
    )
    day = WorkingDay(operations, routines, worker, courier, clock, start=start - settings.scoring.catch_up)
    return Decisions(
        work_orders=WorkOrders(operations, stores.registry, clock, place=planning.stock_place),
        proposing=proposing,
        replenishing=replenishing,
        purchases=Purchases(operations, clock),
        labelling=labelling,
        working_day=day,
    )


def _life_scoring(settings: Settings, stores: Stores, clock: Clock) -> LifeScoring:
    return LifeScoring(
        history=LiveHistory(stores.registry, stores.telemetry),
        registry=stores.registry,
        in_use=stores.life_models.in_use if settings.scoring.remaining_life else LifeModelsInUse,
        lives=stores.telemetry,
        board=stores.lives,
        clock=clock,
    )
