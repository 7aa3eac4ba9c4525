"""The replay waits for the platform after every step, so that its speed never changes its result."""

import time as wall
from collections.abc import Callable
from datetime import datetime, timedelta

from foreworn.bootstrap import Platform
from foreworn.errors import BrokerUnavailable
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backfill import record_work
from foreworn.loop.live_history import EARLIEST
from foreworn.replay.stopwatch import Stopwatch
from foreworn.telemetry.sample import MILLISECOND
from simulators.publisher import DevicePublisher
from simulators.replay import Step

PATIENCE = timedelta(minutes=5)
"""How long one step may take before the replay gives up."""


class Pacer:
    """Holds the replay until the platform has stored and scored all that was published.

    Parameters
    ----------
    platform, publisher
        Who listens, and who speaks.
    stretch
        The replayed history; its maintenance and failures are put on record as their time comes.
    stopwatch
        Is told where the time went.
    on_step
        Called after each step with the replayed time.
    """

    def __init__(
        self,
        platform: Platform,
        publisher: DevicePublisher,
        stretch: FleetHistory,
        stopwatch: Stopwatch,
        on_step: Callable[[datetime], None] | None,
    ) -> None:
        self._platform = platform
        self._publisher = publisher
        self._stretch = stretch
        self._stopwatch = stopwatch
        self._on_step = on_step
        self._recorded_until = EARLIEST

    def wait(self, step: Step) -> None:
        """Return when the step's messages are acknowledged and stored, and what was due is scored."""
        with self._stopwatch.stage("publish and acknowledge"):
            self._publisher.flush(PATIENCE)
            self._until(lambda: self._platform.collector.counts.messages >= self._publisher.sent)
            self._publisher.wait_acknowledged(step.last_seq, PATIENCE)
        with self._stopwatch.stage("forward to the store"):
            self._platform.forwarder.drain(PATIENCE)
        self._record_work(step.time)
        self.score()
        if self._on_step is not None:
            self._on_step(step.time)

    def score(self) -> None:
        """Score what is due."""
        with self._stopwatch.stage("score"):
            self._platform.scoring.score_due()

    def _record_work(self, time: datetime) -> None:
        """Put the maintenance and failures of the step on record, as people would."""
        record_work(self._platform.stores.registry, self._stretch.between(self._recorded_until, time + MILLISECOND))
        self._recorded_until = time + MILLISECOND

    def _until(self, done: Callable[[], bool]) -> None:
        """Wait for the collector; a broker that comes back may take a while to hand over what it kept."""
        deadline = wall.monotonic() + PATIENCE.total_seconds()
        while not done():
            if self._platform.failed is not None:
                raise self._platform.failed
            if wall.monotonic() > deadline:
                raise BrokerUnavailable(
                    self._platform.broker.host, self._platform.broker.port, "published messages do not arrive"
                )
            wall.sleep(0.001)
