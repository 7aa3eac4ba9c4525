"""The socket between the MQTT client and the broker: reads in bulk, and keeps the writes of two threads apart."""

import socket
import ssl
import threading
import time

from ingestion.session.framing import Framing
from ingestion.session.haul import Haul

_MOST_READ = 262_144
_TLS_RECORD = 16_384
_MOST_WRITTEN = 65_536
_FAREWELL = 2.0
_TRY_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BulkSocket:
    """What paho takes for its socket.

    `read` takes a large piece of the stream and cuts the messages out of it, so paho's `recv` sees only the other
    packets: one at a time is fast enough for those. What anybody sends is queued whole before the kernel gets as
    much of it as it takes, so packets never interleave.

    Parameters
    ----------
    connected
        TCP or TLS; from now on it does not block.
    framing
        Cuts the packets.
    """

    def __init__(self, connected: socket.socket, framing: Framing) -> None:
        self._socket = connected
        self._framing = framing
        self._lock = threading.Lock()  # one at a time: OpenSSL takes no reading and writing at once
        self._for_client = bytearray()
        self._unsent = bytearray()
        self._is_closed = False
        self.problem = ""
        """Why the connection has ended, if it has."""
        self.heard_at = self.sent_at = time.monotonic()
        """When bytes last came or went. [s]"""
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or acks wait 40 ms for company
        connected.setblocking(False)

    # For the thread that reads.

    def read(self) -> Haul:
        """Return what has come; the packets that are not for us wait for `recv`.

        Raises
        ------
        BlockingIOError
            If nothing has.
        OSError
            If the connection is gone.
        MalformedPacket, ConfigurationError
            As `Framing.cut` says.
        """
        with self._lock:
            data = self._received()
        if not data:
            raise ConnectionError("the broker has closed it")
        self.heard_at = time.monotonic()
        haul = self._framing.cut(data)
        self._for_client += haul.others
        return haul

    @property
    def has_packets(self) -> bool:
        """Whether paho has something to read: packets, or that the connection has ended."""
        return bool(self._for_client or self.problem)

    def _received(self) -> bytes:
        try:
            data = self._socket.recv(_MOST_READ)
            if not isinstance(self._socket, ssl.SSLSocket) or not data:
                return data
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
            raise BlockingIOError from error
        return data + self._more_records(_MOST_READ // _TLS_RECORD)

    def _more_records(self, most: int) -> bytes:
        """Return what else is here: over TLS one `recv` returns one record."""
        records: list[bytes] = []
        try:
            while len(records) < most and (record := self._socket.recv(_MOST_READ)):
                records.append(record)
        except _TRY_LATER:
            pass
        return b"".join(records)

    # For any thread.

    @property
    def unsent(self) -> int:
        """Bytes the kernel has not taken yet."""
        return len(self._unsent)

    def write(self, data: bytes | bytearray) -> bool:
        """Send all of `data`, now or when `flush` is called; return False if the connection has ended."""
        with self._lock:
            if self._is_closed or self.problem:
                return False
            self._unsent += data
        self.flush()
        return True

    def flush(self) -> None:
        """Give the kernel what it takes."""
        with self._lock:
            try:
                while self._unsent and not self._is_closed:
                    sent = self._socket.send(self._unsent[:_MOST_WRITTEN])
                    del self._unsent[:sent]
                    self.sent_at = time.monotonic()
            except _TRY_LATER:
                pass
            except OSError as error:
                self._unsent.clear()
                self.problem = self.problem or str(error)

    def end(self, problem: str) -> None:
        """Let the connection end as soon as paho looks at it."""
        self.problem = self.problem or problem

    # For paho.

    def recv(self, size: int) -> bytes:
        """Return bytes of packets that are not for us.

        Raises
        ------
        BlockingIOError
            If there are none.
        ConnectionError
            If the connection has ended.
        """
        if self._for_client:
            data = bytes(self._for_client[:size])
            del self._for_client[:size]
            return data
        if self.problem:
            raise ConnectionError(self.problem)
        raise BlockingIOError

    def send(self, data: bytes | bytearray) -> int:
        """Take all of `data`.

        Raises
        ------
        ConnectionError
            If the connection has ended.
        """
        if not self.write(data):
            raise ConnectionError(self.problem or "it is closed")
        return len(data)

    def close(self) -> None:
        """Close; what is unsent (the last acknowledgements, our good-bye) gets a moment to leave."""
        with self._lock:
            if not self._is_closed and self._unsent and not self.problem:
                self._say_farewell()
            self._is_closed = True
            self._socket.close()

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:
        """Do nothing: it never blocks."""

    def _say_farewell(self) -> None:
        try:
            self._socket.settimeout(_FAREWELL)
            self._socket.sendall(self._unsent)
        except OSError as error:
            self.problem = str(error)
