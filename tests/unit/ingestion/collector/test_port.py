"""What every collector promises the broker and the devices, watched by a stand-in for the broker."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol as Port

import pytest

from foreworn.errors import ConfigurationError, SpoolFailed, StoreUnavailable
from foreworn.fleet.machine import Attachment
from foreworn.settings import IngestionSettings
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.telemetry.sample import Status
from foreworn.telemetry.wire import DEVICE_KINDS, Kind, encode_batch, encode_status, topic
from ingestion.collector.counts import CollectorCounts
from ingestion.reception.reception import Reception
from ingestion.session.handshake import Protocol
from tests.unit.ingestion.collector_bench import COLLECTORS, Bench
from tests.unit.ingestion.fake_broker import FakeBroker, publish
from tests.unit.ingestion.plant import DEVICE, NEW_YEAR, TELEMETRY, payload, reception, registry, sample

STATUS = topic("west", DEVICE, Kind.STATUS)
ACK = topic("west", DEVICE, Kind.ACK)
ONLINE = encode_status(Status(DEVICE, "online", wants_ack=True))
SPOKEN = {"MQTT 5": Protocol.V5, "MQTT 3.1.1": Protocol.V311}


class NewBench(Port):
    """Makes a bench of the collector the test runs with."""

    def __call__(
        self,
        *,
        desk: Reception | None = None,
        in_flight: int = 1000,
        granted: int = 1,
        protocol: Protocol = Protocol.V5,
        **ingestion: object,
    ) -> Bench: ...


@pytest.fixture(params=COLLECTORS)
def new_bench(request: pytest.FixtureRequest) -> Iterator[NewBench]:
    """Make benches; their collectors and brokers end with the test."""
    made: list[Bench] = []

    def make(
        *,
        desk: Reception | None = None,
        in_flight: int = 1000,
        granted: int = 1,
        protocol: Protocol = Protocol.V5,
        **ingestion: object,
    ) -> Bench:
        settings = IngestionSettings.model_validate({"ack_interval": timedelta(0), **ingestion})
        broker = FakeBroker([], protocol, granted=granted)
        made.append(Bench(request.param, broker, desk or reception(settings=settings), in_flight, settings))
        return made[-1]

    yield make
    for bench in made:
        bench.intake.may_commit.set()
        bench.collector.stop()
        bench.broker.close()


@pytest.fixture
def bench(new_bench: NewBench) -> Bench:
    """A collector that is connected to a broker that speaks MQTT 5."""
    return started(new_bench())


def started(bench: Bench) -> Bench:
    bench.collector.start()
    return bench


def test_a_message_is_acknowledged_only_after_it_is_committed(bench: Bench) -> None:
    for i in range(50):
        bench.broker.delivers(TELEMETRY, payload(i), i + 1)
    bench.wait(lambda: len(bench.acknowledged()) == 50)
    bench.collector.stop()
    committed = 0
    for entry in bench.log:
        if entry[0] == "committed":
            assert isinstance(entry[1], int)
            committed += entry[1]
        elif entry[0] == "acknowledged":
            assert isinstance(entry[1], int)
            assert entry[1] <= committed, f"message {entry[1]} was acknowledged before it was committed"


def test_nothing_is_acknowledged_while_the_disk_is_slow(bench: Bench) -> None:
    bench.intake.may_commit.clear()
    bench.broker.delivers(TELEMETRY, payload(), 1)
    time.sleep(0.1)
    assert bench.acknowledged() == []
    bench.intake.may_commit.set()
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()


def test_a_commit_that_fails_acknowledges_nothing_and_the_collector_gives_up(bench: Bench) -> None:
    bench.intake.fails = True
    bench.broker.delivers(TELEMETRY, payload(), 1)
    bench.wait(lambda: ("gone",) in bench.log)
    assert isinstance(bench.collector.failed, SpoolFailed)
    assert bench.acknowledged() == []
    assert bench.collector.counts == CollectorCounts()


def test_messages_are_acknowledged_in_the_order_they_came(bench: Bench) -> None:
    ids = [7, 3, 65535, 1, 2]
    for i in ids:
        bench.broker.delivers(TELEMETRY, payload(i % 100), i)
    bench.wait(lambda: bench.acknowledged() == ids)
    bench.collector.stop()


def test_what_comes_while_the_disk_is_slow_is_committed_as_one_batch(bench: Bench) -> None:
    bench.intake.may_commit.clear()
    for i in range(20):
        bench.broker.delivers(TELEMETRY, payload(i), i + 1)
    time.sleep(0.2)  # they have been read
    bench.intake.may_commit.set()
    bench.wait(lambda: len(bench.acknowledged()) == 20)
    bench.collector.stop()
    assert sum(len(batch) for batch in bench.intake.batches) == 20
    assert len(bench.intake.batches) <= 2


def test_what_is_not_yet_durable_is_bounded_and_the_broker_waits(new_bench: NewBench) -> None:
    bench = started(new_bench(queue_bytes=1_048_576, in_flight=65_535))
    bench.intake.may_commit.clear()
    large = payload() + b" " * 60_000

    def deliver() -> None:
        for i in range(400):
            bench.broker.delivers(TELEMETRY, large, i + 1)

    network = threading.Thread(target=deliver)
    network.start()
    network.join(0.5)
    assert network.is_alive()
    bench.intake.may_commit.set()
    network.join(10.0)
    bench.wait(lambda: bench.acknowledged() == list(range(1, 401)))


def test_a_rejected_message_is_acknowledged_once_its_quarantine_entry_is_durable(bench: Bench) -> None:
    bench.broker.delivers(TELEMETRY, b"junk", 1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert bench.log[1:3] == [("committed", 1), ("acknowledged", 1)]
    (rejection,) = bench.intake.batches[0].rejections
    assert (rejection.reason, rejection.payload, rejection.topic) == ("unreadable", b"junk", TELEMETRY)


def test_a_topic_that_is_not_utf_8_is_quarantined_and_acknowledged(bench: Bench) -> None:
    bench.broker.delivers("foreworn/v1/\udcff/x/event", b"{}", 1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert [r.reason for r in bench.intake.batches[0].rejections] == ["unknown_topic"]


@pytest.mark.parametrize("protocol", SPOKEN.values(), ids=SPOKEN)
def test_messages_of_a_lost_connection_are_kept_but_not_acknowledged_on_the_next(
    new_bench: NewBench, protocol: Protocol
) -> None:
    bench = started(new_bench(protocol=protocol))
    bench.delivers_across_a_cut()
    bench.wait(lambda: bench.acknowledged() == [2])
    assert bench.kept() == [sample(0), sample(1)]
    assert len(bench.broker.subscriptions) == len(DEVICE_KINDS)


@pytest.mark.parametrize("protocol", SPOKEN.values(), ids=SPOKEN)
def test_a_message_is_taken_in_whatever_its_size_and_however_it_is_chopped(
    new_bench: NewBench, protocol: Protocol
) -> None:
    bench = started(new_bench(protocol=protocol))
    payloads = [payload(0), b"", b"1", encode_batch([sample(h) for h in range(1, 4000)]), payload(4000)]
    packets = b"".join(publish(TELEMETRY.encode(), p, i + 1, protocol) for i, p in enumerate(payloads))
    for start, stop in ((0, 1), (1, 2), (2, 5), (5, 40), (40, 9_000), (9_000, len(packets) - 1), (-1, len(packets))):
        bench.broker.sends(packets[start:stop])
        time.sleep(0.01)
    bench.wait(lambda: bench.acknowledged() == [1, 2, 3, 4, 5])
    assert bench.kept() == [sample(h) for h in range(4001)]
    assert [r.payload for batch in bench.intake.batches for r in batch.rejections] == [b"", b"1"]


def test_a_message_that_comes_at_qos_0_is_taken_in_and_has_no_acknowledgement(bench: Bench) -> None:
    bench.broker.delivers(TELEMETRY, payload(0), 0, qos=0)
    bench.broker.delivers(TELEMETRY, payload(1), 1)
    bench.wait(lambda: bench.acknowledged() == [1])
    assert bench.kept() == [sample(0), sample(1)]


def test_a_message_that_comes_at_qos_2_ends_the_collector_and_is_not_acknowledged(bench: Bench) -> None:
    packet = publish(TELEMETRY.encode(), payload(), 1, Protocol.V5, qos=2)
    bench.broker.sends(packet)
    bench.broker.sends(b"\x62\x02\x00\x01")  # PUBREL
    bench.wait(lambda: ("gone",) in bench.log)
    assert isinstance(bench.collector.failed, ConfigurationError)
    assert "FOREWORN_MQTT__CLIENT_ID" in str(bench.collector.failed)
    assert (bench.acknowledged(), bench.kept()) == ([], [])


def test_a_message_that_is_too_large_is_quarantined_and_acknowledged_in_its_turn(new_bench: NewBench) -> None:
    bench = started(new_bench(largest_payload=1024))
    for i, body in enumerate([payload(0), b"x" * 1025, payload(1), b"y" * 500_000, payload(2)]):
        bench.broker.delivers(TELEMETRY, body, i + 1)
    bench.wait(lambda: bench.acknowledged() == [1, 2, 3, 4, 5])
    assert bench.kept() == [sample(0), sample(1), sample(2)]
    rejections = [r for batch in bench.intake.batches for r in batch.rejections]
    assert [(r.reason, r.device, r.payload[:1]) for r in rejections] == [
        ("oversize", DEVICE, b"x"),
        ("oversize", DEVICE, b"y"),
    ]
    assert "500000 bytes, the limit is 1024" in rejections[1].detail


def test_bytes_that_are_no_mqtt_end_the_connection_and_not_the_collector(bench: Bench) -> None:
    bench.broker.delivers(TELEMETRY, payload(0), 1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.broker.sends(b"\x32\xff\xff\xff\xff\x01")
    bench.wait(lambda: bench.log.count(("connected",)) == 2)
    bench.broker.delivers(TELEMETRY, payload(1), 1)
    bench.wait(lambda: bench.acknowledged() == [1, 1])
    assert bench.kept() == [sample(0), sample(1)]
    assert bench.collector.failed is None


def test_stopping_commits_and_acknowledges_what_has_come_before_it_disconnects(bench: Bench) -> None:
    bench.intake.may_commit.clear()
    for i in range(5):
        bench.broker.delivers(TELEMETRY, payload(i), i + 1)
    time.sleep(0.1)  # they have been read
    stopping = threading.Thread(target=bench.collector.stop)
    stopping.start()
    bench.intake.may_commit.set()
    stopping.join(10.0)
    bench.wait(lambda: bench.log[-1] == ("gone",))
    assert bench.acknowledged() == [1, 2, 3, 4, 5]
    assert bench.log[-2] == ("disconnected",)
    assert bench.collector.failed is None


@pytest.mark.parametrize("protocol", SPOKEN.values(), ids=SPOKEN)
def test_every_kind_that_devices_publish_is_subscribed_at_qos_1(new_bench: NewBench, protocol: Protocol) -> None:
    bench = started(new_bench(protocol=protocol))
    assert bench.broker.subscriptions == [(f"foreworn/v1/+/+/{kind}", 1) for kind in DEVICE_KINDS]


def test_the_session_is_persistent_and_its_window_is_the_setting(new_bench: NewBench) -> None:
    bench = started(new_bench(in_flight=321))
    (connect,) = bench.broker.connect_packets
    assert connect[7] & 0x02 == 0  # no clean start
    assert b"\x11\xff\xff\xff\xff" in connect  # the session never expires
    assert b"\x21\x01\x41" in connect  # receive maximum


@pytest.mark.parametrize(
    ("granted", "why"),
    [
        pytest.param(0x87, "grant it", id="refused"),
        pytest.param(0, "at QoS 0", id="without acknowledgement"),
        pytest.param(2, "at QoS 2", id="with more than we can acknowledge"),
    ],
)
def test_a_broker_that_grants_anything_but_qos_1_is_a_configuration_error(
    new_bench: NewBench, granted: int, why: str
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        new_bench(granted=granted).collector.start()


def test_a_device_that_wants_it_is_told_what_is_durable(bench: Bench) -> None:
    bench.broker.delivers(STATUS, ONLINE, 1, retain=True)
    for i in range(3):
        bench.broker.delivers(TELEMETRY, payload(i), i + 2)
    bench.wait(lambda: (ACK, b'{"through":2}') in bench.published())
    bench.collector.stop()
    assert bench.log.index(("acknowledged", 4)) < bench.log.index(("published", ACK, b'{"through":2}', 1))


def test_a_device_is_told_at_most_once_per_interval_and_the_last_word_is_not_forgotten(new_bench: NewBench) -> None:
    bench = started(new_bench(ack_interval=timedelta(seconds=0.3)))
    bench.broker.delivers(STATUS, ONLINE, 1, retain=True)
    for i in range(10):
        bench.broker.delivers(TELEMETRY, payload(i), i + 2)
        time.sleep(0.005)
    bench.wait(lambda: (ACK, b'{"through":9}') in bench.published())
    bench.collector.stop()
    assert len(bench.published()) <= 2


def test_a_device_that_does_not_ask_is_not_told(bench: Bench) -> None:
    bench.broker.delivers(STATUS, encode_status(Status(DEVICE, "online")), 1)
    bench.broker.delivers(TELEMETRY, payload(), 2)
    bench.wait(lambda: bench.acknowledged() == [1, 2])
    bench.collector.stop()
    assert bench.published() == []


def test_a_rejected_number_is_acknowledged_to_the_device_too(bench: Bench) -> None:
    bench.broker.delivers(STATUS, ONLINE, 1)
    bench.broker.delivers(TELEMETRY, payload(0), 2)
    bench.broker.delivers(TELEMETRY, payload(1, vibration=1e9), 3)
    bench.wait(lambda: (ACK, b'{"through":1}') in bench.published())
    bench.collector.stop()


def test_a_retained_status_told_again_after_a_reconnect_is_not_taken_in_again(bench: Bench) -> None:
    bench.broker.delivers(STATUS, ONLINE, 1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.broker.goes_away()
    bench.wait(lambda: bench.log.count(("connected",)) == 2)
    bench.broker.delivers(STATUS, ONLINE, 2, retain=True)
    bench.wait(lambda: bench.acknowledged() == [1, 2])
    assert sum(len(batch.statuses) for batch in bench.intake.batches) == 1


def test_an_acknowledgement_that_may_have_been_lost_with_the_connection_is_told_again(new_bench: NewBench) -> None:
    bench = new_bench()
    bench.broker.confirms = False
    started(bench)
    bench.broker.delivers(STATUS, ONLINE, 1)
    bench.broker.delivers(TELEMETRY, payload(3), 2)
    told = (ACK, b'{"through":3}')
    bench.wait(lambda: bench.published() == [told])
    bench.broker.goes_away()
    bench.wait(lambda: bench.published() == [told, told])


def test_where_a_device_stands_is_committed_with_its_readings_and_known_to_the_next_process(
    new_bench: NewBench,
) -> None:
    bench = new_bench()
    bench.intake.known = {DEVICE: 6}
    started(bench)
    bench.broker.delivers(STATUS, ONLINE, 1)
    bench.broker.delivers(TELEMETRY, payload(8), 2)
    bench.wait(lambda: bench.acknowledged() == [1, 2])
    assert bench.intake.known == {DEVICE: 6}  # 7 is missing, and may have died with the broker
    bench.broker.delivers(TELEMETRY, payload(7), 3)
    bench.wait(lambda: (ACK, b'{"through":8}') in bench.published())
    assert bench.intake.known == {DEVICE: 8}


def test_a_last_will_that_comes_again_live_is_taken_in_again(bench: Bench) -> None:
    for i in (1, 2):
        bench.broker.delivers(STATUS, encode_status(Status(DEVICE, "offline")), i)
    bench.wait(lambda: bench.acknowledged() == [1, 2])
    bench.collector.stop()
    assert [s.time for batch in bench.intake.batches for s in batch.statuses] == [None, None]


def test_the_counts_are_of_what_was_committed(bench: Bench) -> None:
    bench.broker.delivers(STATUS, ONLINE, 1)
    bench.broker.delivers(TELEMETRY, payload(0), 2)
    bench.broker.delivers(TELEMETRY, b"junk", 3)
    bench.wait(lambda: bench.acknowledged() == [1, 2, 3])
    bench.collector.stop()
    counts = bench.collector.counts
    assert (counts.messages, counts.samples, counts.statuses, counts.rejections) == (3, 1, 1, 1)
    assert counts.commits == len(bench.intake.batches)


class AbsentRegistry(MemoryFleetRegistry):
    """A registry that does not answer until it is told to."""

    is_down = True

    def attachments(self) -> list[Attachment]:
        if self.is_down:
            raise StoreUnavailable("registry", "connection refused", retry_after=timedelta(milliseconds=5))
        return registry(DEVICE).attachments()


def absent_registry() -> AbsentRegistry:
    fleet, known = AbsentRegistry(), registry(DEVICE)
    fleet.add_signals(known.catalogue())
    fleet.add(known.machines(), known.attachments())
    return fleet


def test_while_the_registry_is_down_messages_wait_and_nobody_is_called_unknown(new_bench: NewBench) -> None:
    fleet = absent_registry()
    bench = started(new_bench(desk=reception(fleet)))
    bench.broker.delivers(TELEMETRY, payload(), 1)
    time.sleep(0.1)
    assert bench.acknowledged() == []
    fleet.is_down = False
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert bench.intake.batches[0].rejections == ()


def test_stopping_while_the_registry_is_down_leaves_the_messages_with_the_broker(new_bench: NewBench) -> None:
    bench = started(new_bench(desk=reception(absent_registry())))
    bench.broker.delivers(TELEMETRY, payload(), 1)
    bench.collector.stop()
    assert (bench.acknowledged(), bench.intake.batches, bench.collector.failed) == ([], [], None)


def test_batches_say_when_they_were_received(new_bench: NewBench) -> None:
    bench = started(new_bench(desk=reception(now=NEW_YEAR)))
    bench.broker.delivers(TELEMETRY, payload(0), 1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert bench.intake.batches[0].received_at == NEW_YEAR
