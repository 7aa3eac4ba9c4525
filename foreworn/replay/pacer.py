"""The replay waits for the platform after every step, so that its speed never changes its result."""

import logging
import time as wall
from collections.abc import Callable
from datetime import datetime, timedelta

from foreworn.bootstrap import Platform
from foreworn.errors import BrokerUnavailable, StoreUnavailable
from foreworn.replay.stopwatch import Stopwatch
from simulators.publisher import DevicePublisher
from simulators.replay import Step

PATIENCE = timedelta(minutes=5)
"""How long one step may take before the replay gives up."""

KEPT = timedelta(seconds=10)
"""How long devices that keep their readings wait for the platform's word before they say them again."""

_log = logging.getLogger(__name__)


class Pacer:
    """Holds the replay until the platform has stored and scored all that was published.

    Parameters
    ----------
    platform, publisher
        Who listens, and who speaks.
    stopwatch
        Is told where the time went.
    on_stored
        Called with each step's time once its messages are stored, before anything is scored.
    on_step
        Called after each step with its time.
    """

    def __init__(
        self,
        platform: Platform,
        publisher: DevicePublisher,
        stopwatch: Stopwatch,
        *,
        on_stored: Callable[[datetime], None],
        on_step: Callable[[datetime], None] | None = None,
    ) -> None:
        self._platform = platform
        self._publisher = publisher
        self._stopwatch = stopwatch
        self._on_stored = on_stored
        self._on_step = on_step

    def wait(self, step: Step) -> None:
        """Return when the step's messages are acknowledged and stored, and what was due is scored."""
        with self._stopwatch.stage("publish and acknowledge"):
            self._arrive(step)
        with self._stopwatch.stage("forward to the store"):
            self._forward()
        self._on_stored(step.time)
        self.score()
        if self._on_step is not None:
            self._on_step(step.time)

    def score(self) -> None:
        """Score what is due and do the day's work, once the stores answer.

        Raises
        ------
        StoreUnavailable
            If they do not for too long.
        """
        with self._stopwatch.stage("score"):
            _once_stores_answer(self._platform.scoring.score_due)
            _once_stores_answer(self._platform.watching.watch_due)
        with self._stopwatch.stage("decide and label"):
            _once_stores_answer(self._platform.working_day.work_due)

    def _arrive(self, step: Step) -> None:
        """Wait until the platform has all that was published."""
        try:
            self._publisher.flush(PATIENCE)
            if step.last_seq:
                self._until(lambda: self._is_acknowledged(step))
            else:
                self._until(lambda: self._platform.collector.counts.messages >= self._publisher.sent)
        except TimeoutError as late:
            raise BrokerUnavailable(self._platform.broker.host, self._platform.broker.port, str(late)) from late

    def _is_acknowledged(self, step: Step) -> bool:
        """Wait a while for the platform's word, then say again what it has not acknowledged.

        A broker that is killed loses what it took and had not delivered; its devices have it still.
        """
        try:
            self._publisher.wait_acknowledged(step.last_seq, KEPT)
        except TimeoutError:
            through = self._publisher.acknowledged_through
            for message in step.messages:
                if message.seq is not None and message.seq > through.get(message.device, -1):
                    self._publisher.publish(message.topic, message.payload)
            self._publisher.flush(PATIENCE)
            return False
        return True

    def _until(self, done: Callable[[], bool]) -> None:
        """Wait for the collector; a broker that comes back may take a while to hand over what it kept."""
        deadline = _deadline()
        while not done():
            if self._platform.failed is not None:
                raise self._platform.failed
            if wall.monotonic() > deadline:
                raise TimeoutError("published messages do not arrive")
            wall.sleep(0.001)

    def _forward(self) -> None:
        """Wait until the store has all that arrived."""
        try:
            self._platform.forwarder.drain(PATIENCE)
        except TimeoutError as late:
            raise StoreUnavailable("the telemetry store", str(late)) from late


def _once_stores_answer(work: Callable[[], object]) -> None:
    deadline = _deadline()
    while True:
        try:
            work()
            return
        except StoreUnavailable as away:
            if wall.monotonic() > deadline:
                raise
            _log.warning("%s; the replay waits", away)
            wall.sleep(away.retry_after.total_seconds())


def _deadline() -> float:
    return wall.monotonic() + PATIENCE.total_seconds()
