"""`Reception.take`: what is read by column, what is left to be read message by message, and what is remembered."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.clock import ManualClock
from foreworn.errors import StoreUnavailable
from foreworn.fleet.machine import Attachment, Machine
from foreworn.settings import IngestionSettings, UnknownDevices
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.telemetry.sample_columns import SampleColumns
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from ingestion.formats.message import Contents, Message
from ingestion.formats.native_json import NativeJsonDecoder
from ingestion.reception import seats
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.reception import Reception
from ingestion.reception.turn import Heard, Turn
from ingestion.reception.validation import Validator
from tests.unit.ingestion.plant import HOUR, NEW_YEAR, payload, registry
from tests.unit.ingestion.two_roads import REDELIVERED, RETAINED, Sent, frames_of

NOW = NEW_YEAR + 24 * HOUR


class CountingDecoder:
    """Counts what is read message by message."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self._decoder = NativeJsonDecoder(1 << 20)

    def decode(self, message: Message) -> Contents:
        self.read.append(message.topic)
        return self._decoder.decode(message)


class FailingRegistry(MemoryFleetRegistry):
    """Can be made to fail."""

    is_down = False

    def attachments(self) -> list[Attachment]:
        if self.is_down:
            raise StoreUnavailable("registry", "connection refused")
        return super().attachments()


class Desk:
    """A reception whose time and registry are in the test's hands."""

    def __init__(
        self, fleet: MemoryFleetRegistry, *, unknown_devices: UnknownDevices = UnknownDevices.QUARANTINE
    ) -> None:
        self.fleet = fleet
        self.seconds = 0.0
        self.decoder = CountingDecoder()
        clock = ManualClock(NOW)
        directory = RegistryDirectory(fleet, monotonic=lambda: self.seconds)
        settings = IngestionSettings(unknown_devices=unknown_devices)
        self.reception = Reception(self.decoder, Validator(directory, clock, settings), clock)

    def take(self, *messages: Sent) -> Turn:
        return self.reception.take(frames_of(messages))


def desk(*devices: str) -> Desk:
    return Desk(registry(*devices))


def sent(device: str, body: bytes, header: int = 0x32, *, kind: str = "telemetry", site: str = "west") -> Sent:
    return Sent(f"foreworn/v1/{site}/{device}/{kind}".encode(), body, header)


def reading(second: int, values: str, seq: int | None = None) -> bytes:
    number = "" if seq is None else f'"seq": {seq}, '
    return f'{{"ts": {1767225600000 + 1000 * second}, {number}"values": {{{values}}}}}'.encode()


def values(turn: Turn) -> list[tuple[str, datetime, dict[str, object]]]:
    return [(s.device, s.time, dict(s.values)) for s in turn.batch.telemetry.samples]


def test_good_telemetry_is_read_by_column_and_never_as_objects() -> None:
    here = desk("a", "b")
    turn = here.take(
        sent("a", reading(1, '"vibration": 1, "mode": "run"', 7)),
        sent("b", b"[" + reading(1, '"starts": 2', 3) + b"," + reading(2, '"starts": 4') + b"]"),
        sent("a", reading(2, '"vibration": 5.5', 8)),
    )
    assert here.decoder.read == []
    samples = turn.batch.telemetry.samples
    assert isinstance(samples, SampleColumns)
    assert samples.table.schema.field("vibration").type == pa.float64()
    assert [(s.device, (s.time - NEW_YEAR).seconds, dict(s.values), s.seq) for s in samples] == [
        ("a", 1, {"vibration": 1.0, "mode": "run"}, 7),
        ("b", 1, {"starts": 2}, 3),
        ("b", 2, {"starts": 4}, None),
        ("a", 2, {"vibration": 5.5}, 8),
    ]
    assert turn.heard == (Heard("a", "west", [7, 8], False, None), Heard("b", "west", [3], False, None))
    assert turn.batch.received_at == NOW


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(reading(1, '"starts": 41.0'), id="41.0 for an integer"),
        pytest.param(reading(1, '"vibration": -1'), id="out of range"),
        pytest.param(reading(1, '"hours_run": 9007199254740993'), id="past 2^53 where there is a range"),
        pytest.param(reading(1, ""), id="no value"),
        pytest.param(reading(-1, '"vibration": 1'), id="before the device was attached"),
        pytest.param(reading(24 * 3600 + 601, '"vibration": 1'), id="in the future"),
        pytest.param(b'{"ts": "2026-01-01T00:00:01Z", "values": {"vibration": 1}}', id="a time in words"),
        pytest.param(b"[" + reading(1, '"vibration": 1') + b"," + reading(2, '"torque": 1') + b"]", id="half a batch"),
        pytest.param(b"[]", id="an empty batch"),
        pytest.param(b"junk", id="no JSON"),
        pytest.param(reading(1, '"vibration": 1') + b" " * (1 << 20), id="larger than the limit"),
    ],
)
def test_a_message_with_any_doubt_is_read_on_its_own_and_whole(body: bytes) -> None:
    here = desk("a", "b")
    turn = here.take(sent("b", payload(1)), sent("a", body), sent("b", payload(2)))
    assert here.decoder.read == ["foreworn/v1/west/a/telemetry"]
    alone = desk("a", "b").reception.read("foreworn/v1/west/a/telemetry", body)
    assert turn.batch.rejections == alone.rejections
    assert [s for s in turn.batch.telemetry.samples if s.device == "a"] == list(alone.samples)
    assert [s.time for s in turn.batch.telemetry.samples if s.device == "b"] == [NEW_YEAR + HOUR, NEW_YEAR + 2 * HOUR]


