"""Who may speak for whom, held against a real Mosquitto with the deployed configuration."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.client import MQTTv311

from foreworn.settings import MqttSettings
from foreworn.telemetry.wire import DEVICE_KINDS
from ingestion.broker.authority import Authority
from ingestion.broker.certificate import begun, load_key, pem, subject_of, write_key
from tests.integration.collecting import SOON, CollectingLine, wait
from tests.integration.secured import Caller, SecuredMosquitto, context, plant_certificates
from tests.unit.ingestion.plant import TELEMETRY, payload

pytestmark = pytest.mark.server

NOT_AUTHORIZED = 0x87
TAKEN = (0x00, 0x10)  # 0x10: nobody hears it
OWN, OTHERS = "foreworn/v1/west/pump-7/telemetry", "foreworn/v1/west/pump-8/telemetry"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    plant_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[SecuredMosquitto]:
    server = SecuredMosquitto(tmp_path_factory.mktemp("secured"), certificates)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def platform(broker: SecuredMosquitto, certificates: Path) -> Iterator[Caller]:
    with Caller(broker.platform_port, as_platform(certificates)) as caller:
        assert caller.subscribe("#") < 0x80
        yield caller


@pytest.fixture
def call(broker: SecuredMosquitto, certificates: Path) -> Callable[[str], Caller]:
    return lambda holder: Caller(broker.port, as_device(certificates, holder))


def as_device(certificates: Path, holder: str) -> ssl.SSLContext:
    folder = certificates / "devices" / holder
    return context(folder / "ca.crt", folder / "device.crt")


def as_platform(certificates: Path) -> ssl.SSLContext:
    return context(certificates / "platform/ca.crt", certificates / "platform/platform.crt")


@pytest.mark.parametrize("kind", DEVICE_KINDS)
def test_a_device_speaks_for_itself(kind: str, call: Callable[[str], Caller], platform: Caller) -> None:
    topic = f"foreworn/v1/west/pump-7/{kind}"
    with call("pump-7") as device:
        assert device.publish(topic, b"mine") in TAKEN
    assert platform.heard(1) == [(topic, b"mine")]


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param(OTHERS, id="another device"),
        pytest.param("foreworn/v1/west/pump-7/ack", id="an acknowledgement of its own"),
        pytest.param("foreworn/v1/west/pump-7/other", id="a kind that is none"),
        pytest.param("foreworn/v1/pump-7/telemetry", id="a topic without a site"),
        pytest.param("foreworn/v1/west/north/pump-7/telemetry", id="a topic with a level more"),
        pytest.param("elsewhere", id="a topic that is not the platform's"),
    ],
)
def test_a_device_that_speaks_for_another_is_refused_and_not_heard(
    topic: str, call: Callable[[str], Caller], platform: Caller
) -> None:
    with call("pump-7") as device:
        assert device.publish(topic, b"forged") == NOT_AUTHORIZED
        assert device.publish(OWN, b"mine") in TAKEN
    assert platform.heard(1) == [(OWN, b"mine")]


def test_what_is_refused_over_mqtt_3_is_acknowledged_and_not_heard(
    broker: SecuredMosquitto, certificates: Path, platform: Caller
) -> None:
    with Caller(broker.port, as_device(certificates, "pump-7"), version=MQTTv311) as device:
        assert device.publish(OTHERS, b"forged") == 0  # the older protocol has no way to say no
        assert device.publish(OWN, b"mine") == 0
    assert platform.heard(1) == [(OWN, b"mine")]


def test_a_last_will_in_anothers_name_is_not_heard(
    broker: SecuredMosquitto, certificates: Path, platform: Caller
) -> None:
    for name in ("pump-8", "pump-7"):
        Caller(broker.port, as_device(certificates, "pump-7"), will=f"foreworn/v1/west/{name}/status").vanish()
    assert platform.heard(1) == [("foreworn/v1/west/pump-7/status", b"{}")]


def test_a_gateway_speaks_for_its_list_and_for_no_other(call: Callable[[str], Caller], platform: Caller) -> None:
    with call("edge-1") as gateway:
        assert gateway.publish(OWN, b"forged") == NOT_AUTHORIZED
        assert gateway.publish(OTHERS, b"a") in TAKEN
        assert gateway.publish("foreworn/v1/west/pump 9/lines", b"b") in TAKEN
        assert gateway.publish("foreworn/v1/west/pump 9 /lines", b"c") == NOT_AUTHORIZED
    assert platform.heard(2) == [(OTHERS, b"a"), ("foreworn/v1/west/pump 9/lines", b"b")]


def test_a_device_hears_its_own_acknowledgements_and_nothing_else(
    call: Callable[[str], Caller], platform: Caller
) -> None:
    with call("pump-7") as device, call("pump-8") as other, call("edge-1") as gateway:
        for caller in (device, gateway):
            assert caller.subscribe("#") < 0x80
        assert other.publish(OTHERS, b"not for pump-7") in TAKEN
        for name in ("pump-8", "pump-7"):
            assert platform.publish(f"foreworn/v1/west/{name}/ack", name.encode()) in TAKEN
        assert device.heard(1) == [("foreworn/v1/west/pump-7/ack", b"pump-7")]
        assert gateway.heard(1) == [("foreworn/v1/west/pump-8/ack", b"pump-8")]


def test_the_platform_speaks_for_no_device(platform: Caller) -> None:
    assert platform.publish(OWN, b"forged") == NOT_AUTHORIZED


def no_certificate(certificates: Path, _: Path) -> ssl.SSLContext:
    return context(certificates / "platform/ca.crt", None)


def of_another_authority(certificates: Path, folder: Path) -> ssl.SSLContext:
    now = datetime.now(UTC)
    issued = Authority.create(folder, now).issue_device("pump-7", timedelta(days=1), now, replace=False)
    return context(certificates / "platform/ca.crt", issued.folder / "device.crt")


def revoked(certificates: Path, _: Path) -> ssl.SSLContext:
    return as_device(certificates, "lost-1")


def of_the_broker(certificates: Path, _: Path) -> ssl.SSLContext:
    return context(certificates / "broker/ca.crt", certificates / "broker/broker.crt")


def past_its_end(certificates: Path, folder: Path) -> ssl.SSLContext:
    past = datetime.now(UTC) - timedelta(days=2)
    return context(
        certificates / "platform/ca.crt",
        signed(certificates, folder, "pump-7", past, timedelta(days=1)),
    )


def signed(certificates: Path, folder: Path, identity: str, now: datetime, lifetime: timedelta) -> Path:
    """Sign what `Authority` would refuse to sign."""
    own = certificates / "authority"
    key, signer = ec.generate_private_key(ec.SECP256R1()), load_key(own / "ca.key")
    issuer = x509.load_pem_x509_certificate((own / "ca.crt").read_bytes()).subject
    builder = begun(subject_of(identity), issuer, key.public_key(), signer.public_key(), now, lifetime)
    (folder / "device.crt").write_bytes(pem(builder.sign(signer, hashes.SHA256())))
    write_key(folder / "device.key", key)
    return folder / "device.crt"


@pytest.mark.parametrize("shown", [no_certificate, of_another_authority, revoked, of_the_broker, past_its_end])
@pytest.mark.parametrize("listener", ["port", "platform_port"])
def test_a_certificate_that_is_not_good_is_refused(
    listener: str,
    shown: Callable[[Path, Path], ssl.SSLContext],
    broker: SecuredMosquitto,
    certificates: Path,
    tmp_path: Path,
) -> None:
    shown_as = shown(certificates, tmp_path)
    with pytest.raises((ssl.SSLError, ConnectionError, TimeoutError)):
        hello(getattr(broker, listener), shown_as)


def hello(port: int, tls: ssl.SSLContext) -> None:
    """Connect and wait for the broker's first byte: with TLS 1.3 a refusal comes after the handshake."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        tls.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        secured.sendall(b"\x10\x10\x00\x04MQTT\x05\x02\x00\x0a\x00\x00\x03abc")
        if not secured.recv(1):
            raise ConnectionError("the broker hung up")


