"""What the collector promises the broker, watched through a stand-in for paho's client."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from foreworn.errors import ConfigurationError, SpoolFailed, StoreUnavailable
from foreworn.fleet.machine import Attachment
from foreworn.settings import IngestionSettings, MqttSettings
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import Status
from foreworn.telemetry.wire import Kind, encode_status, topic
from ingestion.collector import PahoCollector
from ingestion.collector_counts import CollectorCounts
from ingestion.handshake import Protocol
from ingestion.reception import Reception
from tests.unit.ingestion.fake_client import FakeClient
from tests.unit.ingestion.plant import DEVICE, NEW_YEAR, TELEMETRY, payload, reception, registry, sample

STATUS = topic("west", DEVICE, Kind.STATUS)
ACK = topic("west", DEVICE, Kind.ACK)
ONLINE = encode_status(Status(DEVICE, "online", wants_ack=True))
Log = list[tuple[object, ...]]


class WatchedIntake:
    """Writes commits into the log, and fails or waits where it is told to."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.batches: list[IntakeBatch] = []
        self.fails = False
        self.may_commit = threading.Event()
        self.may_commit.set()

    def commit(self, batch: IntakeBatch) -> None:
        assert self.may_commit.wait(10.0)
        if self.fails:
            raise SpoolFailed("the disk is full")
        self.batches.append(batch)
        self.log.append(("committed", len(batch)))


