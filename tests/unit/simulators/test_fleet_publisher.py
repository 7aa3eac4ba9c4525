"""A fleet that publishes its history by itself: hour by hour, each acknowledged before the next."""

import json
from datetime import datetime, timedelta
from typing import Self

import pytest

from foreworn.errors import BrokerUnavailable
from foreworn.fleet.history import RecordedFleet
from foreworn.fleet.machine import Attachment
from foreworn.settings import MqttSettings
from foreworn.telemetry.signal import Signal, SignalCatalogue
from simulators import fleet_publisher
from simulators.fleet_publisher import publish_fleet
from simulators.publisher import DevicePublisher
from tests.unit.models.small_fleet import HOUR, START, at, history, machine

FLEET = RecordedFleet(
    history(
        machines=(machine("m1"),),
        telemetry=[{"time": at(h), "machine": "m1", "vibration": 40.0 + h} for h in range(4)],
        events=[("m1", at(1.5), "E17")],
    ),
    SignalCatalogue({"*": [Signal("vibration")]}),
    (Attachment("d1", "m1", START - HOUR),),
)


class Wire:
    """A publisher that tells what it was asked to do, in order."""

    acknowledged = 0

    def __init__(self, story: list[object]) -> None:
        self.story = story
        self.sent = 0
        self.acknowledged_through: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.story.append("closed")

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.sent += 1
        self.story.append((topic.split("/")[-1], json.loads(payload)["ts"]))

    def flush(self, patience: timedelta) -> None:
        self.story.append("acknowledged")


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def test_each_hour_is_acknowledged_before_it_is_told_and_the_next_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    story: list[object] = []
    monkeypatch.setattr(fleet_publisher, "DevicePublisher", lambda settings: Wire(story))
    sent = publish_fleet(FLEET, MqttSettings(), START, at(3), speed=None, on_step=story.append)
    last = at(3) - timedelta(milliseconds=1)
    assert story == [
        *[("telemetry", _ms(at(0))), "acknowledged", at(0)],
        *[("telemetry", _ms(at(1))), "acknowledged", at(1)],
        *[("event", _ms(at(1.5))), ("telemetry", _ms(at(2))), "acknowledged", at(2)],
        *["acknowledged", last, "closed"],
    ]
    assert sent == 4


def test_without_a_broker_it_says_so_and_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(self: DevicePublisher) -> DevicePublisher:
        raise BrokerUnavailable("localhost", 1883, "refused")

    monkeypatch.setattr(DevicePublisher, "__enter__", nobody)
    with pytest.raises(BrokerUnavailable):
        publish_fleet(FLEET, MqttSettings(), START, at(3), speed=None, on_step=lambda _: pytest.fail("told"))
