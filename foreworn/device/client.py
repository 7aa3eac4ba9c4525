"""The client for makers of devices."""

import numbers
import threading
import time as wall
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from foreworn.device.backlog import Backlog, Durability, WhenFull
from foreworn.device.broker import Broker
from foreworn.device.courier import Courier
from foreworn.device.delivery import Delivery
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, from_epoch_ms
from foreworn.telemetry.signal import SignalValue
from foreworn.telemetry.wire import Kind, encode_event, encode_log, encode_sample, kind_of, topic

_LARGEST_ENTRY = 512 * 1024
_SAME_MOMENT_MS = 1000


class DeviceClient:
    """Keeps what a device says on its own disk and sends it until the platform has it. Thread-safe.

    What `send`, `event` and `log` have returned for is in the store: it survives the end of the process, kill -9
    included, and a power cut (see `durability`). It is sent as soon as there is a connection, in order, in batches,
    and again if it may have been lost on the way; the platform stores once what comes twice.

    Parameters
    ----------
    device, site
        Who speaks, and where: 1 to 128 characters, none of + # / $ or a control character.
    store
        The SQLite file, made where it is missing. Every device has its own; its numbers go on over restarts.
    broker
        Where the broker is, and how to log in.
    firmware
        The device's version, for its status.
    delivery
        Batches, windows and pauses, and whether the platform's acknowledgement is waited for.
    capacity
        Bytes of entries that the store may hold; 64 MiB are about half a million readings of six values.
    when_full
        What happens to a new entry when it does.
    durability
        What an entry survives: each waits for the disk, some milliseconds on a memory card; with
        `Durability.PROCESS` only a power cut's last moments are at risk, and thousands a second fit.

    Raises
    ------
    ValueError
        If device or site may not be called so.
    ConfigurationError
        If the broker's TLS files cannot be read.
    BacklogFailed
        If the store cannot be used, or another process has it.

    Examples
    --------
    .. code-block:: python

        with DeviceClient("pump-1", "north", "pump-1.sqlite", Broker(host="broker.example")) as client:
            client.send({"vibration_rms": 0.9})
    """

    def __init__(
        self,
        device: str,
        site: str,
        store: Path | str,
        broker: Broker | None = None,
        *,
        firmware: str = "",
        delivery: Delivery | None = None,
        capacity: int = 64 * 1024 * 1024,
        when_full: WhenFull = WhenFull.REFUSE,
        durability: Durability = Durability.POWER_CUT,
    ) -> None:
        topic(site, device, Kind.STATUS)
        broker, status = broker or Broker(), Status(device, "online", None, firmware)
        context = broker.tls_context()
        self._device = device
        self._backlog = Backlog(Path(store), capacity=capacity, when_full=when_full, durability=durability)
        self._forgotten = threading.Condition()
        self._stamping = threading.Lock()
        self._stamped = 0
        self._courier = Courier(self._backlog, broker, context, status, site, delivery or Delivery(), self._forgotten)
        self._courier.start()

    @property
    def pending(self) -> int:
        """How many entries are kept and not acknowledged."""
        return self._backlog.pending

    @property
    def dropped(self) -> int:
        """How many entries were dropped because the store was full, since the store was made."""
        return self._backlog.dropped

    @property
    def last_seq(self) -> int:
        """The sequence number given last."""
        return self._backlog.last

    @property
    def is_connected(self) -> bool:
        """Whether the broker lets us in and hears us."""
        return self._courier.is_connected

    @property
    def trouble(self) -> str:
        """Why what is kept is not delivered, in words; empty when all is well."""
        return self._courier.trouble

    def send(self, values: Mapping[str, SignalValue], time: datetime | None = None) -> None:
        """Keep one reading.

        Parameters
        ----------
        values
            By signal: numbers, or texts for states. Leave out what is not known.
        time
            When it was measured, with a time zone; now where None. A device has one reading at a time: one more of
            the same millisecond is stamped a millisecond later.

        Raises
        ------
        ValueError
            If there are no values, or one is neither a number nor a text, or not finite; or the time has no zone.
        BacklogFull, BacklogFailed
            If it cannot be kept.
        """
        self.send_many([(values, time)])

    def send_many(self, readings: Sequence[tuple[Mapping[str, SignalValue], datetime | None]]) -> None:
        """Keep several readings, all or none, for the price of one wait for the disk; see `send`."""
        samples = [Sample(self._device, self._time(time), _checked(values)) for values, time in readings]
        if not all(sample.values for sample in samples):
            raise ValueError("a reading has at least one value")
        self._keep(samples)

    def event(self, code: str, severity: str = "info", message: str = "", time: datetime | None = None) -> None:
        """Keep one fault message or change of state; for its errors see `send`."""
        if not code or not severity:
            raise ValueError("an event has a code and a severity")
        self._keep([Event(self._device, self._time(time), code, severity, message)])

    def log(
        self,
        level: str,
        message: str,
        logger: str = "",
        fields: Mapping[str, SignalValue | bool | None] | None = None,
        time: datetime | None = None,
    ) -> None:
        """Keep one line of the operation log; for its errors see `send`."""
        if not level:
            raise ValueError("a log line has a level")
        self._keep([LogLine(self._device, self._time(time), level, message, logger, dict(fields or {}))])

    def flush(self, timeout: timedelta) -> None:
        """Send at once, and wait until everything is acknowledged.

        Raises
        ------
        TimeoutError
            If it is not by then; it stays in the store.
        """
        self._courier.nudge(hurry=True)
        with self._forgotten:
            done = self._forgotten.wait_for(lambda: not self._backlog.pending, timeout.total_seconds())
        if not done:
            why = f": {self.trouble}" if self.trouble else ""
            raise TimeoutError(f"{self._backlog.pending} entries are not acknowledged after {timeout}{why}")

    def close(self, *, wait: timedelta = timedelta(seconds=5)) -> None:
        """Take leave of the broker and close the store.

        Parameters
        ----------
        wait
            How long to wait for what is not acknowledged. What is not by then stays in the store, and is sent when
            the store is opened again.
        """
        if not self._courier.is_alive():
            return
        if self._courier.is_connected:
            self._courier.nudge(hurry=True)
            with self._forgotten:
                self._forgotten.wait_for(lambda: not self._backlog.pending, wait.total_seconds())
        self._courier.end()
        self._courier.join()
        self._backlog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _keep(self, entries: Sequence[Sample | Event | LogLine]) -> None:
        if not entries:
            return
        bodies = [_encoded(entry) for entry in entries]
        self._backlog.append(kind_of(entries[0]), bodies)
        self._courier.nudge()

    def _time(self, time: datetime | None) -> datetime:
        if time is not None:
            if time.tzinfo is None:
                raise ValueError(f"{time} has no time zone: write datetime.now(UTC)")
            return time.astimezone(UTC)
        with self._stamping:
            now = wall.time_ns() // 1_000_000
            if self._stamped - _SAME_MOMENT_MS < now <= self._stamped:
                now = self._stamped + 1
            self._stamped = now
            return from_epoch_ms(now)


def _checked(values: Mapping[str, SignalValue]) -> dict[str, SignalValue]:
    return {name: _plain(name, value) for name, value in values.items()}


def _plain(name: str, value: object) -> SignalValue:
    """Return a value as the built-in type it is; NumPy's and others' numbers are numbers too."""
    match value:
        case bool():
            raise ValueError(f"{name!r} is {value}: send 1 or 0, or a text for a state")
        case str():
            return value
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            return float(value)
    raise ValueError(f"{name!r} is {value!r}: a value is a number or a text; leave out what is not known")


def _encoded(entry: Sample | Event | LogLine) -> bytes:
    body = _encode(entry)
    if len(body) > _LARGEST_ENTRY:
        raise ValueError(f"the entry has {len(body)} bytes, more than {_LARGEST_ENTRY}: the platform would refuse it")
    return body


def _encode(entry: Sample | Event | LogLine) -> bytes:
    match entry:
        case Sample():
            return encode_sample(entry)
        case Event():
            return encode_event(entry)
        case LogLine():
            return encode_log(entry)
