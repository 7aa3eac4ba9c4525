"""One process of the loop: broker, collector, forwarder, scoring and the working day, wired and started."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from api.app import create_app
from api.server import ConsoleServer
from api.services import ConsoleServices
from foreworn.bootstrap.collecting import Collecting, reach, running_collector
from foreworn.bootstrap.decisions import Decisions, decisions
from foreworn.bootstrap.quarantine import quarantine_replay
from foreworn.bootstrap.stores import Stores
from foreworn.clock import Clock
from foreworn.health.anomaly import AnomalyDetector
from foreworn.health.failure_model import FailureModel
from foreworn.loop.live_history import LiveHistory
from foreworn.loop.people import People
from foreworn.loop.purchasing import Purchases
from foreworn.loop.quarantine_keeping import QuarantineKeeping
from foreworn.loop.scoring import Scoring
from foreworn.loop.watching import Watching
from foreworn.loop.work_orders import WorkOrders
from foreworn.loop.working_day import WorkingDay
from foreworn.settings import MqttSettings, Settings
from foreworn.telemetry.intake import IntakeBatch
from ingestion.broker.starting import RunningBroker
from ingestion.collector.port import Collector
from ingestion.forwarding.forwarder import Forwarder

FIRST_LINK_PATH = "/link/"


@dataclass(frozen=True, slots=True)
class Platform:
    """One process of the loop: its stores, its ears, and what turns readings into forecasts."""

    settings: Settings
    stores: Stores
    clock: Clock
    collecting: Collecting
    scoring: Scoring
    watching: Watching
    decisions: Decisions
    people: People
    quarantine_keeping: QuarantineKeeping

    @property
    def broker(self) -> RunningBroker:
        """The broker that devices speak to."""
        return self.collecting.broker

    @property
    def mqtt(self) -> MqttSettings:
        """How to reach the broker; its port may be another than the settings ask for."""
        return self.collecting.mqtt

    @property
    def collector(self) -> Collector:
        """What takes messages in."""
        return self.collecting.collector

    @property
    def forwarder(self) -> Forwarder:
        """What brings them to the store."""
        return self.collecting.forwarder

    @property
    def work_orders(self) -> WorkOrders:
        """What people do with work orders."""
        return self.decisions.work_orders

    @property
    def purchases(self) -> Purchases:
        """What people do with purchases."""
        return self.decisions.purchases

    @property
    def working_day(self) -> WorkingDay:
        """What comes due besides scoring."""
        return self.decisions.working_day

    def work_due(self) -> None:
        """Score, watch, decide, label and tell what is due.

        Raises
        ------
        StoreUnavailable, DamagedModel, NotFound
            If a store or a model cannot be had now; what is due stays due.
        """
        self.scoring.score_due()
        self.watching.watch_due()
        self.working_day.work_due()

    def first_link(self, url: str) -> str:
        """Return where to open the console: with a link that works once, as long as nobody has ever logged in."""
        secret = self.people.first_start()
        return f"{url}/" if secret is None else f"{url}{FIRST_LINK_PATH}{secret}"

    @property
    def failed(self) -> Exception | None:
        """Why nothing more is taken in or stored, or None; the process ought to exit with an error."""
        return self.collecting.failed

    def console(self) -> ConsoleServer:
        """Return the API and console of this platform, not yet started."""
        services = ConsoleServices(
            clock=self.clock,
            registry=self.stores.registry,
            telemetry=self.stores.telemetry,
            forecasts=self.stores.telemetry,
            verdicts=self.stores.verdicts,
            lives=self.stores.lives,
            life_forecasts=self.stores.telemetry,
            life_models=self.stores.life_models,
            quarantine=self.stores.quarantine,
            progress=self.stores.progress,
            models=self.stores.models,
            operations=self.stores.operations,
            demand=self.stores.telemetry,
            work_orders=self.work_orders,
            purchases=self.purchases,
            proposing=self.decisions.proposing,
            replenishing=self.decisions.replenishing,
            labelling=self.decisions.labelling,
            people=self.people,
            quarantine_keeping=self.quarantine_keeping,
            answers=self.stores.answers,
            collector_counts=lambda: asdict(self.collector.counts),
            spool_depth=self.stores.spool.depth,
        )
        api = self.settings.api
        return ConsoleServer(create_app(services, host_names=api.host_names), api.host, api.port)


@contextmanager
def running_platform(
    settings: Settings,
    stores: Stores,
    *,
    clock: Clock,
    receiving_clock: Clock,
    start: datetime,
    serving: Callable[[], FailureModel | None],
    detecting: Callable[[], AnomalyDetector | None],
    on_forwarded: Callable[[IntakeBatch], None] | None = None,
) -> Iterator[Platform]:
    """Start broker, collector and forwarder, and stop them again in the opposite order.

    Parameters
    ----------
    settings, stores
        What to run, and on what.
    clock
        What scoring goes by: wall time, or the replayed devices' watermarks.
    receiving_clock
        What the collector goes by: when a message came, and whether its time lies in the future.
    start
        Where scoring begins on stores without a verdict; otherwise it goes on after the newest one.
    serving
        Returns the model that scores; while it returns None readings are stored and nothing is forecast.
    detecting
        Returns the detector that watches for anomalies; while it returns None nothing is watched.
    on_forwarded
        Told of every batch that has reached the store.

    Raises
    ------
    PortInUse, BrokerUnavailable
        If the broker cannot be had.
    """
    start = _resumed(settings, stores, start)
    watching = _watching(settings, stores, detecting, clock, start)
    scoring = _scoring(settings, stores, serving, clock, start, watching)
    replaying = quarantine_replay(settings, stores.quarantine, stores.registry, stores.spool, receiving_clock)
    with running_collector(
        settings,
        stores,
        clock=receiving_clock,
        scored_until=lambda: scoring.scored_until,
        window=reach(serving, detecting),
        on_forwarded=on_forwarded,
    ) as collecting:
        yield Platform(
            settings,
            stores,
            clock,
            collecting,
            scoring,
            watching,
            decisions(settings, stores, clock, start=start),
            People(stores.operations, clock),
            QuarantineKeeping(stores.operations, replaying, clock),
        )


def _resumed(settings: Settings, stores: Stores, start: datetime) -> datetime:
    """Go on where the newest standing verdict ends, however long this process was away, within `catch_up`."""
    standing = [verdict.time for verdict in stores.verdicts.latest()]
    return max(max(standing), start - settings.scoring.catch_up) if standing else start


def _scoring(
    settings: Settings,
    stores: Stores,
    serving: Callable[[], FailureModel | None],
    clock: Clock,
    start: datetime,
    watching: Watching,
) -> Scoring:
    return Scoring(
        history=LiveHistory(stores.registry, stores.telemetry),
        registry=stores.registry,
        serving=serving,
        forecasts=stores.telemetry,
        verdicts=stores.verdicts,
        dirty=stores.dirty,
        clock=clock,
        every=settings.scoring.every,
        start=start,
        on_dirty=watching.watch_again,
    )


def _watching(
    settings: Settings,
    stores: Stores,
    detecting: Callable[[], AnomalyDetector | None],
    clock: Clock,
    start: datetime,
) -> Watching:
    return Watching(
        history=LiveHistory(stores.registry, stores.telemetry),
        registry=stores.registry,
        serving=detecting,
        health=stores.telemetry,
        records=stores.operations,
        clock=clock,
        every=settings.scoring.every,
        start=start,
    )
