"""A device that uses the product's own client, with its store on disk."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from benchmarks.faults.device import KEEP_ALIVE
from benchmarks.faults.ledger import Ledger
from benchmarks.faults.readings import SITE
from foreworn.device import Broker, Delivery, DeviceClient, Durability
from foreworn.telemetry.sample import Sample

_HASTE = Delivery(
    batch_wait=timedelta(seconds=0.05),
    resend_after=timedelta(seconds=1),
    resend_longest=timedelta(seconds=4),
    retry_shortest=timedelta(seconds=0.1),
    retry_longest=timedelta(seconds=1),
)


class ClientDevice:
    """`foreworn.device.DeviceClient`, in more haste than by default; what it has forgotten, it was told is safe.

    Parameters
    ----------
    ledger
        Where it writes down what happened.
    port
        Where it finds the broker.
    store
        The client's file.
    """

    def __init__(self, ledger: Ledger, port: int, store: Path) -> None:
        self.ledger = ledger
        self._sent = 0
        broker = Broker(port=port, keep_alive=timedelta(seconds=KEEP_ALIVE))
        self._client = DeviceClient(ledger.device, SITE, store, broker, delivery=_HASTE, durability=Durability.PROCESS)

    def send(self, readings: Sequence[Sample]) -> None:
        """Hand readings to the client, which numbers them itself."""
        self._client.send_many([(reading.values, reading.time) for reading in readings])
        self._sent += len(readings)
        self.refresh()

    def refresh(self) -> None:
        """Write down what the client has forgotten by now: all but what is pending, and it forgets in order."""
        sent = self._sent
        self.ledger.acknowledge_through(sent - self._client.pending - 1)

    def close(self) -> None:
        """Disconnect."""
        self.refresh()
        self._client.close(wait=timedelta(0))
