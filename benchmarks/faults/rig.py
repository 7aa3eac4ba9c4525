"""Everything one schedule runs against: broker, links, collector, store and devices, and their clocks."""

import random
import shutil
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from benchmarks.faults.client_device import ClientDevice
from benchmarks.faults.collector_process import CLOCK_VARIABLE, COMMAND, CollectorProcess
from benchmarks.faults.device import Device, PlainDevice, reading
from benchmarks.faults.keeping_device import KeepingDevice
from benchmarks.faults.ledger import Ledger
from benchmarks.faults.link import FaultyLink, LinkLoop
from benchmarks.faults.readings import CATALOGUE, MODEL, SITE
from benchmarks.faults.schedule import Schedule, StoreKind
from benchmarks.faults.small_disk import SmallDisk
from benchmarks.faults.store_front import StoreFront
from benchmarks.faults.stranger import STRANGER, Stranger
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.operations.sql import SqlFleetRegistry, open_operations
from foreworn.telemetry.sample import EPOCH
from foreworn.telemetry.wire import Kind
from tests.servers import InfluxServer, MosquittoServer

PLAIN: Final = ("plain-0", "plain-1", "lines-0")
LINES: Final = "lines-0"
CLIENT: Final = ("client-0", "client-1")
KEEPING: Final = ("keeping-0", "keeping-1")
_TICK = 0.04
_SMALL_QUEUE = ("max_inflight_messages 20", "max_queued_messages 1000")
"""As in Mosquitto where its configuration says nothing."""
_SMALL_WINDOW = "100"
_LARGEST_BATCH = 4
_SETTINGS = {
    "FOREWORN_MQTT__BROKER": "external",
    "FOREWORN_MQTT__KEEP_ALIVE": "PT2S",
    "FOREWORN_INGESTION__RETRY_LONGEST": "PT1S",
    "FOREWORN_INGESTION__ACK_INTERVAL": "PT0.1S",
}


@dataclass(frozen=True, slots=True)
class Lane:
    """What schedules that run one after another share.

    Parameters
    ----------
    folder
        Where everything is written.
    loop
        Where links run.
    influx
        The store, for schedules that need a server.
    """

    folder: Path
    loop: LinkLoop
    influx: InfluxServer

    @property
    def bytecode(self) -> Path:
        """Where the collectors' compiled modules are kept; no mutant's are ever found there by another."""
        return self.folder / "bytecode"

    def furnish(self, data: Path) -> None:
        """Put an operations store that knows the devices into a data folder."""
        known = self.folder / "operations.sqlite"
        if not known.exists():
            engine = open_operations(f"sqlite:///{known}")
            registry = SqlFleetRegistry(engine)
            registry.add_signals(CATALOGUE)
            devices = [*PLAIN, *CLIENT, *KEEPING, STRANGER]
            machines = [Machine(f"machine of {device}", MODEL, SITE, EPOCH) for device in devices]
            registry.add(machines, [Attachment(device, f"machine of {device}", EPOCH) for device in devices])
            engine.dispose()
        data.mkdir(parents=True, exist_ok=True)
        shutil.copy(known, data / known.name)


