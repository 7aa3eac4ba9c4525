import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pyarrow as pa
import pytest

from foreworn.clock import ManualClock
from foreworn.fleet.history import ARRIVAL_SCHEMA, LOG_SCHEMA, RecordedFleet
from foreworn.fleet.machine import Attachment
from foreworn.telemetry.sample import to_epoch_ms
from foreworn.telemetry.signal import Signal, SignalCatalogue
from simulators.publisher import DevicePublisher
from simulators.replay import HistoryReplay, Message, Step
from tests.unit.models.small_fleet import HOUR, START, at, history, machine

MACHINES = (machine("m1"), machine("m2"))
SEATS = (
    Attachment("gateway", "m2", datetime(2020, 1, 1, tzinfo=UTC)),
    Attachment("new", "m1", at(2)),
    Attachment("old", "m1", datetime(2020, 1, 1, tzinfo=UTC), at(2)),
)


def recorded(hours: Sequence[float], events: Sequence[tuple[str, datetime, str]] = ()) -> RecordedFleet:
    telemetry = [{"time": at(h), "machine": m.id, "vibration": 40.0 + h} for m in MACHINES for h in hours]
    return RecordedFleet(
        history(machines=MACHINES, telemetry=telemetry, events=events),
        SignalCatalogue({"*": [Signal("vibration")]}),
        SEATS,
    )


def with_arrivals(*arrivals: tuple[datetime, str, bytes]) -> RecordedFleet:
    rows = [dict(zip(ARRIVAL_SCHEMA.names, arrival, strict=True)) for arrival in arrivals]
    return replace(recorded([0]), arrivals=pa.Table.from_pylist(rows, schema=ARRIVAL_SCHEMA))


