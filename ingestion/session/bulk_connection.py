"""Keeps one MQTT client connected on a thread of its own, and reads its connection only as fast as is wanted."""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from foreworn.errors import ConfigurationError
from ingestion.session.bulk_client import BulkClient
from ingestion.session.bulk_socket import BulkSocket
from ingestion.session.haul_queue import Delivered, HaulQueue
from ingestion.session.packets import PINGREQ, MalformedPacket

PACE = 0.005
"""Time between two reads while what was read before is still being worked on. [s]"""
_CONNECT_TIMEOUT = 15.0
_STEADY = 10.0  # a connection that lasted so long was a good one: the next is tried without delay
_LOOK_EVERY = 1.0
_KEEP_ALIVE = 60  # where the broker says that it needs none
_SHORTEST_DELAY, _LONGEST_DELAY = 0.1, 30.0

_log = logging.getLogger(__name__)


class BulkConnection:
    """Serves the connection of a client that has called `connect`, and makes it anew when it is lost.

    It reads at once when the queue's taker has nothing to do, at a steady pace while it works, and not at all
    while the queue has no room. Then the broker has to wait; pings go on being sent.

    Parameters
    ----------
    client
        Its callbacks come on this connection's thread.
    queue
        Gets what was read.
    on_refused
        Called when the connection can never work; nothing is tried again.
    """

    def __init__(self, client: BulkClient, queue: HaulQueue, on_refused: Callable[[Exception], None]) -> None:
        self._client = client
        self._queue = queue
        self._on_refused = on_refused
        self._thread = threading.Thread(target=self._run, name="foreworn-connection", daemon=True)
        self._alarm, self._bell = socket.socketpair()
        self._alarm.setblocking(False)
        self._bell.setblocking(False)
        self._is_leaving = threading.Event()
        self._is_pausing = False
        self._delay = 0.0
        client.on_socket_register_write = lambda *_: self.wake()
        queue.on_hungry = self._wake_from_pause

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def leave(self) -> None:
        """Ask for the end: everything written so far is sent, then the broker is told good-bye."""
        self._is_leaving.set()
        self.wake()

    def join(self) -> None:
        """Wait until the connection is closed; only after `leave`."""
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def wake(self) -> None:
        """Make the thread look at everything anew."""
        with suppress(OSError):  # it has been rung more often than anybody has heard, or the thread has ended
            self._bell.send(b"!")

    def _wake_from_pause(self) -> None:
        if self._is_pausing:
            self.wake()

    def _run(self) -> None:
        with self._alarm, self._bell:
            try:
                self._keep_up()
            except Exception as error:
                self._on_refused(error)

    def _keep_up(self) -> None:
        while True:
            connected = self._client.socket()
            if isinstance(connected, BulkSocket):
                self._serve(connected)
            elif self._is_leaving.is_set():
                return
            else:
                self._reconnect()

    def _reconnect(self) -> None:
        self._delay = min(max(_SHORTEST_DELAY, 2 * self._delay), _LONGEST_DELAY)
        if self._is_leaving.wait(self._delay):
            return
        try:
            self._client.reconnect()
        except OSError as error:
            _log.info("the broker cannot be reached (%s); trying again", error)

    def _serve(self, connected: BulkSocket) -> None:
        """Read and write until the connection is gone."""
        watch = _Watch(self._client, connected)
        began_at, has_left = time.monotonic(), False
        with selectors.DefaultSelector() as selector:
            selector.register(self._alarm, selectors.EVENT_READ)
            while self._client.socket() is connected:
                self._wait(connected, selector, watch)
                if self._is_leaving.is_set() and not has_left:
                    has_left = True
                    self._client.disconnect()
                if self._client.want_write():
                    self._client.loop_write()
                watch.stay_alive(is_listening=not self._is_pausing)
                while connected.has_packets and self._client.socket() is connected:
                    self._client.loop_read()
        if time.monotonic() - began_at >= _STEADY:
            self._delay = 0.0

    def _wait(self, connected: BulkSocket, selector: selectors.BaseSelector, watch: "_Watch") -> None:
        """Wait for something to do, and do what the socket is ready for."""
        self._is_pausing = True  # said before it is decided, so that who changes the answer meanwhile wakes us
        self._is_pausing = not self._may_read(connected)
        self._watch_for(connected, selector)
        for key, ready in selector.select(self._longest_wait(connected, watch)):
            if key.fileobj is self._alarm:
                self._alarm.recv(4096)
                continue
            if ready & selectors.EVENT_WRITE:
                connected.flush()
            if ready & selectors.EVENT_READ:
                self._read(connected)

    def _may_read(self, connected: BulkSocket) -> bool:
        if not self._client.is_connected():
            return True  # or we would never hear that it is
        if not self._queue.has_room:
            return False
        return self._queue.is_hungry or time.monotonic() - connected.heard_at >= PACE

    def _watch_for(self, connected: BulkSocket, selector: selectors.BaseSelector) -> None:
        wanted = 0 if self._is_pausing else selectors.EVENT_READ
        wanted |= selectors.EVENT_WRITE if connected.unsent else 0
        known = selector.get_map().get(connected.fileno())
        if known is None and wanted:
            selector.register(connected.fileno(), wanted)
        elif known is not None and not wanted:
            selector.unregister(connected.fileno())  # else a connection that is gone wakes us again and again
        elif known is not None and known.events != wanted:
            selector.modify(connected.fileno(), wanted)

    def _longest_wait(self, connected: BulkSocket, watch: "_Watch") -> float:
        if connected.has_packets or self._client.want_write():
            return 0.0
        if self._is_pausing and self._queue.has_room:
            return max(0.0, connected.heard_at + PACE - time.monotonic())
        return watch.interval

    def _read(self, connected: BulkSocket) -> None:
        try:
            haul = connected.read()
        except BlockingIOError:
            return
        except (OSError, MalformedPacket) as error:
            connected.end(str(error))
        except ConfigurationError as error:
            connected.end(str(error))
            self._on_refused(error)
        else:
            if len(haul) or haul.confirmed:
                self._queue.put(Delivered(haul, connected))


class _Watch:
    """Asks the broker for a sign of life when there was none, and lets the connection end when none comes.

    paho's own watch sees neither the messages we read nor the acknowledgements we write, and takes a broker for
    dead whom we did not listen to.
    """

    def __init__(self, client: BulkClient, connected: BulkSocket) -> None:
        self._client = client
        self._connected = connected
        self._every = client.keepalive or _KEEP_ALIVE
        self._began_at = time.monotonic()
        self._asked_at: float | None = None

    @property
    def interval(self) -> float:
        """How often to look, in seconds."""
        return min(_LOOK_EVERY, self._every / 4)

    def stay_alive(self, *, is_listening: bool) -> None:
        now = time.monotonic()
        if not self._client.is_connected():
            if now - self._began_at > _CONNECT_TIMEOUT:
                self._connected.end("it does not answer our CONNECT")
            return
        every = self._every = self._client.keepalive or _KEEP_ALIVE  # the broker may have said otherwise
        if not is_listening:
            self._asked_at = None  # what it says cannot be heard now
            if now - self._connected.sent_at >= every:
                self._connected.write(PINGREQ)
        elif self._asked_at is not None and self._connected.heard_at >= self._asked_at:
            self._asked_at = None
        elif self._asked_at is not None and now - self._asked_at >= every:
            self._connected.end(f"nothing was heard of it for {every} s")
        elif self._asked_at is None and now - min(self._connected.sent_at, self._connected.heard_at) >= every:
            self._connected.write(PINGREQ)
            self._asked_at = now