class Bench:
    """A collector with its stand-ins."""

    def __init__(
        self, *, desk: Reception | None = None, in_flight: int = 1000, ack_interval: float = 0.0, grants: bool = True
    ) -> None:
        self.log: Log = []
        self.client = FakeClient(self.log, grants=grants)
        self.intake = WatchedIntake(self.log)
        self.collector = PahoCollector(
            MqttSettings(in_flight=in_flight),
            IngestionSettings(ack_interval=timedelta(seconds=ack_interval)),
            desk or reception(),
            self.intake,
            new_client=self.client.new,
            hello=lambda settings: Protocol.V5,
        )

    def wait(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10.0
        while not holds():
            assert time.monotonic() < deadline, f"it did not happen; the log is {self.log}"
            time.sleep(0.002)

    def acknowledged(self) -> list[object]:
        return [entry[1] for entry in self.log if entry[0] == "acknowledged"]

    def published(self) -> list[tuple[object, ...]]:
        return [entry[1:3] for entry in self.log if entry[0] == "published"]


def started(bench: Bench) -> Bench:
    bench.collector.start()
    return bench


def test_a_message_is_acknowledged_only_after_it_is_committed() -> None:
    bench = started(Bench())
    for i in range(50):
        bench.client.delivers(TELEMETRY, payload(i), message_id=i + 1)
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


def test_nothing_is_acknowledged_while_the_disk_is_slow() -> None:
    bench = started(Bench())
    bench.intake.may_commit.clear()
    bench.client.delivers(TELEMETRY, payload(), message_id=1)
    time.sleep(0.1)
    assert bench.acknowledged() == []
    bench.intake.may_commit.set()
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()


def test_a_commit_that_fails_acknowledges_nothing_and_the_collector_gives_up() -> None:
    bench = started(Bench())
    bench.intake.fails = True
    bench.client.delivers(TELEMETRY, payload(), message_id=1)
    bench.wait(lambda: ("disconnected",) in bench.log)
    assert isinstance(bench.collector.failed, SpoolFailed)
    bench.client.delivers(TELEMETRY, payload(1), message_id=2)
    bench.collector.stop()
    assert bench.acknowledged() == []
    assert bench.collector.counts == CollectorCounts()


def test_messages_are_acknowledged_in_the_order_they_came() -> None:
    bench = started(Bench())
    ids = [7, 3, 65535, 1, 2]
    for i in ids:
        bench.client.delivers(TELEMETRY, payload(i % 100), message_id=i)
    bench.wait(lambda: bench.acknowledged() == ids)
    bench.collector.stop()


def test_what_comes_while_the_disk_is_slow_is_committed_as_one_batch() -> None:
    bench = started(Bench())
    bench.intake.may_commit.clear()
    for i in range(20):
        bench.client.delivers(TELEMETRY, payload(i), message_id=i + 1)
    bench.intake.may_commit.set()
    bench.wait(lambda: len(bench.acknowledged()) == 20)
    bench.collector.stop()
    assert sum(len(batch) for batch in bench.intake.batches) == 20
    assert len(bench.intake.batches) <= 2


def test_a_full_queue_makes_the_broker_wait() -> None:
    bench = started(Bench(in_flight=3))
    bench.intake.may_commit.clear()
    bench.client.delivers(TELEMETRY, payload(0), message_id=1)
    time.sleep(0.1)  # the committer has taken the first one, and waits for the disk

    def deliver() -> None:
        for i in range(1, 5):
            bench.client.delivers(TELEMETRY, payload(i), message_id=i + 1)

    network = threading.Thread(target=deliver)
    network.start()
    network.join(0.1)
    assert network.is_alive()
    bench.intake.may_commit.set()
    network.join(10.0)
    bench.wait(lambda: bench.acknowledged() == [1, 2, 3, 4, 5])
    bench.collector.stop()


def test_a_rejected_message_is_acknowledged_once_its_quarantine_entry_is_durable() -> None:
    bench = started(Bench())
    bench.client.delivers(TELEMETRY, b"junk", message_id=1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert bench.log[:2] == [("committed", 1), ("acknowledged", 1, 1)]
    (rejection,) = bench.intake.batches[0].rejections
    assert (rejection.reason, rejection.payload, rejection.topic) == ("unreadable", b"junk", TELEMETRY)


def test_a_topic_that_is_not_utf_8_is_quarantined_and_acknowledged() -> None:
    bench = started(Bench())
    bench.client.delivers("foreworn/v1/\udcff/x/event", b"{}", message_id=1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert [r.reason for r in bench.intake.batches[0].rejections] == ["unknown_topic"]


def test_messages_of_a_lost_connection_are_kept_but_not_acknowledged_on_the_next() -> None:
    bench = started(Bench())
    bench.intake.may_commit.clear()
    bench.client.delivers(TELEMETRY, payload(0), message_id=1)
    bench.client.goes_away()
    bench.client.comes_back()
    bench.client.delivers(TELEMETRY, payload(1), message_id=2)
    bench.intake.may_commit.set()
    bench.wait(lambda: bench.acknowledged() == [2])
    bench.collector.stop()
    kept = [s for batch in bench.intake.batches for s in batch.telemetry.samples]
    assert kept == [sample(0), sample(1)]


def test_stopping_commits_and_acknowledges_what_has_come_before_it_disconnects() -> None:
    bench = started(Bench())
    bench.intake.may_commit.clear()
    for i in range(5):
        bench.client.delivers(TELEMETRY, payload(i), message_id=i + 1)
    stopping = threading.Thread(target=bench.collector.stop)
    stopping.start()
    bench.intake.may_commit.set()
    stopping.join(10.0)
    assert bench.acknowledged() == [1, 2, 3, 4, 5]
    assert bench.log[-2:] == [("disconnected",), ("loop stopped",)]
    assert bench.collector.failed is None


def test_every_kind_that_devices_publish_is_subscribed_at_qos_1() -> None:
    bench = started(Bench())
    bench.collector.stop()
    assert bench.client.subscriptions == [
        (f"foreworn/v1/+/+/{kind}", 1) for kind in ("telemetry", "event", "log", "status")
    ]


def test_a_broker_that_refuses_the_subscription_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="grant it"):
        Bench(grants=False).collector.start()


def test_a_device_that_wants_it_is_told_what_is_durable() -> None:
    bench = started(Bench())
    bench.client.delivers(STATUS, ONLINE, message_id=1, retain=True)
    for i in range(3):
        bench.client.delivers(TELEMETRY, payload(i), message_id=i + 2)
    bench.wait(lambda: (ACK, b'{"through":2}') in bench.published())
    bench.collector.stop()
    assert bench.log.index(("acknowledged", 4, 1)) < bench.log.index(("published", ACK, b'{"through":2}', 1))


def test_a_device_is_told_at_most_once_per_interval_and_the_last_word_is_not_forgotten() -> None:
    bench = started(Bench(ack_interval=0.3))
    bench.client.delivers(STATUS, ONLINE, message_id=1, retain=True)
    for i in range(10):
        bench.client.delivers(TELEMETRY, payload(i), message_id=i + 2)
        time.sleep(0.005)
    bench.wait(lambda: (ACK, b'{"through":9}') in bench.published())
    bench.collector.stop()
    assert len(bench.published()) <= 2


def test_a_device_that_does_not_ask_is_not_told() -> None:
    bench = started(Bench())
    bench.client.delivers(STATUS, encode_status(Status(DEVICE, "online")), message_id=1)
    bench.client.delivers(TELEMETRY, payload(), message_id=2)
    bench.wait(lambda: bench.acknowledged() == [1, 2])
    bench.collector.stop()
    assert bench.published() == []


def test_a_rejected_number_is_acknowledged_to_the_device_too() -> None:
    bench = started(Bench())
    bench.client.delivers(STATUS, ONLINE, message_id=1)
    bench.client.delivers(TELEMETRY, payload(0), message_id=2)
    bench.client.delivers(TELEMETRY, payload(1, vibration=1e9), message_id=3)
    bench.wait(lambda: (ACK, b'{"through":1}') in bench.published())
    bench.collector.stop()


def test_a_retained_status_told_again_after_a_reconnect_is_not_taken_in_again() -> None:
    bench = started(Bench())
    bench.client.delivers(STATUS, ONLINE, message_id=1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.client.goes_away()
    bench.client.comes_back()
    bench.client.delivers(STATUS, ONLINE, message_id=2, retain=True)
    bench.wait(lambda: bench.acknowledged() == [1, 2])
    bench.collector.stop()
    assert sum(len(batch.statuses) for batch in bench.intake.batches) == 1


def test_a_last_will_that_comes_again_live_is_taken_in_again() -> None:
    bench = started(Bench())
    for i in (1, 2):
        bench.client.delivers(STATUS, encode_status(Status(DEVICE, "offline")), message_id=i)
    bench.wait(lambda: bench.acknowledged() == [1, 2])
    bench.collector.stop()
    assert [s.time for batch in bench.intake.batches for s in batch.statuses] == [None, None]


def test_the_counts_are_of_what_was_committed() -> None:
    bench = started(Bench())
    bench.client.delivers(STATUS, ONLINE, message_id=1)
    bench.client.delivers(TELEMETRY, payload(0), message_id=2)
    bench.client.delivers(TELEMETRY, b"junk", message_id=3)
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


def test_while_the_registry_is_down_messages_wait_and_nobody_is_called_unknown() -> None:
    fleet = absent_registry()
    bench = started(Bench(desk=reception(fleet)))
    bench.client.delivers(TELEMETRY, payload(), message_id=1)
    time.sleep(0.1)
    assert bench.acknowledged() == []
    fleet.is_down = False
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert bench.intake.batches[0].rejections == ()


def test_stopping_while_the_registry_is_down_leaves_the_messages_with_the_broker() -> None:
    bench = started(Bench(desk=reception(absent_registry())))
    bench.client.delivers(TELEMETRY, payload(), message_id=1)
    bench.collector.stop()
    assert (bench.acknowledged(), bench.intake.batches, bench.collector.failed) == ([], [], None)


def test_batches_say_when_they_were_received() -> None:
    bench = started(Bench(desk=reception(now=NEW_YEAR)))
    bench.client.delivers(TELEMETRY, payload(0), message_id=1)
    bench.wait(lambda: bench.acknowledged() == [1])
    bench.collector.stop()
    assert bench.intake.batches[0].received_at == NEW_YEAR
