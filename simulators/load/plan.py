"""What a load consists of: who speaks, how fast, in which format, and what exactly is said."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from foreworn.errors import ConfigurationError
from foreworn.telemetry.sample import EPOCH, MILLISECOND, to_epoch_ms
from foreworn.telemetry.wire import Kind, is_identity

PACKET_IDS = 60_000
"""Packet ids that messages use; what is above is for all else."""
LARGEST_WINDOW = 50_000
_FINEST = timedelta(milliseconds=1)
_SIGNALS = ("vibration", "temperature", "pressure", "current", "speed", "flow")


class LoadFormat(StrEnum):
    """How a message carries its readings."""

    JSON = "json"
    """One object; an array of objects where a message has several readings."""
    LINES = "lines"
    """InfluxDB line protocol, one line a reading, on the `lines` topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """A load, as a value: the same plan says the same readings, whoever asks.

    Message k of device d carries the readings `first_seq` + k * `batch` and following; reading r of a device
    (from 0) is stamped `start` + r * `cadence`. The devices take turns, and each stays on one connection.

    Parameters
    ----------
    host, port, username, password
        The broker.
    devices, connections
        How many; a connection speaks for several devices, as a gateway does.
    rate
        Messages a second over all connections; None: as many as the broker takes.
    duration
        How long new messages are offered, where `messages` does not say how many.
    messages
        How many messages are sent, however long it takes; None: as many as fit into `duration`.
    format, batch
        What a message looks like, and how many readings it carries.
    signals
        Values in a reading.
    seed
        What the values hang on.
    site, prefix
        Devices are called `prefix`-0000, `prefix`-0001, ... at this site.
    first_seq
        The first sequence number of every device, so that one load can go on where another ended.
    start
        The first reading's time. Where None: now, or a day ago where there is no rate, because a device that sends
        faster than a reading a millisecond runs ahead of the clock.
    cadence
        Device time between two readings of a device, a millisecond or more. Where None: as the rate would have it.
    wants_ack
        Keep every message until the platform itself has acknowledged it, and send again what the broker has lost.
        Otherwise the broker's PUBACK is enough.
    window
        Messages that a connection may have without the broker's PUBACK.
    settle
        How long to wait for acknowledgements when everything is sent.
    resend_after
        Silence of the platform after which a device that wants its acknowledgement starts again from its oldest.

    Raises
    ------
    ConfigurationError
        If it cannot be carried out.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    username: str = ""
    password: str = ""
    devices: int = 200
    connections: int = 8
    rate: float | None = 5000.0
    duration: timedelta = timedelta(seconds=30)
    messages: int | None = None
    format: LoadFormat = LoadFormat.JSON
    batch: int = 1
    signals: int = 6
    seed: int = 1
    site: str = "load"
    prefix: str = "load"
    first_seq: int = 1
    start: datetime | None = None
    cadence: timedelta | None = None
    wants_ack: bool = False
    window: int = 2000
    settle: timedelta = timedelta(seconds=60)
    resend_after: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise ConfigurationError(f"this load cannot be made: {problem}")
        if self.start is None:
            ago = timedelta(days=1) if self.rate is None else timedelta(0)
            object.__setattr__(self, "start", datetime.now(UTC) - ago)
        if self.cadence is None:
            object.__setattr__(self, "cadence", self._natural_cadence())

    def _problems(self) -> list[str]:
        wrong = {
            "devices, connections, batch, signals and window must be 1 or more": min(
                self.devices, self.connections, self.batch, self.signals, self.window
            )
            < 1,
            "there are more connections than devices": self.connections > self.devices,
            f"a window has at most {LARGEST_WINDOW} messages": self.window > LARGEST_WINDOW,
            "rate must be above 0": self.rate is not None and not self.rate > 0,
            "sequence numbers must be 0 or more": self.first_seq < 0,
            "a cadence is 1 ms or longer": self.cadence is not None and self.cadence < _FINEST,
            "start must have a time zone": self.start is not None and self.start.tzinfo is None,
            f"no device may be called {self.prefix!r}-0000 at {self.site!r}": not (
                is_identity(self.site) and is_identity(self.prefix) and (self.site + self.prefix).isascii()
            ),
        }
        return [problem for problem, is_so in wrong.items() if is_so]

    def _natural_cadence(self) -> timedelta:
        if self.rate is None:
            return _FINEST
        return max(_FINEST, timedelta(seconds=self.devices / (self.rate * self.batch)))

    @property
    def digits(self) -> int:
        """How many digits a device's number has in its name."""
        return max(4, len(str(self.devices - 1)))

    @property
    def kind(self) -> Kind:
        """The last level of the topics."""
        return Kind.LINES if self.format is LoadFormat.LINES else Kind.TELEMETRY

    @property
    def signal_names(self) -> tuple[str, ...]:
        """What the values are called."""
        return tuple(_SIGNALS[i] if i < len(_SIGNALS) else f"signal_{i + 1}" for i in range(self.signals))

    @property
    def start_us(self) -> int:
        """Epoch microseconds of the first reading, a whole millisecond."""
        assert self.start is not None
        return to_epoch_ms(self.start) * 1000

    @property
    def cadence_us(self) -> int:
        """Microseconds between two readings of a device."""
        assert self.cadence is not None
        return self.cadence // timedelta(microseconds=1)

    def device(self, number: int) -> str:
        """Return the id of one device."""
        return f"{self.prefix}-{number:0{self.digits}d}"

    def device_ids(self) -> list[str]:
        """Return the ids of all devices, in the order of their numbers."""
        return [self.device(number) for number in range(self.devices)]

    def slots(self, connection: int) -> int:
        """Return how many devices a connection speaks for: those whose number modulo `connections` is its own."""
        return (self.devices - connection + self.connections - 1) // self.connections

    def share(self, connection: int) -> int | None:
        """Return how many messages a connection sends; None: as many as time allows."""
        if self.messages is None:
            return None
        rounds, rest = divmod(self.messages, self.devices)
        return rounds * self.slots(connection) + (rest - connection + self.connections - 1) // self.connections

    def time_of(self, seq: int) -> datetime:
        """Return the time of a device's reading of this number."""
        microseconds = self.start_us + (seq - self.first_seq) * self.cadence_us
        return EPOCH + microseconds // 1000 * MILLISECOND
