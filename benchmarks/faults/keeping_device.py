"""A device that trusts nobody but the platform: it keeps a reading until `ack {"through": number}`."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from benchmarks.faults.device import KEEP_ALIVE, payload_of
from benchmarks.faults.ledger import Ledger
from benchmarks.faults.readings import SITE
from foreworn.telemetry.sample import Sample, Status
from foreworn.telemetry.wire import Kind, decode_ack, encode_status, topic

_WINDOW = 200
_PATIENCE = 2.0
_PAUSE = 0.1


class KeepingDevice:
    """Sends all it keeps after every connect, oldest first, and again where it hears nothing for two seconds.

    Before it does it says, in its status, which number is its oldest: the platform waits for that one.

    Written from the contract alone, with no line of the product's own client: what an independent maker would do. Every
    connection is a new clean session, so that no copy kept by the MQTT library overtakes what is older.

    Parameters
    ----------
    ledger
        Where it writes down what happened.
    port
        Where it finds the broker.
    """

    def __init__(self, ledger: Ledger, port: int) -> None:
        self.ledger = ledger
        self._port = port
        self._device = ledger.device
        self._kept: deque[tuple[int, int, bytes]] = deque()  # first and last number, payload
        self._next = 0
        self._sent = 0
        self._heard = time.monotonic()
        self._lock = threading.RLock()
        self._client: mqtt.Client | None = None
        self._stopping = threading.Event()
        self._names = itertools.count()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._stay_connected, self._be_patient)]
        for thread in self._threads:
            thread.start()

    def send(self, readings: Sequence[Sample]) -> None:
        """Keep the readings, and send them as one message once there is room for it on the way."""
        numbers = [r.seq for r in readings if r.seq is not None]
        with self._lock:
            self._kept.append((min(numbers), max(numbers), payload_of(readings)))
            self._next = max(numbers) + 1
            self._send_more()

    def refresh(self) -> None:
        """Do nothing: the ledger hears at once."""

    def close(self) -> None:
        """Disconnect."""
        self._stopping.set()
        with self._lock:
            client = self._client
        if client is not None:
            client.disconnect()
        for thread in self._threads:
            thread.join()

    def _stay_connected(self) -> None:
        while not self._stopping.is_set():
            client = mqtt.Client(
                CallbackAPIVersion.VERSION2,
                client_id=f"{self._device}-{next(self._names)}",
                protocol=mqtt.MQTTv311,
                reconnect_on_failure=False,
            )
            client.on_connect, client.on_message = self._on_connect, self._on_ack
            client.max_inflight_messages_set(0)
            try:
                client.connect("127.0.0.1", self._port, KEEP_ALIVE)
                client.loop_forever()
            except OSError:
                pass  # not there yet
            with self._lock:
                self._client = None
            self._stopping.wait(_PAUSE)

    def _be_patient(self) -> None:
        while not self._stopping.wait(_PAUSE):
            with self._lock:
                if self._sent and time.monotonic() - self._heard > _PATIENCE:
                    self._start_over()

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode, _: Properties | None
    ) -> None:
        if reason.is_failure or self._stopping.is_set():
            client.disconnect()
            return
        client.subscribe(topic(SITE, self._device, Kind.ACK), qos=1)
        with self._lock:
            self._client = client
            self._start_over()

    def _on_ack(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        through = decode_ack(bytes(message.payload))
        self.ledger.acknowledge_through(through)
        with self._lock:
            self._heard = time.monotonic()
            while self._kept and self._kept[0][1] <= through:
                self._kept.popleft()
                self._sent = max(0, self._sent - 1)
            self._send_more()

    def _start_over(self) -> None:
        self._sent = 0
        self._heard = time.monotonic()
        self._announce()
        self._send_more()

    def _announce(self) -> None:
        if self._client is None:
            return
        oldest = self._kept[0][0] if self._kept else self._next
        status = encode_status(Status(self._device, "online", wants_ack=True, oldest=oldest))
        self._client.publish(topic(SITE, self._device, Kind.STATUS), status, qos=1, retain=True)

    def _send_more(self) -> None:
        if self._client is None:
            return
        for _, _, payload in itertools.islice(self._kept, self._sent, min(_WINDOW, len(self._kept))):
            self._client.publish(topic(SITE, self._device, Kind.TELEMETRY), payload, qos=1)
            self._sent += 1
