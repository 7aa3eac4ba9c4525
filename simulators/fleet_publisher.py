"""Let a fleet's devices publish its history to a broker that somebody else runs."""

from collections.abc import Callable
from datetime import datetime, timedelta

from foreworn.clock import ManualClock
from foreworn.fleet.history import RecordedFleet
from foreworn.settings import MqttSettings
from foreworn.telemetry.sample import MILLISECOND
from simulators.publisher import DevicePublisher
from simulators.replay import HistoryReplay, Step

PATIENCE = timedelta(minutes=1)


def publish_fleet(
    fleet: RecordedFleet,
    settings: MqttSettings,
    start: datetime,
    end: datetime,
    *,
    speed: float | None,
    on_step: Callable[[datetime], None],
) -> int:
    """Publish what the devices said in [start, end), hour by hour, and return how many messages that were.

    Parameters
    ----------
    fleet, start, end
        What is published.
    settings
        The broker.
    speed
        Simulated seconds per second on the wall; None: as fast as the broker takes it.
    on_step
        Called with the simulated time after each hour, once the broker has acknowledged it.

    Raises
    ------
    BrokerUnavailable
        If no broker answers.
    """
    with DevicePublisher(settings) as publisher:

        def acknowledged(step: Step) -> None:
            publisher.flush(PATIENCE)
            on_step(step.time)

        devices = HistoryReplay(fleet, publisher, ManualClock(start - MILLISECOND))
        devices.run(start, end, speed=speed, wait_for_platform=acknowledged)
        return publisher.sent
