"""One MQTT 3.1.1 connection on a socket that never waits: it says hello, pings, and opens again when it is lost."""

import contextlib
import random
import selectors
import socket
import struct
from collections.abc import Callable

from simulators.load.packets import remaining_length
from simulators.load.plan import LoadPlan

KEEP_ALIVE = 60
PATIENCE = 15.0
"""How long a broker may take to open a connection, or to answer what it should. [s]"""

_CONNACK, _PINGRESP = 0x20, 0xD0
_PING, _DISCONNECT = b"\xc0\x00", b"\xe0\x00"
_PROTOCOL = 4  # MQTT 3.1.1
_CLEAN, _HAS_PASSWORD, _HAS_USER = 0x02, 0x40, 0x80
_READ_AT_ONCE = 1 << 20
_PAUSES = (0.05, 2.0)
_REFUSALS = {
    1: "it refuses MQTT 3.1.1",
    2: "it refuses the client id",
    3: "it says it is not available",
    4: "it refuses user name or password",
    5: "it refuses access",
}


class Link:
    """A connection that others build on; all its methods belong to one thread.

    Parameters
    ----------
    plan
        Where the broker is, and how to log in.
    client_id
        Unique at the broker.
    selector
        Tells when the socket can be read or written.

    Attributes
    ----------
    is_ready
        Connected, and the broker lets us in.
    times_ready
        How often that came about.
    trouble
        Why it is not, in words.
    """

    def __init__(self, plan: LoadPlan, client_id: str, selector: selectors.BaseSelector) -> None:
        self.is_ready = False
        self.times_ready = 0
        self.trouble = "it has not answered yet"
        self._plan = plan
        self._client_id = client_id
        self._selector = selector
        self._socket: socket.socket | None = None
        self._unsent = memoryview(b"")
        self._unread = b""
        self._events = 0
        self._opens_at = 0.0
        self._heard_at = 0.0
        self._pinged_at = 0.0
        self._failures = 0
        self._random = random.Random(f"{plan.seed} {client_id}")

    def tick(self, now: float) -> None:
        """Open the connection where it is time to, ping, and give up on a broker that does not answer."""
        if self._socket is None:
            if now >= self._opens_at:
                self._open(now)
        elif now - self._asked_at(now) > PATIENCE:
            self.lose(now, f"it has not answered for {PATIENCE:g} s")
        elif self.is_ready and now - max(self._pinged_at, self._heard_at) > KEEP_ALIVE / 3:
            self._pinged_at = now
            self._queue(_PING)

    def handle(self, events: int, now: float) -> None:
        """Read and write as far as the socket can."""
        if events & selectors.EVENT_READ:
            self._guarded(self._read, now)
        if self._socket is not None and events & selectors.EVENT_WRITE:
            self._guarded(self._write, now)

    def lose(self, now: float, why: str) -> None:
        """Drop the connection; it is opened again after a pause that grows with every failure."""
        self.trouble = why
        was_ready = self.is_ready
        self.close()
        self._failures = 0 if was_ready else self._failures + 1
        pause = min(_PAUSES[1], _PAUSES[0] * 2**self._failures)
        self._opens_at = now + self._random.uniform(pause / 2, pause)
        self._on_lost(now)

    def close(self, *, politely: bool = False) -> None:
        """Close the connection, taking leave of the broker where `politely`."""
        if self._socket is not None:
            if politely and self.is_ready and not self._unsent:
                with contextlib.suppress(OSError):  # it is closed either way
                    self._socket.send(_DISCONNECT)
            self._selector.unregister(self._socket)
            self._socket.close()
        self._socket, self.is_ready = None, False
        self._unsent, self._unread = memoryview(b""), b""

    # What those that build on it say.

    def _on_ready(self, now: float) -> None:
        """Begin: the broker has let us in."""

    def _on_lost(self, now: float) -> None:
        """Forget what was under way on the connection."""

    def _on_bytes(self, content: bytes, now: float) -> bytes:
        """Take the packets at the begin of `content` and return what is left: an unfinished packet."""
        raise NotImplementedError

    def _on_writable(self, now: float) -> None:
        """Send more: the socket takes it, and nothing is queued."""

    def _asked_at(self, now: float) -> float:
        """Return since when the broker owes an answer; `now` if it owes none."""
        if not self.is_ready:
            return self._heard_at
        return self._pinged_at if self._pinged_at > self._heard_at else now

    # The socket.

    def _open(self, now: float) -> None:
        self._heard_at = self._pinged_at = now
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._events = selectors.EVENT_READ | selectors.EVENT_WRITE
        self._selector.register(self._socket, self._events, self)
        self._guarded(self._connect, now)

    def _connect(self, _now: float) -> None:
        assert self._socket is not None
        self._unsent = memoryview(connect_packet(self._client_id, self._plan.username, self._plan.password))
        self._socket.connect((self._plan.host, self._plan.port))

    def _guarded(self, act: Callable[[float], None], now: float) -> None:
        try:
            act(now)
        except BlockingIOError:
            return
        except OSError as error:
            self.lose(now, error.strerror or str(error))

    def _read(self, now: float) -> None:
        assert self._socket is not None
        content = self._socket.recv(_READ_AT_ONCE)
        if not content:
            raise OSError("it hangs up")
        self._heard_at = now
        content = self._unread + content
        if not self.is_ready:
            if len(content) < 4:
                self._unread = content
                return
            content = self._welcome(content, now)
        self._unread = self._on_bytes(content, now)

    def _welcome(self, content: bytes, now: float) -> bytes:
        if content[0] != _CONNACK:
            raise OSError("what listens there is no MQTT broker")
        if content[3]:
            raise OSError(_REFUSALS.get(content[3], f"it answers with code {content[3]}"))
        self.is_ready, self.trouble, self._failures = True, "", 0
        self.times_ready += 1
        self._on_ready(now)
        return content[4:]

    def _write(self, now: float) -> None:
        if self._flush():
            self._listen(selectors.EVENT_READ)
            if self.is_ready:
                self._on_writable(now)

    def _flush(self) -> bool:
        """Send what is queued; False if some of it stays."""
        assert self._socket is not None
        while self._unsent:
            try:
                self._unsent = self._unsent[self._socket.send(self._unsent) :]
            except BlockingIOError:
                self._listen(selectors.EVENT_READ | selectors.EVENT_WRITE)
                return False
        return True

    def _queue(self, packets: bytes) -> None:
        self._unsent = memoryview(bytes(self._unsent) + packets)
        self._listen(selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _listen(self, events: int) -> None:
        if self._socket is not None and events != self._events:
            self._events = events
            self._selector.modify(self._socket, events, self)


def connect_packet(client_id: str, username: str, password: str) -> bytes:
    """Return a CONNECT packet of a clean session."""
    flags = _CLEAN | (_HAS_USER if username else 0) | (_HAS_PASSWORD if username and password else 0)
    fields = [client_id, *([username] if username else []), *([password] if username and password else [])]
    body = _text("MQTT") + struct.pack("!BBH", _PROTOCOL, flags, KEEP_ALIVE) + b"".join(map(_text, fields))
    return b"\x10" + remaining_length(len(body)) + body


def subscribe_packet(topic: str, packet_id: int) -> bytes:
    """Return a SUBSCRIBE packet, QoS 0."""
    body = struct.pack("!H", packet_id) + _text(topic) + b"\x00"
    return b"\x82" + remaining_length(len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded


def split_packet(content: bytes, begin: int) -> tuple[int, int, int] | None:
    """Return a packet's (first byte, begin of its body, end), or None while it is not all there.

    Examples
    --------
    >>> split_packet(bytes([0x40, 2, 0, 7]), 0), split_packet(bytes([0x40, 2, 0]), 0)
    ((64, 2, 4), None)
    """
    length, shift, place = 0, 0, begin + 1
    while place < len(content):
        digit = content[place]
        length |= (digit & 0x7F) << shift
        place += 1
        if digit < 0x80:
            return (content[begin], place, place + length) if place + length <= len(content) else None
        shift += 7
    return None