def test_of_the_same_sample_on_both_roads_the_later_received_comes_last() -> None:
    for first, second in (("41.0", "42"), ("42", "41.0")):
        turn = desk("a").take(sent("a", reading(1, f'"starts": {first}')), sent("a", reading(1, f'"starts": {second}')))
        assert [s["starts"] for _, _, s in values(turn)] == [float(first), float(second)]


def test_numbers_are_heard_in_order_with_what_comes_again_kept_apart() -> None:
    turn = desk("a", "b").take(
        sent("a", reading(1, '"vibration": 1', 1)),
        sent("b", reading(1, '"vibration": 1', 9)),
        sent("a", b'{"ts": 1767225601000, "seq": 2, "code": "E1"}', kind="event"),
        sent("a", reading(2, '"vibration": -1', 3)),
        sent("a", reading(1, '"vibration": 1', 1), 0x32 | REDELIVERED),
        sent("a", b"[" + reading(3, '"vibration": 1', 4) + b"," + reading(4, '"vibration": 1', 6) + b"]"),
        sent("a", b'{"state": "online", "wants_ack": true}', kind="status", site="east"),
    )
    (wish, *told) = turn.heard
    assert wish == Heard("a", "east", (), False, True)
    assert [(h.seqs, h.redelivered) for h in told if h.device == "b"] == [([9], False)]
    joined: list[tuple[int, bool]] = [(seq, h.redelivered) for h in told if h.device == "a" for seq in h.seqs]
    assert joined == [(1, False), (2, False), (3, False), (1, True), (4, False), (6, False)]


def test_a_retained_status_that_is_known_is_passed_over() -> None:
    here = desk("a")
    online, offline = b'{"state": "online", "wants_ack": true}', b'{"state": "offline"}'

    def states(*messages: Sent) -> Sequence[str]:
        return [status.state for status in here.take(*messages).batch.statuses]

    assert states(sent("a", online, kind="status")) == ["online"]
    assert states(sent("a", online, 0x32 | RETAINED, kind="status")) == []
    assert states(sent("a", online, kind="status")) == ["online"]
    assert states(sent("a", offline, 0x32 | RETAINED, kind="status")) == ["offline"]


@pytest.mark.parametrize("policy", [UnknownDevices.REFUSE, UnknownDevices.QUARANTINE])
def test_a_retained_status_of_a_device_that_was_unknown_is_taken_once_it_is_known(policy: UnknownDevices) -> None:
    fleet = registry("a")
    here = Desk(fleet, unknown_devices=policy)
    online = sent("new", b'{"state": "online", "wants_ack": true}', 0x32 | RETAINED, kind="status")
    assert here.take(online).batch.statuses == ()
    fleet.add([Machine("m", "px", "west", NEW_YEAR)], [Attachment("new", "m", NEW_YEAR)])
    here.seconds = 1.0
    turn = here.take(online)
    assert [status.device for status in turn.batch.statuses] == ["new"]
    assert [(heard.device, heard.wants_ack) for heard in turn.heard] == [("new", True)]


