"""Both collectors against a real mosquitto: nothing that was acknowledged is lost, whatever goes away."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from foreworn.errors import BrokerUnavailable, SpoolFailed
from foreworn.settings import MqttSettings
from foreworn.telemetry.sample import Event, LogLine
from foreworn.telemetry.wire import Kind, encode_batch, encode_event, encode_log, encode_sample, topic
from ingestion.broker.starting import free_port
from ingestion.collector.bulk import BulkCollector
from ingestion.collector.simple import PahoCollector
from simulators.publisher import DevicePublisher
from tests.conftest import StartMosquitto
from tests.integration.collecting import SOON, CollectingLine, wait
from tests.servers import MosquittoServer
from tests.unit.ingestion.plant import DEVICE, HOUR, NEW_YEAR, TELEMETRY, payload, sample

pytestmark = pytest.mark.server


NewLine = Callable[..., CollectingLine]


@pytest.fixture(params=[pytest.param(BulkCollector, id="bulk"), pytest.param(PahoCollector, id="paho")])
def new_line(request: pytest.FixtureRequest, tmp_path: Path) -> NewLine:
    """Make a collecting line with the collector the test runs with."""
    return partial(CollectingLine, folder=tmp_path, kind=request.param)


def publisher(server: MosquittoServer) -> DevicePublisher:
    return DevicePublisher(MqttSettings(port=server.port))


def publish(gateway: DevicePublisher, hours: range) -> None:
    for hour in hours:
        gateway.publish(TELEMETRY, payload(hour))
    gateway.flush(SOON)


def test_five_thousand_messages_are_sent_acknowledged_and_stored(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    devices = tuple(f"pump-{i}" for i in range(100))
    with new_line(mosquitto.port, devices=devices) as line, publisher(mosquitto) as gateway:
        for device in devices:
            gateway.announce("west", device, time=NEW_YEAR)
        for hour in range(50):
            for device in devices:
                gateway.publish(topic("west", device, Kind.TELEMETRY), encode_sample(sample(hour, device=device)))
        gateway.flush(SOON)
        gateway.wait_acknowledged(dict.fromkeys(devices, 49), SOON)
        line.forwarder.drain(SOON)
        assert (gateway.sent, gateway.acknowledged) == (5100, 5100)
        assert line.stored() == 5000
        assert line.quarantine.count() == {}
        counts = line.collector.counts
        assert (counts.messages, counts.samples, counts.statuses) == (5100, 5000, 100)
        assert {(p.samples, p.last_seq, p.wants_ack) for p in line.progress.all()} == {(50, 49, True)}


def test_every_kind_of_message_gets_to_its_place(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    with new_line(mosquitto.port) as line, publisher(mosquitto) as gateway:
        gateway.announce("west", DEVICE, firmware="1.4", time=NEW_YEAR)
        gateway.publish(TELEMETRY, encode_batch([sample(0), sample(1)]))
        gateway.publish(topic("west", DEVICE, Kind.EVENT), encode_event(Event(DEVICE, NEW_YEAR, "E17", seq=2)))
        gateway.publish(topic("west", DEVICE, Kind.LOG), encode_log(LogLine(DEVICE, NEW_YEAR, "info", "on", seq=3)))
        gateway.wait_acknowledged({DEVICE: 3}, SOON)
        line.forwarder.drain(SOON)
        year = (NEW_YEAR, NEW_YEAR + 9000 * HOUR)
        assert line.stored() == 2
        assert line.store.events(*year).column("code").to_pylist() == ["E17"]
        assert line.store.logs(*year).column("message").to_pylist() == ["on"]
        (progress,) = line.progress.all()
        assert (progress.state, progress.firmware, progress.events, progress.logs) == ("online", "1.4", 1, 1)


def test_a_sample_sent_twice_is_one_sample(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    with new_line(mosquitto.port) as line, publisher(mosquitto) as gateway:
        for _ in range(3):
            publish(gateway, range(10))
        wait(lambda: line.collector.counts.samples == 30)
        line.forwarder.drain(SOON)
        assert line.stored() == 10


def test_bad_messages_are_quarantined_and_hold_nobody_up(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    with new_line(mosquitto.port) as line, publisher(mosquitto) as gateway:
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        gateway.publish(TELEMETRY, b"\xff\x00junk")
        gateway.publish(TELEMETRY, payload(0, vibration=1e9))
        gateway.publish(topic("west", "stranger", Kind.TELEMETRY), payload(0))
        gateway.publish("foreworn/v1/west/$pump/telemetry", payload(0))
        gateway.publish(TELEMETRY, payload(1))
        gateway.wait_acknowledged({DEVICE: 1}, SOON)
        line.forwarder.drain(SOON)
        expected = {"unreadable": 1, "out_of_range": 1, "unknown_device": 1, "bad_identity": 1}
        assert line.quarantine.count() == expected
        assert line.stored() == 1
        junk = [r for r in line.quarantine.newest() if r.reason == "unreadable"]
        assert [(r.payload, r.topic) for r in junk] == [(b"\xff\x00junk", TELEMETRY)]


def test_what_comes_while_the_collector_is_away_is_waiting_for_it(
    mosquitto: MosquittoServer, new_line: NewLine
) -> None:
    line = new_line(mosquitto.port)
    with line, publisher(mosquitto) as gateway:
        publish(gateway, range(10))
        wait(lambda: line.collector.counts.samples == 10)
    with publisher(mosquitto) as gateway:
        publish(gateway, range(10, 1500))
    line.restart()
    with line:
        wait(lambda: line.collector.counts.samples == 1490)
        line.forwarder.drain(SOON)
        assert line.stored() == 1500


def test_a_commit_that_fails_is_not_acknowledged_and_comes_again_after_a_restart(
    mosquitto: MosquittoServer, new_line: NewLine
) -> None:
    line = new_line(mosquitto.port)
    with line, publisher(mosquitto) as gateway:
        line.spool.is_full = True
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        publish(gateway, range(200))
        wait(lambda: line.collector.failed is not None)
        assert isinstance(line.collector.failed, SpoolFailed)
        assert gateway.acknowledged_through == {}
        assert line.collector.counts.commits == 0
    line.restart()
    with line:
        wait(lambda: line.collector.counts.samples == 200)
        line.forwarder.drain(SOON)
        assert line.stored() == 200


def test_a_broker_that_stops_and_comes_back_loses_nothing(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    with new_line(mosquitto.port) as line, publisher(mosquitto) as gateway:
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        publish(gateway, range(100))
        mosquitto.stop()
        for hour in range(100, 200):
            gateway.publish(TELEMETRY, payload(hour))
        mosquitto.start()
        gateway.wait_acknowledged({DEVICE: 199}, SOON)
        line.forwarder.drain(SOON)
        assert line.stored() == 200
        assert line.collector.failed is None


def test_a_broker_that_is_killed_costs_a_device_that_keeps_its_readings_nothing(
    mosquitto: MosquittoServer, new_line: NewLine
) -> None:
    line = new_line(mosquitto.port)
    with line, publisher(mosquitto) as gateway:
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        publish(gateway, range(10))
        gateway.wait_acknowledged({DEVICE: 9}, SOON)
    with publisher(mosquitto) as gateway:
        publish(gateway, range(10, 20))  # the broker has acknowledged them, and nobody else has them
    mosquitto.kill()
    mosquitto.start()
    line.restart()
    with line, publisher(mosquitto) as gateway:
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        publish(gateway, range(10, 25))  # all past the platform's acknowledgement once more, in order
        gateway.wait_acknowledged({DEVICE: 24}, SOON)
        line.forwarder.drain(SOON)
        assert line.stored() == 25


def test_a_store_that_goes_away_and_comes_back_gets_everything(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    with new_line(mosquitto.port) as line, publisher(mosquitto) as gateway:
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        line.store.is_away = True
        publish(gateway, range(500))
        gateway.wait_acknowledged({DEVICE: 499}, SOON)  # the spool has it
        wait(lambda: line.store.refusals > 3)
        assert line.stored() == 0
        line.store.is_away = False
        line.forwarder.drain(SOON)
        assert line.stored() == 500


def test_what_the_spool_holds_is_forwarded_by_the_next_process(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    line = new_line(mosquitto.port)
    line.store.is_away = True
    with line, publisher(mosquitto) as gateway:
        publish(gateway, range(50))
        wait(lambda: line.collector.counts.samples == 50)
    line.store.is_away = False
    line.restart()
    with line:
        line.forwarder.drain(SOON)
        assert line.stored() == 50


def test_retained_statuses_are_known_after_a_restart_without_the_device_saying_anything(
    mosquitto: MosquittoServer, new_line: NewLine
) -> None:
    with publisher(mosquitto) as gateway:
        gateway.announce("west", DEVICE, firmware="1.4", time=NEW_YEAR)
        gateway.flush(SOON)
        with new_line(mosquitto.port) as line:
            publish(gateway, range(3))
            gateway.wait_acknowledged({DEVICE: 2}, SOON)
            line.forwarder.drain(SOON)
            assert [(p.firmware, p.wants_ack) for p in line.progress.all()] == [("1.4", True)]


def test_a_broker_that_is_not_there_is_an_error_that_names_the_address(new_line: NewLine) -> None:
    line = new_line(free_port())
    with pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{line.mqtt.port}"):
        line.collector.start()
    line.stop()


def test_a_broker_that_wants_a_password_is_an_error_that_names_the_setting(
    start_mosquitto: StartMosquitto, new_line: NewLine
) -> None:
    line = new_line(start_mosquitto(anonymous=False).port)
    with pytest.raises(BrokerUnavailable, match="FOREWORN_MQTT__USERNAME"):
        line.collector.start()
    line.stop()


def test_a_small_window_loses_nothing(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    line = new_line(mosquitto.port)
    line.mqtt = line.mqtt.model_copy(update={"in_flight": 7})
    line.spool.close()
    line.restart()
    with line, publisher(mosquitto) as gateway:
        publish(gateway, range(300))
        wait(lambda: line.collector.counts.samples == 300)
    assert line.collector.failed is None


def test_stopping_the_collector_is_quick(mosquitto: MosquittoServer, new_line: NewLine) -> None:
    line = new_line(mosquitto.port)
    line.start()
    line.forwarder.drain(timedelta(seconds=5))
    line.stop()
    assert line.collector.failed is None
