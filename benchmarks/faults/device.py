"""What every device of a schedule can do, and one that trusts the broker alone."""

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from benchmarks.faults.ledger import Ledger
from benchmarks.faults.readings import SITE, values_of
from foreworn.telemetry.sample import Sample, from_epoch_ms, to_epoch_ms
from foreworn.telemetry.signal import SignalValue
from foreworn.telemetry.wire import Kind, encode_batch, encode_sample, topic

KEEP_ALIVE = 2
_LONGEST_PAUSE = 1.0


class Device(Protocol):
    """Sends readings, and writes down what it sent and what it was told is safe."""

    ledger: Ledger

    def send(self, readings: Sequence[Sample]) -> None:
        """Send readings as one message; they are in the ledger already."""
        ...

    def refresh(self) -> None:
        """Write down what it was told in the meantime."""
        ...

    def close(self) -> None:
        """Disconnect."""
        ...


def reading(seed: int, ledger: Ledger, number: int, time: int) -> Sample:
    """Write the device's next reading down and return it."""
    time = ledger.enter(number, time)
    return Sample(ledger.device, from_epoch_ms(time), values_of(seed, ledger.device, number), number)


def payload_of(readings: Sequence[Sample]) -> bytes:
    """Return one reading as an object, several as an array."""
    return encode_sample(readings[0]) if len(readings) == 1 else encode_batch(readings)


def lines_of(readings: Sequence[Sample]) -> bytes:
    """Return readings in line protocol, as a Telegraf edge would write them."""
    return "\n".join(_line(reading) for reading in readings).encode()


def _line(reading: Sample) -> str:
    fields = [f"{name}={_field(value)}" for name, value in reading.values.items()]
    return f"telemetry seq={reading.seq}i,{','.join(fields)} {to_epoch_ms(reading.time)}000000"


def _field(value: SignalValue) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value}i" if isinstance(value, int) else repr(value)


class PlainDevice:
    """Keeps a reading until the broker's PUBACK, in memory, and sends it again with the same session.

    It is a paho client as its documentation tells to use it: a fixed client id and no clean session.

    Parameters
    ----------
    ledger
        Where it writes down what happened.
    port
        Where it finds the broker.
    kind
        How it writes its readings: telemetry (JSON) or lines.
    """

    def __init__(self, ledger: Ledger, port: int, kind: Kind = Kind.TELEMETRY) -> None:
        self.ledger = ledger
        self._encode = lines_of if kind is Kind.LINES else payload_of
        self._numbers: dict[int, Sequence[int]] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()
        self._topic = topic(SITE, ledger.device, kind)
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=ledger.device, clean_session=False, protocol=mqtt.MQTTv311
        )
        self._client.reconnect_delay_set(min_delay=_LONGEST_PAUSE / 8, max_delay=_LONGEST_PAUSE)  # type: ignore[arg-type]
        self._client.on_publish = self._on_puback
        self._client.connect("127.0.0.1", port, KEEP_ALIVE)
        self._client.loop_start()

    def send(self, readings: Sequence[Sample]) -> None:
        """Send readings as one message; they are in the ledger already."""
        numbers = [r.seq for r in readings if r.seq is not None]
        message = self._client.publish(self._topic, self._encode(readings), qos=1).mid
        with self._lock:
            self._numbers[message] = numbers
            if message not in self._early:
                return
            self._early.remove(message)
        self._settle(message)

    def refresh(self) -> None:
        """Do nothing: the ledger hears at once."""

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_puback(self, _client: mqtt.Client, _data: Any, mid: int, _reason: ReasonCode, _: Properties | None) -> None:
        with self._lock:
            if mid not in self._numbers:  # the broker was faster than `publish`
                self._early.add(mid)
                return
        self._settle(mid)

    def _settle(self, message: int) -> None:
        with self._lock:
            numbers = self._numbers.pop(message)
        self.ledger.acknowledge(numbers)