def test_a_device_that_moves_is_noticed_within_a_minute() -> None:
    here = desk("a")
    here.take(sent("a", reading(1, '"starts": 1')))
    here.fleet.add(
        [Machine("other", "py", "west", NEW_YEAR)],
        [Attachment("a", "machine of a", NEW_YEAR, NEW_YEAR + HOUR), Attachment("a", "other", NEW_YEAR + HOUR)],
    )
    here.seconds = 60.0
    turn = here.take(sent("a", reading(3599, '"starts": 1')), sent("a", reading(3600, '"starts": 1')))
    assert len(values(turn)) == 1
    assert [r.reason for r in turn.batch.rejections] == ["unknown_signal"]
    here.decoder.read.clear()
    assert len(values(here.take(sent("a", reading(3600, '"vibration": 1'))))) == 1
    assert here.decoder.read == []


def test_a_new_signal_is_noticed_within_a_second_and_then_read_by_column() -> None:
    here = desk("a")
    torque = sent("a", reading(1, '"torque": 1'))
    assert [r.reason for r in here.take(torque).batch.rejections] == ["unknown_signal"]
    here.fleet.add_signals(SignalCatalogue({"px": [Signal("torque", "N.m")]}))
    here.seconds = 1.0
    assert [v for _, _, v in values(here.take(torque))] == [{"torque": 1.0}]
    here.decoder.read.clear()
    assert [v for _, _, v in values(here.take(torque))] == [{"torque": 1.0}]
    assert here.decoder.read == []


def test_a_changed_range_is_noticed_within_a_minute() -> None:
    here = desk("a")
    high = sent("a", reading(1, '"vibration": 99'))
    assert len(values(here.take(high))) == 1
    here.fleet.add_signals(SignalCatalogue({"px": [Signal("vibration", "mm/s", low=0.0, high=50.0)]}))
    here.seconds = 60.0
    assert [r.reason for r in here.take(high).batch.rejections] == ["out_of_range"]


def test_two_models_are_one_table_in_the_order_the_messages_came() -> None:
    here = desk("a")
    here.fleet.add_signals(SignalCatalogue({"py": [Signal("flow"), Signal("vibration", "mm/s")]}))
    here.fleet.add([Machine("m", "py", "west", NEW_YEAR)], [Attachment("b", "m", NEW_YEAR)])
    turn = here.take(
        sent("b", reading(1, '"flow": 1')),
        sent("a", reading(1, '"starts": 2')),
        sent("b", reading(2, '"vibration": 3')),
    )
    assert here.decoder.read == []
    assert isinstance(turn.batch.telemetry.samples, SampleColumns)
    assert [(device, v) for device, _, v in values(turn)] == [
        ("b", {"flow": 1.0}),
        ("a", {"starts": 2}),
        ("b", {"vibration": 3.0}),
    ]


def test_a_type_that_changes_in_the_middle_of_a_turn_leaves_each_sample_its_own() -> None:
    here = desk("a")
    here.take()
    here.fleet.add_signals(SignalCatalogue({"px": [Signal("starts", type=SignalType.STATE)]}))
    here.seconds = 1.0
    turn = here.take(
        sent("a", reading(1, '"starts": 1')),
        sent("a", reading(2, '"torque": 1')),
        sent("a", reading(3, '"starts": "x"')),
    )
    assert [v for _, _, v in values(turn)] == [{"starts": 1}, {"starts": "x"}]


def test_a_turn_that_the_registry_cannot_answer_may_be_taken_again_as_if_for_the_first_time() -> None:
    fleet = FailingRegistry()
    fleet.add_signals(SignalCatalogue({"px": [Signal("flow", most_per_second=1.0)]}))
    fleet.add([Machine("a", "px", "west", NEW_YEAR)], [Attachment("a", "a", NEW_YEAR)])
    here = Desk(fleet)
    messages = (
        sent("a", reading(1, '"flow": 1')),
        sent("a", reading(2, '"flow": 9')),
        sent("a", reading(10, '"flow": 9')),
        sent("a", b'{"state": "online"}', 0x32 | RETAINED, kind="status"),
        sent("stranger", reading(1, '"flow": 1')),
    )
    expected = Desk(fleet).take(*messages)
    here.take()
    fleet.is_down, here.seconds = True, 1.0
    with pytest.raises(StoreUnavailable):
        here.take(*messages)
    fleet.is_down = False
    assert here.take(*messages) == expected
    assert [r.reason for r in expected.batch.rejections] == ["too_fast", "unknown_device"]


