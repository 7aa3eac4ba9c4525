"""Run a replay: fill in the past, let the devices publish, score as time passes, judge at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow.compute as pc

from foreworn.bootstrap import Platform, Stores, running_platform
from foreworn.clock import ManualClock, ReplayClock
from foreworn.errors import ConfigurationError
from foreworn.fleet.history import FleetHistory, RecordedFleet
from foreworn.health.failure_model import FailureModel
from foreworn.loop.backfill import backfill, record_work
from foreworn.loop.order_record import OrderRecord
from foreworn.loop.replay_report import ReplayReport, replay_report
from foreworn.replay.counts import count
from foreworn.replay.history_work import HistoryWork
from foreworn.replay.pacer import Pacer
from foreworn.replay.stopwatch import Stopwatch
from foreworn.settings import Settings
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import MILLISECOND
from simulators.publisher import DevicePublisher
from simulators.replay import HistoryReplay


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay leaves: its report, and how long each stage took."""

    report: ReplayReport
    stopwatch: Stopwatch


def run_replay(
    settings: Settings,
    stores: Stores,
    fleet: RecordedFleet,
    model: FailureModel,
    *,
    start: datetime,
    end: datetime,
    speed: float | None = None,
    on_start: Callable[[Platform], None] | None = None,
    on_step: Callable[[datetime], None] | None = None,
) -> Replayed:
    """Let the fleet's devices publish [start, end) over a real broker, and judge what was forecast.

    What lies before `start` is put into the stores first, as if the platform had been there: the
    registry's records, and the telemetry, events and log lines that the model looks back on.

    Parameters
    ----------
    settings, stores
        The platform to replay through.
    fleet
        The recorded fleet.
    model
        What scores; it must not have seen anything from `start` on.
    start, end
        The stretch that is replayed.
    speed
        Replayed seconds per second on the wall; None: as fast as the platform takes it.
    on_start
        Called when the platform runs, before the first message.
    on_step
        Called after each step with the replayed time.

    Raises
    ------
    ConfigurationError
        If the record holds no telemetry in the stretch.
    """
    stretch = check_stretch(fleet, start, end)
    stopwatch = Stopwatch()
    with stopwatch.stage("fill in the past"):
        _prepare(stores, fleet, model.lookback, start)
    clock = ReplayClock(
        start - MILLISECOND,
        allowed_lateness=settings.scoring.allowed_lateness,
        idle_timeout=settings.scoring.idle_timeout,
    )
    receiving_clock = ManualClock(start - MILLISECOND)
    with running_platform(
        settings,
        stores,
        clock=clock,
        receiving_clock=receiving_clock,
        start=start - MILLISECOND,
        serving=lambda: model,
        detecting=lambda: None,
        on_forwarded=lambda batch: _observe(clock, batch),
    ) as platform:
        if on_start is not None:
            on_start(platform)
        with DevicePublisher(platform.mqtt) as publisher:
            work = HistoryWork(stores.registry, platform.work_orders, stretch)
            # A failure is reported when the platform's present has come to it, which a silent device holds back.
            pacer = Pacer(
                platform,
                publisher,
                stopwatch,
                on_stored=lambda time: work.do_until(min(time, clock.now())),
                on_step=on_step,
            )
            devices = HistoryReplay(fleet, publisher, receiving_clock, step=settings.scoring.every)
            _announce(publisher, fleet, start)
            devices.run(start, end, speed=speed, wait_for_platform=pacer.wait)
            clock.end(end - MILLISECOND)
            work.do_until(end - MILLISECOND)
            pacer.score()
            with stopwatch.stage("count and judge"):
                forecasts = stores.telemetry.forecasts(start, end)
                counts = count(fleet, stretch, devices, platform, publisher, forecasts, model.version)
                orders = OrderRecord.of(stores.operations)
                report = replay_report(counts, forecasts, fleet.history, model, orders, start, end)
    return Replayed(report, stopwatch)


def check_stretch(fleet: RecordedFleet, start: datetime, end: datetime) -> FleetHistory:
    """Return the history of [start, end).

    Raises
    ------
    ConfigurationError
        If the stretch ends before it begins, or the record holds no telemetry in it.
    """
    if end <= start:
        raise ConfigurationError(f"the stretch ends at {_stamp(end)}, before it begins at {_stamp(start)}")
    stretch = fleet.history.between(start, end)
    if not len(stretch.telemetry):
        time = fleet.history.telemetry["time"]
        raise ConfigurationError(
            f"the history has no telemetry from {_stamp(start)} to {_stamp(end)}; it reaches from "
            f"{_stamp(pc.min(time).as_py())} to {_stamp(pc.max(time).as_py())}"
        )
    return stretch


def _stamp(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _prepare(stores: Stores, fleet: RecordedFleet, lookback: timedelta, start: datetime) -> None:
    stores.enrol(fleet)
    past = fleet.history.until(start)
    record_work(stores.registry, past)
    backfill(stores.telemetry, past.between(start - lookback, start), fleet.attachments)


def _announce(publisher: DevicePublisher, fleet: RecordedFleet, start: datetime) -> None:
    """Say for every device that it wants to hear what is durable, as devices do when they connect.

    Recorded arrivals keep the numbers that they have, so nobody can say which is a device's oldest.
    """
    oldest = 1 if fleet.arrivals is None else None
    sites = {machine.id: machine.site for machine in fleet.history.machines}
    for attachment in fleet.attachments:
        publisher.announce(sites[attachment.machine], attachment.device, time=start, oldest=oldest)


def _observe(clock: ReplayClock, batch: IntakeBatch) -> None:
    for sample in batch.telemetry.samples:
        clock.observe(sample.device, sample.time)
