"""The client for device makers against a real mosquitto and a collector: what it has kept arrives, whatever dies."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from foreworn.device import Broker, Delivery, DeviceClient, WhenFull
from tests.conftest import StartMosquitto
from tests.integration.collecting import SOON, CollectingLine, wait
from tests.servers import MosquittoServer
from tests.unit.ingestion.plant import DEVICE, HOUR, NEW_YEAR

pytestmark = pytest.mark.server

SECOND = timedelta(seconds=1)
QUICK = Delivery(
    batch_wait=timedelta(milliseconds=50),
    resend_after=SECOND,
    resend_longest=SECOND,
    retry_shortest=timedelta(milliseconds=50),
    retry_longest=timedelta(milliseconds=200),
)

Connect = Callable[..., DeviceClient]


@pytest.fixture
def connect(tmp_path: Path, mosquitto: MosquittoServer) -> Iterator[Connect]:
    """Open the device's store, again where it was closed; closed when the test ends."""
    opened: list[DeviceClient] = []

    def open_store(
        broker: Broker | None = None, *, store: str = "device.sqlite", delivery: Delivery = QUICK
    ) -> DeviceClient:
        broker = broker or Broker(port=mosquitto.port)
        opened.append(DeviceClient(DEVICE, "west", tmp_path / store, broker, firmware="1.4", delivery=delivery))
        return opened[-1]

    yield open_store
    for client in opened:
        client.close(wait=timedelta(0))


def send(client: DeviceClient, numbers: range) -> None:
    client.send_many([({"vibration": n / 1000}, NEW_YEAR + n * SECOND) for n in numbers])


