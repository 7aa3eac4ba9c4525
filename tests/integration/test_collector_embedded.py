"""The collector against the broker in this process, which needs no server to be installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from foreworn.settings import BrokerKind, MqttSettings
from foreworn.telemetry.wire import Kind, topic
from ingestion.broker.starting import RunningBroker, free_port, start_broker
from simulators.publisher import DevicePublisher
from tests.integration.collecting import SOON, CollectingLine
from tests.unit.ingestion.plant import DEVICE, NEW_YEAR, TELEMETRY, payload


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    with start_broker(MqttSettings(broker=BrokerKind.EMBEDDED, port=free_port()), tmp_path) as running:
        yield running


def test_the_whole_way_works_through_the_embedded_broker(broker: RunningBroker, tmp_path: Path) -> None:
    with (
        CollectingLine(broker.port, tmp_path) as line,
        DevicePublisher(MqttSettings(port=broker.port)) as gateway,
    ):
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        for hour in range(300):
            gateway.publish(TELEMETRY, payload(hour))
        gateway.publish(topic("west", DEVICE, Kind.EVENT), b"junk")
        gateway.flush(SOON)
        gateway.wait_acknowledged({DEVICE: 299}, SOON)
        line.forwarder.drain(SOON)
        assert line.stored() == 300
        assert line.quarantine.count() == {"unreadable": 1}
    assert line.collector.failed is None
