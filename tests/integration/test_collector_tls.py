"""Collectors and the first hello over TLS, against a real mosquitto that wants to see a certificate."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.errors import BrokerUnavailable
from foreworn.settings import BrokerKind, MqttSettings
from foreworn.telemetry.wire import encode_batch
from ingestion.broker.authority import Authority
from ingestion.collector.bulk import BulkCollector
from ingestion.collector.simple import PahoCollector
from ingestion.session.handshake import spoken_protocol
from simulators.publisher import DevicePublisher
from tests.integration.collecting import SOON, CollectingLine
from tests.servers import MosquittoServer, free_port
from tests.unit.ingestion.plant import DEVICE, NEW_YEAR, TELEMETRY, payload, sample

pytestmark = pytest.mark.server

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority with certificates for the broker and the platform, and another nobody knows."""
    folder, now = tmp_path_factory.mktemp("certificates"), datetime.now(UTC)
    authority = Authority.create(folder, now)
    authority.issue_broker([], DAY, now, replace=False)
    authority.issue_platform(DAY, now, replace=False)
    Authority.create(folder / "another", now)
    return folder


class TlsMosquitto(MosquittoServer):
    """Devices publish without TLS, at `port`; the platform shows a certificate, at `tls_port`."""

    def __init__(self, folder: Path, certificates: Path) -> None:
        self.tls_port = free_port()
        broker = certificates / "broker"
        super().__init__(
            folder,
            (
                f"listener {self.tls_port} 127.0.0.1",
                f"cafile {broker / 'ca.crt'}",
                f"certfile {broker / 'broker.crt'}",
                f"keyfile {broker / 'broker.key'}",
                "require_certificate true",
            ),
        )


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[TlsMosquitto]:
    server = TlsMosquitto(tmp_path_factory.mktemp("mosquitto"), certificates)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mqtt(broker: TlsMosquitto, certificates: Path, request: pytest.FixtureRequest) -> MqttSettings:
    """Settings that let the platform in."""
    folder = certificates / "platform"
    return MqttSettings(
        broker=BrokerKind.EXTERNAL,
        port=broker.tls_port,
        client_id=f"collector-{abs(hash(request.node.name)) % 10**9}",
        tls=True,
        tls_ca=folder / "ca.crt",
        tls_certificate=folder / "platform.crt",
        tls_key=folder / "platform.key",
    )


@pytest.mark.parametrize("kind", [BulkCollector, PahoCollector])
def test_the_whole_way_works_over_tls(
    broker: TlsMosquitto, mqtt: MqttSettings, tmp_path: Path, kind: type[BulkCollector] | type[PahoCollector]
) -> None:
    line = CollectingLine(broker.tls_port, tmp_path, kind=kind)
    line.spool.close()
    line.mqtt = mqtt
    line.restart()
    with line, DevicePublisher(MqttSettings(port=broker.port)) as gateway:
        gateway.announce("west", DEVICE, time=NEW_YEAR)
        for hour in range(2000):
            gateway.publish(TELEMETRY, payload(hour))
        gateway.publish(TELEMETRY, encode_batch([sample(hour) for hour in range(2000, 8000)]))  # many TLS records
        gateway.publish(TELEMETRY, payload(8000))
        gateway.wait_acknowledged({DEVICE: 8000}, SOON)
        line.forwarder.drain(SOON)
        assert line.stored() == 8001
        assert line.quarantine.count() == {}
    assert line.collector.failed is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"tls_ca": "another/authority/ca.crt"}, "FOREWORN_MQTT__TLS_CA", id="an authority we do not know"),
        pytest.param(
            {"tls_certificate": None, "tls_key": None}, "FOREWORN_MQTT__TLS_CERTIFICATE", id="no certificate of our own"
        ),
        pytest.param({"tls_ca": None}, "FOREWORN_MQTT__TLS_CA", id="only the system's authorities"),
        pytest.param({"host": "127.0.0.2"}, "127.0.0.2", id="another name than the certificate's"),
        pytest.param({"port": "plain"}, "does not speak TLS", id="a listener without TLS"),
        pytest.param(
            {"tls": False, "tls_ca": None, "tls_certificate": None, "tls_key": None}, "wants TLS", id="no TLS at all"
        ),
    ],
)
def test_who_is_not_let_in_is_told_why(
    broker: TlsMosquitto, mqtt: MqttSettings, certificates: Path, change: dict[str, object], why: str
) -> None:
    if "port" in change:
        change = {"port": broker.port}
    if change.get("tls_ca"):
        change = {"tls_ca": certificates / str(change["tls_ca"])}
    with pytest.raises(BrokerUnavailable, match=why):
        spoken_protocol(mqtt.model_copy(update=change))