def stored(line: CollectingLine) -> list[float]:
    line.forwarder.drain(SOON)
    table = line.store.samples(NEW_YEAR, NEW_YEAR + 24 * HOUR).sort_by("time")
    assert [(t - NEW_YEAR) // SECOND / 1000 for t in table["time"].to_pylist()] == table["vibration"].to_pylist()
    return [round(1000 * value) for value in table["vibration"].to_pylist()]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
def test_what_a_device_says_arrives_in_batches_and_is_forgotten_when_the_platform_has_it(
    protocol: Literal["3.1.1", "5"], start_mosquitto: StartMosquitto, connect: Connect, tmp_path: Path
) -> None:
    server = start_mosquitto("max_inflight_messages 2")  # an MQTT 5 client that sends more is thrown out
    with CollectingLine(server.port, tmp_path) as line:
        client = connect(Broker(port=server.port, protocol=protocol))
        send(client, range(5000))
        client.event("E17", "warning", "bearing hot")
        client.log("error", "phase lost")
        client.flush(SOON)
        assert (client.pending, client.last_seq, client.trouble) == (0, 5002, "")
        assert stored(line) == list(range(5000))
        counts = line.collector.counts
        assert (counts.samples, counts.events, counts.logs) == (5000, 1, 1)
        assert counts.messages < 35  # 25 batches, a first message of one entry, an event, a log line, a status
        client.close()
        wait(lambda: line.progress.all()[0].state == "offline")
        assert (line.progress.all()[0].firmware, line.progress.all()[0].wants_ack) == ("1.4", False)


def test_a_device_loses_nothing_when_the_broker_is_killed_and_comes_back_empty(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    client = connect()
    with CollectingLine(mosquitto.port, tmp_path) as line:
        send(client, range(10))
        client.flush(SOON)
    send(client, range(10, 3000))  # nobody listens: only the broker gets to see them
    wait(lambda: client.is_connected and client._courier._cursor == 3000)
    mosquitto.kill()
    for state in mosquitto.folder.glob("*.db"):
        state.unlink()
    wait(lambda: not client.is_connected)
    send(client, range(3000, 3010))
    mosquitto.start()
    line.restart()
    with line:
        client.flush(SOON)
        assert stored(line) == list(range(3010))


def test_a_platform_that_is_away_is_not_buried_under_repetitions(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    line = CollectingLine(mosquitto.port, tmp_path)
    client = connect(delivery=Delivery(window=400, batch_entries=100, batch_wait=QUICK.batch_wait, resend_after=SECOND))
    with line:
        send(client, range(1))
        client.flush(SOON)
    send(client, range(1, 20_000))
    with pytest.raises(TimeoutError):
        client.flush(4 * SECOND)
    line.restart()
    with line:
        client.flush(SOON)
        assert stored(line) == list(range(20_000))
        assert line.collector.counts.samples < 20_000 + 4 * 400


def keep_until_killed(store: Path, port: int) -> list[int]:
    command = [sys.executable, "-m", "tests.integration.device_that_dies", str(store), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as device:
        assert device.stdout is not None
        printed = [device.stdout.readline() for _ in range(300)]
        device.kill()
        return [int(number) for number in (*printed, *device.stdout)]


def test_what_was_kept_before_a_kill_9_is_sent_after_it(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    printed: list[int] = []
    with CollectingLine(mosquitto.port, tmp_path) as line:
        for _ in range(2):
            printed += keep_until_killed(tmp_path / "device.sqlite", mosquitto.port)
        client = connect()
        client.flush(SOON)
        found = stored(line)
        assert set(printed) <= set(found)
        assert found == list(range(client.last_seq))
        assert client.last_seq - len(printed) <= 2  # kept, and killed before it could say so


def test_a_device_that_wants_no_more_than_the_broker_forgets_with_its_puback(
    mosquitto: MosquittoServer, connect: Connect
) -> None:
    client = connect(delivery=Delivery(wants_ack=False))
    send(client, range(2000))
    client.flush(SOON)
    assert client.pending == 0


def test_a_new_store_of_a_known_device_goes_on_where_the_platform_stands(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    with CollectingLine(mosquitto.port, tmp_path) as line:
        client = connect(store="old.sqlite")
        send(client, range(1000))
        client.flush(SOON)
        client.close()
        client = connect(store="new.sqlite")
        send(client, range(1000, 1500))
        client.flush(SOON)
        assert client.last_seq == 1500
        assert stored(line) == list(range(1500))


def log_lines(line: CollectingLine) -> list[str]:
    line.forwarder.drain(SOON)
    return [str(message) for message in line.store.logs(NEW_YEAR, NEW_YEAR + HOUR)["message"].to_pylist()]


def test_a_log_line_is_stored_once_though_the_store_is_new_and_its_numbers_begin_again(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    with CollectingLine(mosquitto.port, tmp_path) as line:
        for card in range(2):
            client = connect(store=f"card {card}")
            for i in range(3):
                client.log("error", f"card {card} line {i}", time=NEW_YEAR + (10 * card + i) * SECOND)
            client.flush(SOON)
            client.close()
        assert log_lines(line) == [f"card {card} line {i}" for card in range(2) for i in range(3)]


def _waits_for_word(client: DeviceClient) -> bool:
    return "where it stands" in client.trouble


def test_a_new_store_sends_nothing_before_the_platform_has_said_where_it_stands(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    with CollectingLine(mosquitto.port, tmp_path) as line:
        client = connect(store="old")
        client.log("error", "old", time=NEW_YEAR)
        client.flush(SOON)
        client.close()
    for _ in range(2):  # the process ends before the platform is back
        client = connect(store="new")
        if not client.pending:
            client.log("error", "new", time=NEW_YEAR + SECOND)
        wait(partial(_waits_for_word, client))
        client.close(wait=timedelta(0))
    line.restart()
    with line:
        client = connect(store="new")
        client.flush(SOON)
        assert client.last_seq == 2
        assert log_lines(line) == ["old", "new"]


def test_what_a_full_queue_of_the_broker_drops_again_and_again_is_not_acknowledged(
    start_mosquitto: StartMosquitto, connect: Connect, tmp_path: Path
) -> None:
    server = start_mosquitto("max_inflight_messages 10", "max_queued_messages 20")
    line = CollectingLine(server.port, tmp_path)
    line.mqtt = line.mqtt.model_copy(update={"in_flight": 10})
    line.restart()
    line.spool.commit_takes = 0.05  # a busy disk
    with line:
        client = connect(Broker(port=server.port), delivery=replace(QUICK, batch_entries=10))
        for first in range(0, 3000, 100):
            send(client, range(first, first + 100))
        for _ in range(20):
            line.forwarder.drain(SOON)
            safe = client.last_seq - client.pending
            assert set(range(safe)) <= set(stored(line))
            time.sleep(0.1)
        line.spool.commit_takes = 0.0
        client.flush(SOON)
        assert stored(line) == list(range(3000))
    assert "Outgoing messages are being dropped" in (server.folder / "server.log").read_text()


def test_numbers_that_a_full_store_dropped_are_not_waited_for(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    with CollectingLine(mosquitto.port, tmp_path) as line:
        client = connect(delivery=replace(QUICK, resend_after=HOUR, resend_longest=HOUR))
        send(client, range(10))
        client.flush(SOON)
        line.spool.commit_takes = 1.0
        client._backlog._capacity, client._backlog._when_full = 2000, WhenFull.DROP_OLDEST
        for first in range(10, 300, 10):
            send(client, range(first, first + 10))
        line.spool.commit_takes = 0.0
        client.flush(SOON)
        assert client.dropped > 100
        assert set(range(300 - 10, 300)) <= set(stored(line))


def test_a_broker_that_hangs_up_on_what_is_published_is_sent_smaller_messages_after_ever_longer_pauses(
    start_mosquitto: StartMosquitto, connect: Connect, tmp_path: Path
) -> None:
    server = start_mosquitto("message_size_limit 4000")
    with CollectingLine(server.port, tmp_path) as line:
        client = connect(Broker(port=server.port), delivery=replace(QUICK, resend_after=HOUR))
        send(client, range(200))
        client.flush(SOON)
        assert stored(line) == list(range(200))
        client.log("error", "x" * 5000, time=NEW_YEAR)
        wait(lambda: client._courier._retry._taken >= 3)
        assert client.pending == 1


def test_a_gap_that_the_device_cannot_fill_holds_it_up_for_a_moment_only(
    mosquitto: MosquittoServer, connect: Connect, tmp_path: Path
) -> None:
    with CollectingLine(mosquitto.port, tmp_path) as line:
        client = connect()
        send(client, range(10))
        client.flush(SOON)
        client._backlog._last += 5  # as if five had been dropped because the store was full
        send(client, range(15, 20))
        client.flush(SOON)
        assert stored(line) == [*range(10), *range(15, 20)]


# TLS.


def issue(
    folder: Path, name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Write NAME.pem and NAME.key, signed by the issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = key if issuer is None else issuer[1]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject if issuer is None else issuer[0].subject, subject, key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - HOUR)
        .not_valid_after(now + HOUR)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, key


@pytest.mark.filterwarnings(
    "ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)  # paho leaves it to the GC
def test_a_device_with_a_certificate_is_let_in_and_one_without_says_why_not(
    start_mosquitto: StartMosquitto, connect: Connect, tmp_path: Path
) -> None:
    authority = issue(tmp_path, "authority")
    issue(tmp_path, "broker", authority)
    issue(tmp_path, DEVICE, authority)
    server = start_mosquitto(
        *(f"cafile {tmp_path}/authority.pem", f"certfile {tmp_path}/broker.pem", f"keyfile {tmp_path}/broker.key"),
        "require_certificate true",
    )
    without = Broker(host="localhost", port=server.port, tls=True, ca=tmp_path / "authority.pem")
    ours = replace(without, certificate=tmp_path / f"{DEVICE}.pem", key=tmp_path / f"{DEVICE}.key")
    puback = Delivery(wants_ack=False, retry_longest=timedelta(milliseconds=200))
    client = connect(ours, delivery=puback)
    send(client, range(10))
    client.flush(SOON)
    client.close()
    client = connect(without, delivery=puback, store="without.sqlite")
    wait(lambda: client.trouble not in ("", "not connected yet"))
    assert not client.is_connected
    stranger = connect(replace(without, ca=None), delivery=puback, store="stranger.sqlite")
    wait(lambda: "certificate verify failed" in stranger.trouble)
