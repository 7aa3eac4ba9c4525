"""Run the demo: a plant's past, then its life over MQTT in fast time, with people who act on what is said."""

import resource
import time as wall
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from foreworn.bootstrap import Platform, Stores, check_port, open_stores, running_platform, start_afresh
from foreworn.clock import ManualClock, ReplayClock
from foreworn.data_folder import data_folder_lock
from foreworn.demo.audience import DemoAudience
from foreworn.demo.result import DemoResult, price
from foreworn.demo.season import BEGIN, PAST, Season, settle_in, simulated_past
from foreworn.demo.shuffled_model import ShuffledModel
from foreworn.health.failure_model import FailureModel
from foreworn.planning.work_order import WorkOrderState
from foreworn.replay.pacer import Pacer
from foreworn.replay.stopwatch import Stopwatch
from foreworn.settings import Settings
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import MILLISECOND
from simulators.people import Accounts, Planner, Storekeeper, Technicians
from simulators.plant import Plant, PlantFile
from simulators.plant.period import Failure
from simulators.plant.speaker import DeviceMessage, Speaker
from simulators.publisher import DevicePublisher
from simulators.replay import Message, Step

DAY = timedelta(days=1)
HORIZON, EVERY = timedelta(days=7), timedelta(hours=12)
LEAST_SAVING = 100.0
"""About what a look for nothing costs there; below it nobody is sent. [currency]"""
SETTLING = timedelta(days=3)
"""The windows of a week still hold the old component's readings."""
DONE = (WorkOrderState.COMPLETED, WorkOrderState.CLOSED)


class Scores(StrEnum):
    """Whose scores are acted on."""

    MODEL = "model"
    SHUFFLED = "shuffled"
    """The model's, given to the wrong machines: the proof that knowledge is what saves."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What is to be shown.

    Parameters
    ----------
    file, seed
        The plant, and its luck; None takes the file's seed.
    live
        How long it lives over MQTT.
    scores
        Whose scores are acted on.
    patience
        How long a proposal stands before the simulated planner approves it.
    day
        How long a day of the plant takes on the wall at least, so that a person can follow.
    by_hand
        Whether orders are left to the visitor; technicians and storekeeper go on as they do.
    """

    file: PlantFile
    seed: int | None
    live: timedelta
    scores: Scores = Scores.MODEL
    patience: timedelta = timedelta(0)
    day: timedelta = timedelta(0)
    by_hand: bool = False


def demo_settings(settings: Settings) -> Settings:
    """Return settings for machines that wear over weeks: looked at twice a day, a week ahead."""
    return settings.model_copy(
        update={
            "scoring": settings.scoring.model_copy(update={"horizon": HORIZON, "every": EVERY}),
            "planning": settings.planning.model_copy(
                update={"propose_every": EVERY, "least_saving": LEAST_SAVING, "settling": SETTLING}
            ),
        }
    )


def run_demo(
    settings: Settings, plan: DemoPlan, audience: DemoAudience, *, leave_open: Callable[[], None]
) -> DemoResult:
    """Run the demo on the data folder, emptied; the console stays until `leave_open` returns.

    Raises
    ------
    PortInUse
        If the console's port is taken: said before a year is simulated, not after.
    """
    check_port(settings.api.host, settings.api.port)
    with data_folder_lock(settings):
        start_afresh(settings)
        stores = open_stores(settings)
        try:
            audience.simulating(plan.file, BEGIN - PAST, BEGIN)
            plant, past = simulated_past(plan.file, plan.seed, on_progress=audience.simulated)
            audience.learning(past)
            season = settle_in(settings, stores, plant, past)
            for note in season.notes:
                audience.note(note)
            return _Live(settings, stores, plan, season, audience).run(leave_open)
        finally:
            stores.close()