class Rig:
    """One schedule's processes and devices, started; close it, or use it as a context manager.

    Parameters
    ----------
    lane
        What it shares with the schedules before and after.
    schedule
        What is going to happen.
    folder
        Of its own.
    command
        What is started as the collector.
    """

    def __init__(self, lane: Lane, schedule: Schedule, folder: Path, *, command: Sequence[str] = COMMAND) -> None:
        self.lane, self.schedule, self.folder = lane, schedule, folder
        self.data = folder / "data"
        self.disk = SmallDisk(self.data) if schedule.needs_small_disk else None
        lane.furnish(self.data)
        (folder / "mosquitto").mkdir()
        self.broker = MosquittoServer(folder / "mosquitto", _SMALL_QUEUE if schedule.small_queue else ())
        self.broker.start()
        self.device_link = FaultyLink(lane.loop, self.broker.port, schedule.seed)
        self.collector_link = FaultyLink(lane.loop, self.broker.port, schedule.seed + 1)
        self.front = StoreFront(lane.influx.port) if schedule.store is StoreKind.INFLUX else None
        self.bucket = lane.influx.new_bucket() if self.front is not None else ""
        self._clock = folder / "clock"
        self.set_clock(0.0)
        self.collector = CollectorProcess(
            self._settings(), folder / "collector.log", bytecode=lane.bytecode, seed=schedule.seed, command=command
        )
        self.collector.start()
        self.ledgers = [Ledger(name) for name in (*(() if schedule.broker_may_die else PLAIN), *CLIENT, *KEEPING)]
        self.devices: list[Device] = [self._device(ledger) for ledger in self.ledgers]
        self.device_offset = dict.fromkeys((ledger.device for ledger in self.ledgers), 0)
        self.sent_with_offset = 0
        self._numbers = {ledger.device: 0 for ledger in self.ledgers}
        self.stranger = Stranger(self.broker.port) if schedule.small_queue else None
        self._quiet = threading.Event()
        self._talk = threading.Thread(target=self._keep_talking, name="talk", daemon=True)

    def talk(self) -> None:
        """Let the devices send until `quiet`."""
        self._talk.start()

    def quiet(self) -> None:
        """Let no device send anything new."""
        self._quiet.set()
        self._talk.join()
        if self.stranger is not None:
            self.stranger.close()

    def send(self, device: Device, count: int) -> None:
        """Let one device send some readings in one message, now."""
        ledger = device.ledger
        offset = self.device_offset[ledger.device]
        first = self._numbers[ledger.device]
        self._numbers[ledger.device] += count
        now = int(time.time() * 1000) + offset
        device.send([reading(self.schedule.seed, ledger, number, now) for number in range(first, first + count)])
        self.sent_with_offset += count if offset else 0

    def owed(self) -> int:
        """Return how many readings were sent and nobody has said that they are safe."""
        for device in self.devices:
            device.refresh()
        return sum(ledger.waits for ledger in self.ledgers)

    def set_clock(self, offset: float) -> None:
        """Set the platform's clock so many seconds off."""
        written = self._clock.with_suffix(".new")
        written.write_text(str(offset))
        written.replace(self._clock)

    def close(self) -> None:
        """End everything that is the schedule's own."""
        self._quiet.set()
        if self.stranger is not None:
            self.stranger.close()
        for device in self.devices:
            device.close()
        self.collector.close()
        self.device_link.close()
        self.collector_link.close()
        self.broker.stop()
        if self.front is not None:
            self.front.close()
        if self.disk is not None:
            self.disk.unmount()

    def __enter__(self) -> "Rig":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _settings(self) -> dict[str, str]:
        settings = _SETTINGS | {
            "FOREWORN_DATA_DIR": str(self.data),
            "FOREWORN_MQTT__PORT": str(self.collector_link.port),
            CLOCK_VARIABLE: str(self._clock),
        }
        if self.schedule.small_queue:
            settings["FOREWORN_MQTT__IN_FLIGHT"] = _SMALL_WINDOW  # MQTT 5: it goes before the broker's own limit
        if self.front is not None:
            influx = self.lane.influx
            settings["FOREWORN_STORE__TELEMETRY"] = (
                f"influx://127.0.0.1:{self.front.port}/{self.bucket}?org={influx.org}"
            )
            settings["FOREWORN_STORE__INFLUX_TOKEN"] = influx.token
            settings["FOREWORN_STORE__INFLUX_TIMEOUT"] = "PT2S"
        return settings

    def _device(self, ledger: Ledger) -> Device:
        if ledger.device in PLAIN:
            kind = Kind.LINES if ledger.device == LINES else Kind.TELEMETRY
            return PlainDevice(ledger, self.device_link.port, kind)
        if ledger.device in CLIENT:
            return ClientDevice(ledger, self.device_link.port, self.folder / f"{ledger.device}.sqlite")
        return KeepingDevice(ledger, self.device_link.port)

    def _keep_talking(self) -> None:
        dice = random.Random(self.schedule.seed)
        batched: Sequence[Device] = self.devices[::2]
        while not self._quiet.wait(_TICK):
            for device in self.devices:
                for _ in range(dice.randint(0, 3)):
                    self.send(device, dice.randint(1, _LARGEST_BATCH) if device in batched else 1)
