"""The collector that takes many messages at a time, from the socket to the acknowledgement."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from foreworn.errors import BrokerUnavailable, StoreUnavailable
from foreworn.settings import IngestionSettings, MqttSettings
from foreworn.telemetry.intake import Intake, IntakeBatch
from ingestion.collector.acknowledgement import AckLedger
from ingestion.collector.counts import CollectorCounts
from ingestion.collector.device_acks import NO_LINK, DeviceAcks, Link
from ingestion.reception.reception import Reception
from ingestion.reception.turn import Turn
from ingestion.session import paho_client
from ingestion.session.bulk_client import NewBulkClient, new_bulk_client
from ingestion.session.bulk_connection import BulkConnection
from ingestion.session.bulk_socket import BulkSocket
from ingestion.session.frames import Frames
from ingestion.session.handshake import spoken_protocol
from ingestion.session.haul import Haul
from ingestion.session.haul_queue import Delivered, HaulQueue
from ingestion.session.oversize import with_oversized
from ingestion.session.subscriptions import SUBSCRIPTIONS, refusal

GATHERING = 0.05
"""From the beginning of one large turn to that of the next, unless half a window is waiting. [s]"""
_MANY = 100
_START_TIMEOUT = 15.0
_LOOK_AGAIN = 0.1
_MOST_IN_FLIGHT = 65_535

_log = logging.getLogger(__name__)


class BulkCollector:
    """A collector that reads, decodes, commits and acknowledges everything that has come in one turn.

    One thread reads the socket and cuts the messages out of its bytes; another takes all that is there as one
    turn: one decoding by column, one commit, one write of all acknowledgements. A message can only be
    acknowledged over the connection it came over. When more is received than `queue_bytes` and not yet durable,
    the socket is not read, so the broker has to wait.

    Parameters
    ----------
    mqtt_settings
        The broker, and how many messages it may have in flight.
    settings
        What is accepted.
    reception
        Decodes and validates.
    intake
        Makes batches durable.
    on_committed
        Called after every commit, on the committing thread.
    new_client, hello
        Replaced in tests.
    """

    def __init__(
        self,
        mqtt_settings: MqttSettings,
        settings: IngestionSettings,
        reception: Reception,
        intake: Intake,
        *,
        on_committed: Callable[[IntakeBatch], None] | None = None,
        new_client: NewBulkClient = new_bulk_client,
        hello: paho_client.Hello = spoken_protocol,
    ) -> None:
        self._mqtt_settings = mqtt_settings
        self._settings = settings
        self._reception = reception
        self._intake = intake
        self._on_committed = on_committed
        self._new_client = new_client
        self._hello = hello
        self._most = max(1, mqtt_settings.in_flight // 2)  # so the broker sends one half while we commit the other
        self._queue = HaulQueue(settings.queue_bytes, self._most)
        self._ledger = AckLedger(settings.ack_interval.total_seconds())
        self._acks = DeviceAcks()
        self._committer = threading.Thread(target=self._commit_all, name="foreworn-committer", daemon=True)
        self._connection: BulkConnection | None = None
        self._link = NO_LINK
        self._stopping = threading.Event()
        self._subscribed = threading.Event()
        self._counts = CollectorCounts()
        self._failed: Exception | None = None

    @property
    def failed(self) -> Exception | None:
        """Why the collector gave up, or None; the process ought to exit with an error."""
        return self._failed

    @property
    def counts(self) -> CollectorCounts:
        """What it has taken in."""
        return self._counts

    def start(self) -> None:
        """Connect and subscribe; returns when messages are being taken in.

        Raises
        ------
        BrokerUnavailable
            If no broker answers, or it does not let us in.
        ConfigurationError
            If the broker does not let us subscribe, or a file that TLS needs cannot be read.
        SpoolFailed
            If it cannot be read what devices have been told.
        """
        settings = self._mqtt_settings
        self._ledger = AckLedger(self._settings.ack_interval.total_seconds(), self._intake.through())
        client = self._new_client(settings, self._hello(settings))
        client.largest_payload = self._settings.largest_payload
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        paho_client.connect(client, settings)
        self._connection = BulkConnection(client, self._queue, self._fail)
        self._committer.start()
        self._connection.start()
        if not self._subscribed.wait(_START_TIMEOUT) or self._failed:
            self.stop()
            raise self._failed or BrokerUnavailable(settings.host, settings.port, "it does not confirm a subscription")

    def stop(self) -> None:
        """Commit and acknowledge what has come, then disconnect; the broker keeps what comes later."""
        self._stopping.set()
        self._queue.close()
        if self._committer.is_alive():
            self._committer.join()
        if self._connection is not None:
            self._connection.leave()
            self._connection.join()

    # The connection's thread.

    def _on_connect(
        self,
        client: mqtt.Client,
        _data: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _log.warning("the broker refuses the connection: %s", reason)
            return
        over = client.socket()
        assert isinstance(over, BulkSocket)
        window = getattr(properties, "ReceiveMaximum", _MOST_IN_FLIGHT)
        self._link = Link(over, window, has_properties=client.protocol == mqtt.MQTTv5)
        self._queue.put(Delivered(Haul(), over))  # so that the committing thread takes note
        client.subscribe(SUBSCRIPTIONS)  # every time: a broker that lost its disk has lost our session too

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _: mqtt.DisconnectFlags, reason: ReasonCode, __: Properties | None
    ) -> None:
        over, self._link = self._link.over, NO_LINK
        if not self._stopping.is_set():
            why = over.problem if over is not None and over.problem else reason
            _log.warning("the connection to the broker is gone (%s); trying again", why)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _: Properties | None
    ) -> None:
        problem = refusal(reasons)
        if problem is not None:
            self._fail(problem)
        self._subscribed.set()

    # The committing thread.

    def _commit_all(self) -> None:
        try:
            while (delivered := self._queue.take(self._next_ack_in)) is not None:
                began = time.monotonic()
                if delivered:
                    self._take_in(delivered)
                self._tell_devices()
                if _MANY <= sum(len(each.haul) for each in delivered) < self._most // 2:
                    self._queue.rest(began + GATHERING - time.monotonic())
        except _Abandoned:
            _log.warning("stopped while the registry could not answer; the broker keeps what was not committed")
        except Exception as error:
            self._fail(error)

    def _take_in(self, delivered: Sequence[Delivered]) -> None:
        self._acks.confirm(pair for each in delivered for pair in each.haul.confirmed)
        messages = sum(len(each.haul) for each in delivered)
        if not messages:
            return
        turn = self._received(_joined(delivered))
        oversized = [message for each in delivered for message in each.haul.oversized]
        batch = with_oversized(turn.batch, oversized, self._settings.largest_payload)
        self._ledger.hear(turn.heard)
        self._commit(batch)
        self._acknowledge(delivered)
        self._counts = self._counts.plus(messages, batch)
        if self._on_committed is not None:
            self._on_committed(batch)

    def _received(self, frames: Frames) -> Turn:
        while True:
            try:
                return self._reception.take(frames)
            except StoreUnavailable as error:
                _log.warning("%s; the broker has to wait", error)
                if self._stopping.wait(error.retry_after.total_seconds()):
                    raise _Abandoned from error

    def _commit(self, batch: IntakeBatch) -> None:
        through = self._ledger.advanced()
        if len(batch) or through:
            self._intake.commit(batch, through)

    def _acknowledge(self, delivered: Sequence[Delivered]) -> None:
        packets: dict[BulkSocket, list[bytes]] = {}
        for each in delivered:
            packets.setdefault(each.over, []).append(each.haul.acknowledgement)
        for over, parts in packets.items():
            over.write(b"".join(parts))  # a connection that has ended takes nothing

    def _next_ack_in(self) -> float | None:
        due_in = self._ledger.next_due_in(time.monotonic())
        if due_in is None or self._link.over is None:
            return None
        return due_in if self._acks.room else max(due_in, _LOOK_AGAIN)

    def _tell_devices(self) -> None:
        link = self._link
        if link is not self._acks.link:
            self._ledger.tell_again(self._acks.go_over(link))
        self._acks.send(self._ledger.due(time.monotonic(), most=self._acks.room))

    def _fail(self, error: Exception) -> None:
        _log.error("the collector gives up: %s", error)
        self._failed = error
        self._stopping.set()
        self._queue.close(forget=True)
        if self._connection is not None:
            self._connection.leave()


class _Abandoned(Exception):
    """Stopped before the registry could answer."""


def _joined(delivered: Sequence[Delivered]) -> Frames:
    joined = Frames()
    for each in delivered:
        frames = each.haul.frames
        joined.topics += frames.topics
        joined.payloads += frames.payloads
        joined.headers += frames.headers
    return joined
