import socket
import threading
from collections.abc import Iterator

import paho.mqtt.client as mqtt
import pytest

from foreworn.settings import MqttSettings
from ingestion.session.bulk_client import BulkClient, new_bulk_client
from ingestion.session.bulk_socket import BulkSocket
from ingestion.session.framing import Framing
from ingestion.session.handshake import Protocol
from tests.unit.ingestion.fake_broker import FakeBroker, publish

PINGRESP = b"\xd0\x00"
MESSAGE = publish(b"t", b"p", 7, Protocol.V311)


@pytest.fixture
def ends() -> Iterator[tuple[BulkSocket, socket.socket]]:
    """Both ends of a connection: ours and the broker's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that not much fits into the kernel
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(10.0)
    bulk = BulkSocket(ours, Framing(Protocol.V311, 1_000))
    yield bulk, theirs
    bulk.close()
    theirs.close()


def read(bulk: BulkSocket) -> int:
    """Wait for bytes, read them, and return how many messages were in them."""
    while True:
        try:
            return len(bulk.read())
        except BlockingIOError:
            continue


def test_paho_sees_every_packet_but_the_messages(ends: tuple[BulkSocket, socket.socket]) -> None:
    bulk, theirs = ends
    with pytest.raises(BlockingIOError):
        bulk.recv(1)
    theirs.sendall(MESSAGE + PINGRESP + MESSAGE)
    assert read(bulk) == 2
    assert (bulk.recv(1), bulk.recv(100)) == (PINGRESP[:1], PINGRESP[1:])
    with pytest.raises(BlockingIOError):
        bulk.recv(1)


def test_what_two_threads_write_never_interleaves_even_if_the_kernel_takes_little_at_a_time(
    ends: tuple[BulkSocket, socket.socket],
) -> None:
    bulk, theirs = ends
    packets = {b"a": b"a" * 70_000, b"b": b"b" * 30_000}

    def write(packet: bytes) -> None:
        for _ in range(50):
            assert bulk.send(packet) == len(packet)

    threads = [threading.Thread(target=write, args=(packet,)) for packet in packets.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bulk.unsent  # the kernel did not take it all
    heard = b""
    while len(heard) < 50 * (70_000 + 30_000):
        bulk.flush()
        heard += theirs.recv(65_536)
    while heard:
        packet = packets[heard[:1]]
        assert heard.startswith(packet)
        heard = heard[len(packet) :]
    assert not bulk.unsent


def test_a_connection_that_has_ended_takes_nothing_and_tells_paho_why(ends: tuple[BulkSocket, socket.socket]) -> None:
    bulk, theirs = ends
    theirs.close()
    with pytest.raises(ConnectionError, match="closed"):
        read(bulk)
    bulk.end("it said nothing")
    assert bulk.has_packets
    assert not bulk.write(b"x")
    for use in (lambda: bulk.recv(1), lambda: bulk.send(b"x")):
        with pytest.raises(ConnectionError, match="it said nothing"):
            use()


def test_the_last_words_are_sent_before_the_connection_is_closed(ends: tuple[BulkSocket, socket.socket]) -> None:
    bulk, theirs = ends
    words = b"x" * 3_000_000
    bulk.write(words)
    assert bulk.unsent
    closing = threading.Thread(target=bulk.close)
    closing.start()
    heard = b""
    while part := theirs.recv(1_000_000):
        heard += part
    closing.join()
    assert heard == words
    assert not bulk.write(b"more")


def test_paho_takes_its_socket_from_the_one_private_name_we_use() -> None:
    assert "_create_socket" in vars(mqtt.Client)
    client = new_bulk_client(MqttSettings(), Protocol.V5)
    assert isinstance(client, BulkClient)
    with FakeBroker([]) as broker:
        client.connect(broker.settings.host, broker.settings.port)
        assert isinstance(client.socket(), BulkSocket)
        client.disconnect()
