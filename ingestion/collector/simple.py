"""The simple collector: paho reads the messages one by one, and one commit takes all that have come."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from foreworn.errors import BrokerUnavailable, ConfigurationError, StoreUnavailable
from foreworn.settings import IngestionSettings, MqttSettings
from foreworn.telemetry.intake import Intake, IntakeBatch
from foreworn.telemetry.wire import Kind, encode_ack, topic
from ingestion.collector.acknowledgement import AckLedger
from ingestion.collector.counts import CollectorCounts
from ingestion.formats.message import UNREADABLE_TOPIC
from ingestion.reception.reception import Reception
from ingestion.reception.turn import Turn
from ingestion.session import paho_client
from ingestion.session.deliveries import Delivery, DeliveryQueue
from ingestion.session.frames import Frames
from ingestion.session.framing import check_qos
from ingestion.session.handshake import spoken_protocol
from ingestion.session.subscriptions import SUBSCRIPTIONS, refusal

_QOS_1, _REDELIVERED, _RETAINED = 0x32, 0x08, 0x01
_START_TIMEOUT = 15.0

_log = logging.getLogger(__name__)


class PahoCollector:
    """A collector on one paho connection with manual acknowledgement and a persistent session.

    The network thread only queues; one thread takes everything queued, decodes and validates it, commits
    it as one batch and then acknowledges it to the broker, and to the devices that want it. A full queue
    makes the network thread wait, so the broker has to. It is there to be compared with: paho puts a whole packet
    together, of up to 256 MB, before `largest_payload` is asked.

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
        new_client: paho_client.NewClient = paho_client.new_client,
        hello: paho_client.Hello = spoken_protocol,
    ) -> None:
        self._mqtt_settings = mqtt_settings
        self._reception = reception
        self._intake = intake
        self._on_committed = on_committed
        self._new_client = new_client
        self._hello = hello
        self._client: mqtt.Client | None = None
        self._deliveries = DeliveryQueue(mqtt_settings.in_flight, settings.queue_bytes)
        self._ack_interval = settings.ack_interval.total_seconds()
        self._ledger = AckLedger(self._ack_interval)
        self._committer = threading.Thread(target=self._commit_all, name="foreworn-committer", daemon=True)
        self._stopping = threading.Event()
        self._subscribed = threading.Event()
        self._connection_lock = threading.Lock()
        self._connection: int | None = None
        self._connections = 0
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
        self._ledger = AckLedger(self._ack_interval, self._intake.through())
        client = self._client = self._new_client(settings, self._hello(settings))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        paho_client.connect(client, settings)
        self._committer.start()
        client.loop_start()
        if not self._subscribed.wait(_START_TIMEOUT) or self._failed:
            self.stop()
            raise self._failed or BrokerUnavailable(settings.host, settings.port, "it does not confirm a subscription")

    def stop(self) -> None:
        """Commit and acknowledge what has come, then disconnect; the broker keeps what comes later."""
        self._stopping.set()
        self._deliveries.close()
        if self._committer.is_alive():
            self._committer.join()
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    # The network thread.

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode, _: Properties | None
    ) -> None:
        if reason.is_failure:
            _log.warning("the broker refuses the connection: %s", reason)
            return
        with self._connection_lock:
            self._connections += 1
            self._connection = self._connections
        client.subscribe(SUBSCRIPTIONS)  # every time: a broker that lost its disk has lost our session too

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _: mqtt.DisconnectFlags, reason: ReasonCode, __: Properties | None
    ) -> None:
        with self._connection_lock:
            self._connection = None
        if not self._stopping.is_set():
            _log.warning("the connection to the broker is gone (%s); trying again", reason)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _: Properties | None
    ) -> None:
        problem = refusal(reasons)
        if problem is not None:
            self._fail(problem)
        self._subscribed.set()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            check_qos(message.qos)
        except ConfigurationError as error:
            self._fail(error)
            return
        try:
            name = message.topic
        except UnicodeDecodeError:
            name = UNREADABLE_TOPIC
        self._deliveries.put(
            Delivery(
                name, bytes(message.payload), message.mid, message.qos, self._connections, message.retain, message.dup
            )
        )  # fmt: skip

    # The committing thread.

    def _commit_all(self) -> None:
        try:
            while (deliveries := self._deliveries.take(self._next_ack_in)) is not None:
                if deliveries:
                    self._take_in(deliveries)
                self._tell_devices()
        except _Abandoned:
            _log.warning("stopped while the registry could not answer; the broker keeps what was not committed")
        except Exception as error:
            self._fail(error)

    def _take_in(self, deliveries: Sequence[Delivery]) -> None:
        turn = self._received(_frames(deliveries))
        batch = turn.batch
        self._ledger.hear(turn.heard)
        self._commit(batch)
        self._acknowledge(deliveries)
        self._counts = self._counts.plus(len(deliveries), batch)
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

    def _acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        with self._connection_lock:
            for delivery in deliveries:
                if delivery.connection == self._connection and self._client is not None:
                    self._client.ack(delivery.message_id, delivery.qos)

    def _next_ack_in(self) -> float | None:
        return self._ledger.next_due_in(time.monotonic())

    def _tell_devices(self) -> None:
        if self._client is None:
            return
        for site, device, through in self._ledger.due(time.monotonic()):
            self._client.publish(topic(site, device, Kind.ACK), encode_ack(through), qos=1)

    def _fail(self, error: Exception) -> None:
        _log.error("the collector gives up: %s", error)
        self._failed = error
        self._stopping.set()
        self._deliveries.close(forget=True)
        if self._client is not None:
            self._client.disconnect()


class _Abandoned(Exception):
    """Stopped before the registry could answer."""


def _frames(deliveries: Sequence[Delivery]) -> Frames:
    return Frames(
        [delivery.topic.encode() for delivery in deliveries],
        [delivery.payload for delivery in deliveries],
        [_QOS_1 | _REDELIVERED * delivery.redelivered | _RETAINED * delivery.retained for delivery in deliveries],
    )
