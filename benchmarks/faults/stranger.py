"""A device nobody keeps a ledger of, which talks so much that a small queue of the broker runs over."""

import threading
import time
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.faults.readings import SITE
from foreworn.telemetry.sample import Sample, from_epoch_ms
from foreworn.telemetry.wire import Kind, encode_sample, topic

STRANGER: Final = "stranger"
_AT_ONCE = 150
_PAUSE = 0.05


class Stranger:
    """Says the same reading again and again, over a thousand times a second, until it is closed.

    Parameters
    ----------
    port
        Where it finds the broker: not over a link that is at fault.
    """

    def __init__(self, port: int) -> None:
        reading = Sample(STRANGER, from_epoch_ms(time.time_ns() // 1_000_000), {"cycles": 1})
        self._topic, self._payload = topic(SITE, STRANGER, Kind.TELEMETRY), encode_sample(reading)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        self._client.max_inflight_messages_set(_AT_ONCE)
        self._client.max_queued_messages_set(_AT_ONCE)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="stranger", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say no more."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _talk(self) -> None:
        while not self._closing.wait(_PAUSE):
            for _ in range(_AT_ONCE):
                self._client.publish(self._topic, self._payload, qos=1)  # where its own queue is full it drops this