def test_a_device_with_a_limited_signal_is_read_by_column_while_all_of_it_is_good() -> None:
    here = desk("a", "b")
    here.fleet.add_signals(SignalCatalogue({"px": [Signal("flow", most_per_second=1.0)]}))
    steady = [sent("a", reading(second, f'"flow": {second}')) for second in range(3)]
    hasty = [sent("b", reading(second, f'"flow": {second * 2}')) for second in range(3)]
    turn = here.take(*steady, *hasty)
    assert here.decoder.read == ["foreworn/v1/west/b/telemetry"] * 3
    assert [(r.device, r.reason) for r in turn.batch.rejections] == [("b", "too_fast")] * 2
    assert [r.reason for r in here.take(sent("a", reading(3, '"flow": 9'))).batch.rejections] == ["too_fast"]


def test_topics_that_anybody_thinks_up_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "MOST_TOPICS", 10)
    here = desk("a")
    for turn in range(5):
        here.take(*(sent("a", reading(1, '"starts": 1'), site=f"site {turn} {n}") for n in range(8)))
    assert len(here.reception._express._seats.table) < 10 + 8
    assert here.decoder.read == []


def test_a_topic_longer_than_any_of_ours_is_refused_and_not_remembered() -> None:
    here = desk("a")
    longest = f"foreworn/v1/{'🙂' * 128}/{'🙃' * 128}/telemetry".encode()
    here.take(*(Sent(longest + b"x" * (60_000 + n), b"{}", 0x32) for n in range(5)), Sent(longest, b"{}", 0x32))
    seats_taken = here.reception._express._seats
    assert set(seats_taken) == {b"", longest}
    assert seats_taken.table[seats_taken[longest]].device == "🙃" * 128
    assert len(here.decoder.read) == 6


def test_a_signal_called_like_a_column_of_the_table_is_not_lost() -> None:
    fleet = MemoryFleetRegistry()
    fleet.add_signals(SignalCatalogue({"px": [Signal("time"), Signal("flow")]}))
    fleet.add([Machine("a", "px", "west", NEW_YEAR)], [Attachment("a", "a", NEW_YEAR)])
    turn = Desk(fleet).take(sent("a", reading(1, '"time": 1')), sent("a", reading(2, '"flow": 1')))
    assert [v for _, _, v in values(turn)] == [{"time": 1.0}, {"flow": 1.0}]


def test_a_wide_model_is_read_by_column() -> None:
    fleet = MemoryFleetRegistry()
    fleet.add_signals(SignalCatalogue({"px": [Signal(f"s{i}", high=500.0) for i in range(400)]}))
    fleet.add([Machine("a", "px", "west", NEW_YEAR)], [Attachment("a", "a", NEW_YEAR)])
    here = Desk(fleet)
    turn = here.take(
        sent("a", reading(1, ",".join(f'"s{i}": {i}' for i in range(400)))), sent("a", reading(2, '"s9": 1'))
    )
    assert here.decoder.read == []
    assert [len(v) for _, _, v in values(turn)] == [400, 1]


def test_nothing_is_a_turn_too() -> None:
    turn = desk("a").take()
    assert (len(turn.batch), turn.heard) == (0, ())


def test_a_second_longer_than_the_tolerance_is_the_future() -> None:
    tolerance = IngestionSettings().future_tolerance
    assert tolerance > timedelta(0)
    at = int((NOW + tolerance - NEW_YEAR).total_seconds())
    here = desk("a")
    turn = here.take(sent("a", reading(at, '"starts": 1')), sent("a", reading(at + 1, '"starts": 1')))
    assert (len(values(turn)), [r.reason for r in turn.batch.rejections]) == (1, ["future_time"])