class Wire:
    """Takes what is published; acknowledges to devices and broker what it is told to."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []
        self.acknowledged_through: dict[str, int] = {}
        self.acknowledged = 0

    @property
    def sent(self) -> int:
        return len(self.said)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.said.append((topic.removeprefix("foreworn/v1/west/"), json.loads(payload)))


def replay(fleet: RecordedFleet, wire: Wire | None = None, clock: ManualClock | None = None) -> HistoryReplay:
    return HistoryReplay(fleet, cast(DevicePublisher, wire or Wire()), clock or ManualClock(START - HOUR))


def spoken(step: Step) -> list[tuple[str, str, int | None]]:
    return [(m.device, m.topic.rpartition("/")[2], m.seq) for m in step.messages]


def test_a_step_holds_what_is_stamped_after_the_one_before_and_up_to_its_time() -> None:
    steps = list(replay(recorded([0, 0.5, 1, 1.5])).steps(START, at(2)))
    assert [step.time for step in steps] == [at(0), at(1), at(2) - timedelta(milliseconds=1)]
    assert [sorted({m.time for m in step.messages}) for step in steps] == [[at(0)], [at(0.5), at(1)], [at(1.5)]]


def test_what_lies_outside_the_stretch_is_not_said() -> None:
    times = {m.time for step in replay(recorded([0, 1, 2, 3])).steps(at(1), at(3)) for m in step.messages}
    assert times == {at(1), at(2)}


def test_a_signal_is_said_in_the_unit_that_its_devices_send() -> None:
    fleet = recorded([60])
    catalogue = SignalCatalogue({"*": [Signal("vibration", "degC", sent_unit="degF")]})
    (step,) = [step for step in replay(replace(fleet, catalogue=catalogue)).steps(at(60), at(60.5)) if step.messages]
    assert {json.loads(message.payload)["values"]["vibration"] for message in step.messages} == {212.0}


def test_hours_in_which_nobody_speaks_are_steps_too() -> None:
    steps = list(replay(recorded([0, 4])).steps(START, at(4.5)))
    assert [len(step.messages) for step in steps] == [2, 0, 0, 0, 2, 0]


def test_every_device_numbers_what_it_says_events_of_a_time_first_and_samples_last() -> None:
    fleet = recorded([1, 2], events=[("m1", at(1), "E17"), ("m2", at(1.5), "E20")])
    line = {"time": at(1), "machine": "m2", "level": "error", "logger": "drive", "message": "hot"}
    logs = pa.Table.from_pylist([line], schema=LOG_SCHEMA)
    steps = list(replay(replace(fleet, history=replace(fleet.history, logs=logs))).steps(START, at(3)))
    said = [("old", "event", 1), ("gateway", "log", 1), ("old", "telemetry", 2), ("gateway", "telemetry", 2)]
    assert spoken(steps[1]) == said
    told = {"ts": to_epoch_ms(at(1)), "seq": 1, "level": "error", "logger": "drive", "message": "hot"}
    assert json.loads(steps[1].messages[1].payload) == told
    assert spoken(steps[2]) == [("gateway", "event", 3), ("new", "telemetry", 1), ("gateway", "telemetry", 4)]
    assert steps[1].last_seq == {"old": 2, "gateway": 2}
    assert steps[2].last_seq == {"old": 2, "gateway": 4, "new": 1}


def test_a_machine_without_a_device_at_the_time_cannot_have_spoken() -> None:
    loose = replace(recorded([0]), attachments=SEATS[:2])
    with pytest.raises(ValueError, match="no device sat on machine 'm1'"):
        list(replay(loose).steps(START, at(1)))


def test_a_signal_that_was_not_reported_is_not_said() -> None:
    fleet = recorded([0])
    half = fleet.history.telemetry.append_column("flow", pa.array([None, 3.5]))
    wire = Wire()
    devices = replay(replace(fleet, history=replace(fleet.history, telemetry=half)), wire)
    devices.run(START, at(1), speed=None, wait_for_platform=lambda step: None)
    assert [sorted(payload["values"]) for _, payload in wire.said] == [["vibration"], ["flow", "vibration"]]


def test_the_receiving_clock_is_at_the_step_before_its_messages_are_said() -> None:
    clock, seen = ManualClock(START - HOUR), []
    devices = replay(recorded([0, 1]), clock=clock)
    devices.run(START, at(2), speed=None, wait_for_platform=lambda step: seen.append((step.time, clock.now())))
    assert len(seen) == 3
    assert all(time == now for time, now in seen)


def test_a_reading_counts_as_acknowledged_when_its_device_was_told_so() -> None:
    wire = Wire()
    devices = replay(recorded([0, 1]), wire)

    def tell_the_gateway(step: Step) -> None:
        wire.acknowledged_through["gateway"] = step.last_seq["gateway"]

    devices.run(START, at(2), speed=None, wait_for_platform=tell_the_gateway)
    assert (devices.published, devices.acknowledged) == (4, 2)


SAMPLE = b'{"ts": 1767225600000, "values": {"vibration": 40.0}}'
TOPIC = "foreworn/v1/west/old/telemetry"


def messages(fleet: RecordedFleet) -> list[Message]:
    return [message for step in replay(fleet).steps(START, at(6)) for message in step.messages]


def test_recorded_arrivals_are_said_as_they_came() -> None:
    late = (at(5), TOPIC, SAMPLE)
    found = messages(with_arrivals((at(0.1), TOPIC, b"\xff broken"), (at(0.2), TOPIC, SAMPLE), late))
    assert [(m.time, m.payload, m.seq) for m in found] == [
        (at(0.1), b"\xff broken", None),
        (at(0.2), SAMPLE, None),
        (at(5), SAMPLE, None),
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "count"),
    [
        pytest.param(TOPIC, SAMPLE, 1, id="a sample"),
        pytest.param(TOPIC, b"[" + SAMPLE + b"," + SAMPLE.replace(b"600000", b"600001") + b"]", 2, id="a batch"),
        pytest.param(TOPIC, b'{"ts": "2026-01-01T00:00:00Z", "values": {}}', 1, id="a time in words"),
        pytest.param(TOPIC, b'{"values": {}}', 0, id="no time"),
        pytest.param(TOPIC, b'{"ts": 99999999999999999999, "values": {}}', 0, id="a time past all times"),
        pytest.param(TOPIC, b'{"ts": "soon", "values": {}}', 0, id="a time that is none"),
        pytest.param(TOPIC, b"7", 0, id="no object"),
        pytest.param(TOPIC, b"\x00\xff", 0, id="bytes"),
        pytest.param(TOPIC.replace("telemetry", "event"), b'{"ts": 1767225600000, "code": "E"}', 0, id="an event"),
        pytest.param("elsewhere", SAMPLE, 0, id="another topic"),
    ],
)
def test_the_readings_of_a_recorded_message_are_its_samples(topic: str, payload: bytes, count: int) -> None:
    (message,) = messages(with_arrivals((at(1), topic, payload)))
    assert len(message.readings) == count


def test_a_reading_said_twice_is_one() -> None:
    wire = Wire()
    devices = replay(with_arrivals((at(1), TOPIC, SAMPLE), (at(2), TOPIC, SAMPLE)), wire)

    def puback(step: Step) -> None:
        wire.acknowledged = wire.sent

    devices.run(START, at(6), speed=None, wait_for_platform=puback)
    assert (wire.sent, devices.published, devices.acknowledged) == (2, 1, 1)
