"""The golden history's second week through the whole platform: late data, broken messages and a failure in it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pyarrow.compute as pc
from pydantic import SecretStr

from foreworn.bootstrap import Platform, for_replay, open_stores, read_history
from foreworn.fleet.history import RecordedFleet
from foreworn.loop.replay_report import ReplayReport
from foreworn.replay import run_replay
from foreworn.settings import BrokerKind, MqttSettings, Settings, StoreSettings
from foreworn.telemetry.sample import MILLISECOND
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train
from simulators import golden
from simulators.golden.breakage import BROKEN_MESSAGES, BROKEN_VALUES

START = datetime(2026, 1, 12, tzinfo=UTC)
END = datetime(2026, 1, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)

_REFUSALS = [
    *((message.received_at, message.reason) for message in BROKEN_MESSAGES),
    *((value.time, value.reason) for value in BROKEN_VALUES),
]
REFUSED = sorted(reason for time, reason in _REFUSALS if START <= time < END)
"""What the platform has to refuse of that week."""


@cache
def model() -> GradientBoostedFailureModel:
    past = golden.training_fleet().history
    until = pc.max(past.telemetry["time"]).as_py() + MILLISECOND
    return train(past, until=until, settings=FailureModelSettings(trees=30))


@cache
def fleet() -> RecordedFleet:
    """With every message as it arrived."""
    return read_history(golden.folder())


@cache
def plain_fleet() -> RecordedFleet:
    """As a history without recorded arrivals: every device says each of its readings once, and numbers them."""
    return replace(fleet(), arrivals=None)


@dataclass(frozen=True)
class Outcome:
    """A replay's report, and what was refused on the way."""

    report: ReplayReport
    quarantined: dict[str, int]

    @property
    def figures(self) -> dict[str, object]:
        return self.report.as_json()

    def readings(self) -> tuple[int, int, int]:
        counts = self.report.counts
        return counts.readings_sent, counts.readings_acknowledged, counts.readings_stored


def replayed(
    folder: Path,
    *,
    store: str | None = None,
    token: str | None = None,
    mqtt: MqttSettings | None = None,
    of: RecordedFleet | None = None,
    start: datetime = START,
    end: datetime = END,
    speed: float | None = None,
    on_start: Callable[[Platform], None] | None = None,
    on_step: Callable[[datetime], None] | None = None,
) -> Outcome:
    """Replay on stores of its own in `folder`, through a mosquitto unless told otherwise."""
    settings = Settings(
        data_dir=folder,
        mqtt=mqtt or MqttSettings(broker=BrokerKind.MOSQUITTO),
        store=StoreSettings(influx_token=None if token is None else SecretStr(token)),
    )
    own = for_replay(settings, store)
    stores = open_stores(own)
    try:
        done = run_replay(
            own,
            stores,
            of or fleet(),
            model(),
            start=start,
            end=end,
            speed=speed,
            on_start=on_start,
            on_step=on_step,
        )
        return Outcome(done.report, dict(stores.quarantine.count()))
    finally:
        stores.close()