def test_a_good_certificate_is_welcome(broker: SecuredMosquitto, certificates: Path) -> None:
    hello(broker.port, as_device(certificates, "pump-7"))
    hello(broker.platform_port, as_platform(certificates))


@pytest.mark.parametrize("identity", ["+", "#", "pump-7/telemetry", "$SYS"])
def test_an_identity_that_is_a_wildcard_opens_nothing(
    identity: str, broker: SecuredMosquitto, certificates: Path, tmp_path: Path, platform: Caller
) -> None:
    certificate = signed(certificates, tmp_path, identity, datetime.now(UTC), timedelta(days=1))
    with Caller(broker.port, context(certificates / "platform/ca.crt", certificate)) as stranger:
        if stranger.connected == 0:
            assert stranger.publish(OWN, b"forged") == NOT_AUTHORIZED
    with Caller(broker.port, as_device(certificates, "pump-7")) as device:
        assert device.publish(OWN, b"mine") in TAKEN
    assert platform.heard(1) == [(OWN, b"mine")]


def test_a_device_cannot_take_over_the_collectors_session(
    broker: SecuredMosquitto, certificates: Path, call: Callable[[str], Caller]
) -> None:
    def collector() -> Caller:
        return Caller(
            broker.platform_port,
            as_platform(certificates),
            client_id="foreworn-collector",
            session=timedelta(days=1),
        )

    with collector() as first:
        assert first.subscribe("foreworn/v1/+/+/telemetry") < 0x80
    with call("pump-7") as device:
        assert device.publish(OWN, b"waits for the collector") in TAKEN
    with Caller(broker.port, as_device(certificates, "pump-8"), client_id="foreworn-collector"):
        pass  # a clean start: were it the same session, what waits in it would be gone
    with collector() as again:
        assert again.heard(1) == [(OWN, b"waits for the collector")]


def test_the_collector_takes_in_what_a_device_sends_over_tls(
    broker: SecuredMosquitto, certificates: Path, tmp_path: Path, call: Callable[[str], Caller]
) -> None:
    line = CollectingLine(broker.platform_port, tmp_path)
    folder = certificates / "platform"
    line.mqtt = MqttSettings(
        broker=line.mqtt.broker,
        port=broker.platform_port,
        client_id="foreworn-collector-of-the-test",
        tls=True,
        tls_ca=folder / "ca.crt",
        tls_certificate=folder / "platform.crt",
        tls_key=folder / "platform.key",
    )
    line.restart()
    with line, call("pump-7") as device:
        for hour in range(10):
            assert device.publish(TELEMETRY, payload(hour)) == 0
        wait(lambda: line.collector.counts.samples == 10)
        line.forwarder.drain(SOON)
    assert line.stored() == 10