class _Live:
    """The plant's life over MQTT, step by step."""

    def __init__(
        self, settings: Settings, stores: Stores, plan: DemoPlan, season: Season, audience: DemoAudience
    ) -> None:
        self._settings, self._stores, self._plan, self._audience = settings, stores, plan, audience
        self._season = season
        self._plant = season.plant
        self._before = season.plant.fork()
        self._start = season.plant.now
        self._end = self._start + plan.live
        self._accounts = Accounts(self._plant.costs, {m.id: m.model for m in self._plant.machines})
        self._clock = ReplayClock(
            self._start - MILLISECOND,
            allowed_lateness=settings.scoring.allowed_lateness,
            idle_timeout=settings.scoring.idle_timeout,
        )
        self._receiving_clock = ManualClock(self._start - MILLISECOND)

    def run(self, leave_open: Callable[[], None]) -> DemoResult:
        model = self._model()
        with running_platform(
            self._settings,
            self._stores,
            clock=self._clock,
            receiving_clock=self._receiving_clock,
            start=self._start - MILLISECOND,
            serving=lambda: model,
            detecting=lambda: self._season.detector,
            on_forwarded=self._observe,
        ) as platform:
            console = platform.console()
            console.start()
            try:
                self._audience.console_open(platform.first_link(console.url), self._start, self._end)
                with DevicePublisher(platform.mqtt) as publisher:
                    self._live(platform, publisher)
                result = self._result()
                self._audience.finished(result)
                leave_open()
                return result
            finally:
                console.stop()

    def _model(self) -> FailureModel | None:
        if self._plan.scores is Scores.MODEL or self._season.model is None:
            return self._season.model
        return ShuffledModel(self._season.model, self._plant.machines, seed=self._plant.seed)

    def _observe(self, batch: IntakeBatch) -> None:
        for sample in batch.telemetry.samples:
            self._clock.observe(sample.device, sample.time)

    def _live(self, platform: Platform, publisher: DevicePublisher) -> None:
        speaker = Speaker(self._plant)
        for device, site in speaker.announcements().items():
            publisher.announce(site, device, time=self._start, oldest=1)
        stopwatch = Stopwatch()
        pacer = Pacer(platform, publisher, stopwatch, on_stored=self._pass_until, on_step=self._audience.reached)
        people = _People(self._plant, platform, self._accounts, self._plan)
        # A reading bears the begin of its step, so every round ends one step after a time that is scored.
        steps = 1
        begun = wall.monotonic()
        while self._plant.now < self._end:
            self._keep_pace(begun)
            period = self._plant.advance(min(steps, -(-(self._end - self._plant.now) // self._plant.step)))
            steps = max(1, self._settings.scoring.every // self._plant.step)
            messages = speaker.messages(period)
            self._receiving_clock.set(period.end)
            for message in messages:
                publisher.publish(message.topic, message.payload)
            # A device whose readings were all lost so far has said nothing that could be acknowledged.
            said = {device: seq for device, seq in speaker.last_seq.items() if seq}
            pacer.wait(Step(period.end, [_message(m, period.end) for m in messages], said))
            with stopwatch.stage("people"):
                people.act(period.end, period.failures)
        people.settle(self._end)
        self._audience.timed(stopwatch.seconds, self._plan.live)

    def _keep_pace(self, begun: float) -> None:
        """Wait until as much time has passed on the wall as the plan asks for."""
        due = begun + (self._plant.now - self._start) / DAY * self._plan.day.total_seconds()
        wall.sleep(max(0.0, due - wall.monotonic()))

    def _pass_until(self, time: datetime) -> None:
        """Put the clock where all that was said is past, and nothing that will be said."""
        self._clock.end(time - MILLISECOND)

    def _result(self) -> DemoResult:
        with self._stores.operations.reading() as tx:
            completed = len(tx.orders.find(states=DONE))
            labels = tx.labels.of_model()
            jobs_failed = len(tx.jobs.failed())
        return price(
            self._before,
            self._accounts,
            scores=self._plan.scores,
            by_hand=self._plan.by_hand,
            horizon=self._settings.scoring.horizon,
            end=self._end,
            completed=completed,
            notes=self._season.notes,
            jobs_failed=jobs_failed,
            labelled=sum(label.decided_at is not None for label in labels),
            peak_memory_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )


class _People:
    """Everybody who works in the plant, in the order of their day."""

    def __init__(self, plant: Plant, platform: Platform, accounts: Accounts, plan: DemoPlan) -> None:
        operations = platform.stores.operations
        self._by_hand = plan.by_hand
        self._technicians = Technicians(plant, operations, platform.work_orders, accounts)
        self._planner = Planner(plant, operations, platform.work_orders, patience=plan.patience)
        self._storekeeper = Storekeeper(plant, operations, platform.purchases)

    def settle(self, end: datetime) -> None:
        """Book what is still open when the stretch is over."""
        self._technicians.settle(end)

    def act(self, now: datetime, failures: tuple[Failure, ...]) -> None:
        self._technicians.act(now, failures)
        if not self._by_hand:
            self._planner.act(now)
        self._storekeeper.act(now)


def _message(message: DeviceMessage, time: datetime) -> Message:
    return Message(time, message.topic, message.payload, message.device, (), message.last_seq)
