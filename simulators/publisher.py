"""A gateway: one connection that publishes for many devices and knows what has been acknowledged."""

import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from foreworn.device.broker import Broker
from foreworn.device.connection import new_client
from foreworn.errors import BrokerUnavailable, Rejected
from foreworn.settings import MqttSettings
from foreworn.telemetry.sample import Status
from foreworn.telemetry.wire import PREFIX, Kind, decode_ack, encode_status, parse_topic, topic

_WINDOW = 2000
_CONNECT_TIMEOUT = 15.0
_ACKS = f"{PREFIX}/+/+/{Kind.ACK}"


class DevicePublisher:
    """Publishes at QoS 1, keeps a bounded number of messages on the way, reconnects, and counts.

    It shares the setting up of its connection with `foreworn.device.DeviceClient`, and is another thing: one connection
    for many devices, messages whose numbers are given (a replay has to repeat duplicates, gaps and broken ones as they
    were), and no store, because what is simulated can be simulated again.

    Parameters
    ----------
    settings
        The broker. The client id is the publisher's own.
    client_id
        Random where empty.
    window
        Messages that may be without the broker's acknowledgement; `publish` waits when there are more.

    Raises
    ------
    BrokerUnavailable
        If no broker answers, or it does not let us in.
    """

    def __init__(self, settings: MqttSettings, *, client_id: str = "", window: int = _WINDOW) -> None:
        self._settings = settings
        self._window = window
        self._state = threading.Condition()
        self._sent = 0
        self._acknowledged = 0
        self._through: dict[str, int] = {}
        self._refused = ""
        self._listening = False
        self._client = self._make_client(client_id or f"foreworn-publisher-{secrets.token_hex(4)}")
        self._connect()

    @property
    def sent(self) -> int:
        """Messages handed to the connection."""
        with self._state:
            return self._sent

    @property
    def acknowledged(self) -> int:
        """Messages the broker has acknowledged (PUBACK)."""
        with self._state:
            return self._acknowledged

    @property
    def acknowledged_through(self) -> dict[str, int]:
        """By device, the number through which the platform says that all is durable."""
        with self._state:
            return dict(self._through)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Hand one message to the connection; waits while the window is full.

        Raises
        ------
        BrokerUnavailable
            If the broker acknowledges nothing for a long time.
        """
        with self._state:
            if not self._state.wait_for(lambda: self._sent - self._acknowledged < self._window, 120.0):
                raise self._unavailable("it has acknowledged nothing for 120 s")
            self._sent += 1
        self._client.publish(topic, payload, qos=1, retain=retain)

    def announce(
        self, site: str, device: str, *, time: datetime, firmware: str = "", oldest: int | None = None
    ) -> None:
        """Publish, retained, that a device is online and wants to hear what is durable.

        `oldest` is the number that it begins with; the first that arrives is taken for it where None.
        """
        status = Status(device, "online", time, firmware, wants_ack=True, oldest=oldest)
        self.publish(topic(site, device, Kind.STATUS), encode_status(status), retain=True)

    def withdraw(self, site: str, device: str, *, time: datetime | None = None) -> None:
        """Publish, retained, that a device is offline; without a time, as its last will would."""
        self.publish(topic(site, device, Kind.STATUS), encode_status(Status(device, "offline", time)), retain=True)

    def flush(self, timeout: timedelta) -> None:
        """Wait until the broker has acknowledged everything sent.

        Raises
        ------
        TimeoutError
            If it has not by then.
        """
        with self._state:
            if not self._state.wait_for(lambda: self._acknowledged >= self._sent, timeout.total_seconds()):
                missing = self._sent - self._acknowledged
                raise TimeoutError(f"the broker has not acknowledged {missing} of {self._sent} messages in {timeout}")

    def wait_acknowledged(self, through: Mapping[str, int], timeout: timedelta) -> None:
        """Wait until the platform has acknowledged each device's messages through the given number.

        The numbers of a device must be announced first, and run without gaps over all its messages.

        Raises
        ------
        TimeoutError
            If it has not by then; the message names the devices.
        """
        with self._state:
            if not self._state.wait_for(lambda: not self._behind(through), timeout.total_seconds()):
                behind = self._behind(through)
                told = ", ".join(f"{d} through {self._through.get(d)} of {through[d]}" for d in behind[:5])
                raise TimeoutError(f"after {timeout} the platform has not acknowledged {len(behind)} devices: {told}")

    def close(self) -> None:
        """Disconnect; what is not flushed may be lost."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> "DevicePublisher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _behind(self, through: Mapping[str, int]) -> list[str]:
        return [device for device, seq in through.items() if self._through.get(device, -1) < seq]

    def _make_client(self, client_id: str) -> mqtt.Client:
        settings = self._settings
        broker = Broker(
            host=settings.host,
            port=settings.port,
            username=settings.username,
            password="" if settings.password is None else settings.password.get_secret_value(),
            tls=settings.tls,
            ca=settings.tls_ca,
            certificate=settings.tls_certificate,
            key=settings.tls_key,
        )
        client = new_client(broker, broker.tls_context(), client_id, reconnects=True)
        client.reconnect_delay_set(min_delay=1, max_delay=10)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_ack
        return client

    def _connect(self) -> None:
        settings = self._settings
        try:
            self._client.connect(settings.host, settings.port, max(1, round(settings.keep_alive.total_seconds())))
        except OSError as error:
            raise self._unavailable(error.strerror or str(error)) from error
        self._client.loop_start()
        with self._state:
            self._state.wait_for(lambda: self._listening or self._refused, _CONNECT_TIMEOUT)
        if not self._listening:
            self.close()
            raise self._unavailable(self._refused or "it does not confirm a subscription")

    def _unavailable(self, why: str) -> BrokerUnavailable:
        return BrokerUnavailable(self._settings.host, self._settings.port, why)

    # The network thread.

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode, _: Properties | None
    ) -> None:
        if reason.is_failure:
            with self._state:
                self._refused = f"it refuses us: {reason}"
                self._state.notify_all()
        else:
            client.subscribe(_ACKS, qos=1)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _: Properties | None
    ) -> None:
        with self._state:
            if any(reason.is_failure for reason in reasons):
                self._refused = f"it refuses the subscription to {_ACKS}"
            else:
                self._listening = True
            self._state.notify_all()

    def _on_publish(
        self, _client: mqtt.Client, _data: Any, _mid: int, _reason: ReasonCode, _: Properties | None
    ) -> None:
        with self._state:
            self._acknowledged += 1
            self._state.notify_all()

    def _on_ack(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            device, through = parse_topic(message.topic).device, decode_ack(bytes(message.payload))
        except Rejected:
            return  # not from the platform: nothing is acknowledged by it
        with self._state:
            self._through[device] = max(through, self._through.get(device, through))
            self._state.notify_all()
