"""What only the bulk collector does; what every collector does is in test_collector.py."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from foreworn.settings import IngestionSettings
from foreworn.telemetry.sample import Status
from foreworn.telemetry.wire import Kind, encode_status, topic
from ingestion.collector.bulk import BulkCollector
from tests.unit.ingestion.collector_bench import WatchedIntake
from tests.unit.ingestion.fake_broker import FakeBroker
from tests.unit.ingestion.plant import TELEMETRY, payload, reception, registry

DEVICES = tuple(f"pump-{i}" for i in range(9))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10.0
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


@pytest.fixture
def broker() -> Iterator[FakeBroker]:
    with FakeBroker([]) as broker:
        yield broker


@pytest.fixture
def intake(broker: FakeBroker) -> WatchedIntake:
    return WatchedIntake(broker.log)


@pytest.fixture
def collector(broker: FakeBroker, intake: WatchedIntake) -> Iterator[BulkCollector]:
    """A collector, not started, that has room for a few messages and asks after a second of silence."""
    settings = IngestionSettings(ack_interval=timedelta(0), queue_bytes=1_048_576)
    mqtt = broker.settings.model_copy(update={"keep_alive": timedelta(seconds=1)})
    collector = BulkCollector(mqtt, settings, reception(registry(*DEVICES)), intake, hello=lambda _: broker.protocol)
    yield collector
    intake.may_commit.set()
    collector.stop()


def test_while_nothing_is_read_the_broker_is_told_that_we_live(
    broker: FakeBroker, intake: WatchedIntake, collector: BulkCollector
) -> None:
    collector.start()
    intake.may_commit.clear()
    large = payload() + b" " * 400_000
    for i in range(3):
        broker.delivers(TELEMETRY, large, i + 1)
    time.sleep(0.2)  # they have been read, and there is no more room
    began = time.process_time()
    broker.delivers(TELEMETRY, payload(), 4)
    until(lambda: broker.log.count(("ping",)) >= 2)
    assert time.process_time() - began < 1.0  # it waits, and does not spin
    assert broker.log.count(("connected",)) == 1
    intake.may_commit.set()
    until(lambda: [entry[1] for entry in broker.log if entry[0] == "acknowledged"] == [1, 2, 3, 4])
    assert broker.log.count(("connected",)) == 1


def test_a_broker_that_falls_silent_is_asked_and_then_left_for_another_try(
    broker: FakeBroker, collector: BulkCollector, caplog: pytest.LogCaptureFixture
) -> None:
    broker.confirms = False
    collector.start()
    until(lambda: broker.log.count(("connected",)) == 2)
    assert ("ping",) in broker.log
    assert "nothing was heard" in caplog.text


def test_no_more_acknowledgements_are_on_their_way_to_devices_than_the_broker_takes(
    broker: FakeBroker, collector: BulkCollector
) -> None:
    broker.window, broker.confirms = 4, False
    collector.start()
    for i, device in enumerate(DEVICES):
        online = encode_status(Status(device, "online", wants_ack=True))
        broker.delivers(topic("west", device, Kind.STATUS), online, 2 * i + 1)
        broker.delivers(topic("west", device, Kind.TELEMETRY), payload(), 2 * i + 2)

    def published() -> set[object]:
        return {entry[1] for entry in broker.log if entry[0] == "published"}

    until(lambda: len(published()) == 4)
    time.sleep(0.1)
    assert len(published()) == 4
    broker.confirms = True
    broker.sends(b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in range(32_768, 32_772)))
    until(lambda: len(published()) == len(DEVICES))


def test_many_messages_in_a_stream_are_committed_in_few_turns(
    broker: FakeBroker, intake: WatchedIntake, collector: BulkCollector
) -> None:
    collector.start()
    for i in range(3000):
        broker.delivers(topic("west", DEVICES[i % 9], Kind.TELEMETRY), payload(i), i + 1)
    until(lambda: collector.counts.messages == 3000)
    assert collector.counts.samples == 3000
    assert len(intake.batches) < 150
