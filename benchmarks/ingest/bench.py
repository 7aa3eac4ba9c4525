"""What every measurement of ingestion stands on: a fresh broker, one InfluxDB, and a load everybody is given alike."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.operations.sql import SqlFleetRegistry, open_operations
from foreworn.telemetry.sample import EPOCH
from foreworn.telemetry.signal import SignalCatalogue
from simulators.load.fleet import MODEL, load_signals
from simulators.load.generator import LoadGenerator
from simulators.load.ledger import Ledger
from simulators.load.plan import LoadFormat, LoadPlan
from tests.servers import InfluxServer, MosquittoServer

IN_FLIGHT: Final = 20_000
DEVICES: Final = 200
CONNECTIONS: Final = 8
LAST_DEVICE: Final = "last"
_BROKER = (f"max_inflight_messages {IN_FLIGHT}", "set_tcp_nodelay true")
_LONGEST_WAIT = 300.0
_LOOK = 0.05


@dataclass
class Bench:
    """A folder and an InfluxDB that all turns share.

    Parameters
    ----------
    folder
        Where everything is written.
    influx
        The store.
    """

    folder: Path
    influx: InfluxServer
    _turns: "count[int]" = field(default_factory=count)

    def new_folder(self) -> Path:
        """Return an empty folder."""
        folder = self.folder / f"turn-{next(self._turns)}"
        folder.mkdir()
        return folder

    @contextmanager
    def broker(self) -> Iterator[MosquittoServer]:
        """Start a broker that nobody has a session with."""
        folder = self.new_folder()
        server = MosquittoServer(folder, _BROKER)
        server.start()
        try:
            yield server
        finally:
            server.kill()  # what it holds is nobody's any more
            shutil.rmtree(folder)

    def furnish(self, data: Path) -> None:
        """Put an operations store that knows every device of every load into a data folder."""
        known = self.folder / "operations.sqlite"
        if not known.exists():
            plan = load(port=1)
            engine = open_operations(f"sqlite:///{known}")
            registry = SqlFleetRegistry(engine)
            registry.add_signals(SignalCatalogue({MODEL: load_signals(plan)}))
            devices = [*plan.device_ids(), *last_word(1).device_ids()]
            machines = [Machine(f"machine of {device}", MODEL, plan.site, EPOCH) for device in devices]
            registry.add(machines, [Attachment(device, f"machine of {device}", EPOCH) for device in devices])
            engine.dispose()
        data.mkdir(parents=True, exist_ok=True)
        shutil.copy(known, data / known.name)


def load(
    *,
    port: int,
    messages: int | None = None,
    first_seq: int = 1,
    rate: float | None = None,
    duration: timedelta = timedelta(seconds=10),
    batch: int = 1,
    form: LoadFormat = LoadFormat.JSON,
    devices: int = DEVICES,
    wants_ack: bool = False,
) -> LoadPlan:
    """Return the load that everybody is given: a reading of six values a message, unless `batch` says more.

    Its times begin a month ago and are a function of the sequence number, so that loads that follow each other by
    `first_seq` never say the same reading twice.
    """
    cadence = timedelta(milliseconds=10)
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
    return LoadPlan(
        port=port,
        messages=messages,
        first_seq=first_seq,
        start=begin + (first_seq - 1) * cadence,
        cadence=cadence,
        rate=rate,
        duration=duration,
        batch=batch,
        format=form,
        devices=devices,
        connections=min(CONNECTIONS, devices),
        wants_ack=wants_ack,
        settle=timedelta(seconds=_LONGEST_WAIT),
    )


def last_word(port: int, number: int = 1) -> LoadPlan:
    """Return a single message that waits for the platform's acknowledgement: all before it is durable then."""
    return LoadPlan(
        port=port,
        messages=1,
        first_seq=number,
        rate=None,
        devices=1,
        connections=1,
        prefix=LAST_DEVICE,
        wants_ack=True,
        settle=timedelta(seconds=_LONGEST_WAIT),
        resend_after=timedelta(seconds=_LONGEST_WAIT),
    )


def send(plan: LoadPlan) -> Ledger:
    """Send a load, wait for what acknowledges it, and return what was sent.

    Raises
    ------
    RuntimeError
        If not all of it was acknowledged.
    """
    generator = LoadGenerator(plan)
    progress = generator.run().progress
    if (progress.confirmed if plan.wants_ack else progress.acknowledged) < progress.sent:
        raise RuntimeError(f"of {progress.sent} messages not all were acknowledged: {progress}")
    return generator.ledger()


def until(holds: Callable[[], bool], what: str, *, within: float = _LONGEST_WAIT, every: float = _LOOK) -> None:
    """Wait until something holds.

    Raises
    ------
    TimeoutError
        If it does not in time.
    """
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen in {within:g} s")
        time.sleep(every)
