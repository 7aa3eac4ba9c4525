"""Carries a backlog to the broker, oldest first, until it is acknowledged."""

import logging
import queue
import ssl
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from foreworn.device.backlog import Backlog, BacklogFailed, Stretch
from foreworn.device.broker import Broker
from foreworn.device.connection import Acknowledged, Connection, Event, Lost, Opened, Taken
from foreworn.device.delivery import Delivery, Pause
from foreworn.telemetry.sample import Status, from_epoch_ms
from foreworn.telemetry.wire import topic

_log = logging.getLogger(__name__)
_OPENS_WITHIN = 15.0
_LONGEST_WAIT = 60.0
_LARGEST_NUMBER = 2**62
_MOST_HALVINGS = 16
_TAKEN_TO_DOUBLE = 100


@dataclass(frozen=True, slots=True)
class _Nudge:
    """Something was kept, or the courier is to look up for another reason."""


class Courier(threading.Thread):
    """The thread that owns the connection.

    Everything it knows of the connection comes as events through one queue, so it needs no lock besides the
    backlog's own. After a connection is opened it says what its oldest entry is and begins with that, before anything
    newer, and again after the platform has been silent for long: its acknowledgement stops before a gap, and what is
    missing may have died with the broker. A gap that the store cannot fill, because entries were dropped, ends when the
    platform hears what the oldest is.

    Until the platform has said where it stands, which it does when it hears the status of a device that wants its
    acknowledgement, no entry is handed over. If it names a number that was never given, the platform knows this device
    from an earlier life and this store is new: the entries are then numbered on from there, and none of them has
    travelled under another number.

    A broker may end the connection because of what is published, a message larger than it takes say. So messages get
    smaller when a connection ends with entries on their way, and the pauses between connections get shorter again
    only when entries were acknowledged, or the connection has held for long. (Mosquitto gives a message that is
    too large to it a PUBACK first.)

    Parameters
    ----------
    backlog
        What is to be carried.
    broker, context
        Where to.
    status
        The device, as it announces itself; without a time.
    site
        Its site.
    delivery
        How.
    on_forgotten
        Called when entries were acknowledged and forgotten.
    """

    def __init__(
        self,
        backlog: Backlog,
        broker: Broker,
        context: ssl.SSLContext | None,
        status: Status,
        site: str,
        delivery: Delivery,
        on_forgotten: threading.Condition,
    ) -> None:
        super().__init__(name=f"courier of {status.device}", daemon=True)
        self.trouble = "not connected yet"
        self.is_connected = False
        self._backlog, self._broker, self._context = backlog, broker, context
        self._status, self._site, self._delivery = status, site, delivery
        self._forgotten = on_forgotten
        self._events: queue.SimpleQueue[tuple[Connection | None, Event | _Nudge]] = queue.SimpleQueue()
        self._nudged = self._ending = self._hurry = False
        self._connection: Connection | None = None
        self._opens_at = 0.0
        self._opened_by = 0.0
        self._retry = Pause(delivery.retry_shortest, delivery.retry_longest)
        self._resend = Pause(delivery.resend_after, delivery.resend_longest)
        self._resends_at = float("inf")
        self._handed = backlog.last if backlog.heard is not None else backlog.oldest - 1
        self._cursor = backlog.oldest - 1
        self._waits_since: float | None = None  # the oldest entry that may go, and has too little company
        self._goes_at = float("inf")
        self._receive_maximum = self._most_in_flight = delivery.in_flight
        self._in_flight: OrderedDict[int, Stretch] = OrderedDict()
        self._statuses_in_flight: set[int] = set()
        self._opened_at = 0.0
        self._said_oldest = 0  # and may be said again for being another from then on
        self._says_again_at = 0.0
        self._halvings = 0
        self._taken_since = 0

    def nudge(self, *, hurry: bool = False) -> None:
        """Say that something was kept; in a hurry nothing waits for company."""
        self._hurry = self._hurry or hurry
        if hurry or not self._nudged:
            self._nudged = True
            self._events.put((None, _Nudge()))

    def end(self) -> None:
        """Take leave of the broker and end; what is not acknowledged stays in the backlog."""
        self._ending = True
        self.nudge(hurry=True)

    def run(self) -> None:
        """Carry until told to end."""
        while not self._ending:
            try:
                self._turn()
            except OSError as error:
                place = f"{self._broker.host}:{self._broker.port}"
                self._lose(f"no broker answers at {place} ({error.strerror or error})")
            except BacklogFailed as error:
                self._lose(str(error))
        if self._connection is not None:
            if self.is_connected:
                self._announce("offline")
            self._connection.close()

    def _turn(self) -> None:
        now = time.monotonic()
        if self._connection is None and now >= self._opens_at:
            self._open()
        self._await_event(self._next_at())
        now = time.monotonic()
        if self.is_connected:
            if now >= self._resends_at:
                self._repeat(now)
            elif self._is_gap_unsaid() and now >= self._says_again_at:
                self._say_again()
            self._hand_over(now)
        elif self._connection is not None and now >= self._opened_by:
            self._lose("the broker does not answer")

    def _next_at(self) -> float:
        """Return when there is something to do besides events."""
        if self._connection is None:
            return self._opens_at
        if not self.is_connected:
            return self._opened_by
        return min(self._resends_at, self._goes_at)

    def _await_event(self, until: float) -> None:
        """Handle the next event and those that have come with it."""
        wait = min(_LONGEST_WAIT, max(0.0, until - time.monotonic()))
        try:
            connection, event = self._events.get(timeout=wait) if wait else self._events.get_nowait()
            while True:
                if isinstance(event, _Nudge):
                    self._nudged = False
                elif connection is self._connection:
                    self._handle(event)
                connection, event = self._events.get_nowait()
        except queue.Empty:
            return

    # The connection.

    def _open(self) -> None:
        connection = Connection(self._broker, self._context, self._site, self._status.device, self._tell)
        connection.open()
        self._connection = connection
        self._opened_by = time.monotonic() + _OPENS_WITHIN

    def _tell(self, connection: Connection, event: Event) -> None:
        self._events.put((connection, event))

    def _handle(self, event: Event) -> None:
        match event:
            case Opened():
                self._opened(event.receive_maximum)
            case Lost():
                self._lose(event.why)
            case Taken():
                self._taken(event)
            case Acknowledged():
                self._acknowledged(event.through)

    def _opened(self, receive_maximum: int) -> None:
        self.is_connected, self.trouble = True, ""
        self._opened_at = time.monotonic()
        self._receive_maximum = receive_maximum
        self._most_in_flight = min(self._delivery.in_flight, receive_maximum)
        self._announce("online")
        self._resend.reset()
        self._start_again()
        if self._is_to_be_told():
            self._resends_at = self._opened_at + self._resend.next()

    def _announce(self, state: str) -> None:
        assert self._connection is not None
        status = self._status
        now = from_epoch_ms(time.time_ns() // 1_000_000)
        wants_ack = self._delivery.wants_ack and state == "online"
        self._said_oldest = self._backlog.oldest
        self._says_again_at = time.monotonic() + self._delivery.batch_wait.total_seconds()
        oldest = self._said_oldest if wants_ack else None
        message = self._connection.announce(Status(status.device, state, now, status.firmware, wants_ack, oldest))
        self._statuses_in_flight.add(message)

    def _lose(self, why: str) -> None:
        if why != self.trouble:
            _log.warning("%s: %s", self._status.device, why)
        now = time.monotonic()
        if self.is_connected and now - self._opened_at > self._delivery.retry_longest.total_seconds():
            self._retry.reset()
        if self.is_connected and self._cursor >= self._backlog.oldest:
            self._halvings, self._taken_since = min(self._halvings + 1, _MOST_HALVINGS), 0
        self.is_connected, self.trouble = False, why
        if self._connection is not None:
            self._connection.cut()
        self._connection = None
        self._in_flight.clear()
        self._statuses_in_flight.clear()
        self._resends_at = float("inf")
        self._opens_at = now + self._retry.next()

    # The entries.

    def _is_to_be_told(self) -> bool:
        """Whether the platform has yet to say where it stands."""
        return self._delivery.wants_ack and self._backlog.heard is None

    def _is_gap_unsaid(self) -> bool:
        """Whether entries were dropped that the platform waits for."""
        heard, oldest = self._backlog.heard, self._backlog.oldest
        return self._delivery.wants_ack and heard is not None and oldest > max(heard + 1, self._said_oldest)

    def _say_again(self) -> None:
        if self._flying() < self._receive_maximum:  # or an MQTT 5 broker would throw us out
            self._announce("online")

    def _repeat(self, now: float) -> None:
        """Say again what there is, and send it: the platform has been silent for long."""
        self._say_again()
        self._start_again()
        if self._is_to_be_told():
            self.trouble = "the platform does not say where it stands"
            self._resends_at = now + self._resend.next()

    def _start_again(self) -> None:
        """Go back to the oldest entry."""
        if self._cursor >= self._backlog.oldest:
            self._waits_since = 0.0  # what was handed over once has waited long enough
        self._cursor = self._backlog.oldest - 1
        self._resends_at = float("inf")

    def _hand_over(self, now: float) -> None:
        """Hand over what may go now."""
        self._goes_at = float("inf")
        while self._flying() < self._most_in_flight and (room := self._room()) > 0:
            size = max(1, self._delivery.batch_bytes >> self._halvings)
            stretch = self._backlog.after(self._cursor, entries=room, size=size)
            if stretch is None:
                self._waits_since, self._hurry = None, False
                return
            if not stretch.is_complete and not self._hurry:
                self._waits_since = now if self._waits_since is None else self._waits_since
                self._goes_at = self._waits_since + self._delivery.batch_wait.total_seconds()
                if now < self._goes_at:
                    return
            self._hand(stretch, now)

    def _room(self) -> int:
        """Return how many entries the next message may hold."""
        entries = max(1, self._delivery.batch_entries >> self._halvings)
        if not self._delivery.wants_ack:
            return entries
        if self._is_to_be_told():
            return 0
        return min(entries, self._backlog.oldest + self._delivery.window - 1 - self._cursor)

    def _flying(self) -> int:
        return len(self._in_flight) + len(self._statuses_in_flight)

    def _hand(self, stretch: Stretch, now: float) -> None:
        assert self._connection is not None
        message = self._connection.publish(topic(self._site, self._status.device, stretch.kind), stretch.payload())
        self._in_flight[message] = stretch
        self._cursor = stretch.seqs[-1]
        self._handed = max(self._handed, self._cursor)
        self._waits_since, self._goes_at = None, float("inf")
        if self._delivery.wants_ack and self._resends_at == float("inf"):
            self._resends_at = now + self._resend.next()

    def _taken(self, taken: Taken) -> None:
        stretch = self._in_flight.pop(taken.message, None)
        self._statuses_in_flight.discard(taken.message)
        if stretch is not None and not taken.refused:
            self._grow()
        if taken.refused:
            self.trouble = f"the broker does not take what is published: {taken.refused}"
            _log.warning("%s: %s", self._status.device, self.trouble)
            self._resends_at = min(self._resends_at, time.monotonic() + self._resend.next())
        elif stretch is not None and not self._delivery.wants_ack:
            self._backlog.forget(stretch.seqs[0], stretch.seqs[-1])
            self._progressed()

    def _acknowledged(self, through: int) -> None:
        if not self._delivery.wants_ack or not 0 <= through < _LARGEST_NUMBER:
            return
        if through > self._handed:
            self._go_on_from(through)
            return
        is_first = self._backlog.heard is None
        if self._backlog.forget_through(through) or is_first:
            self._cursor = max(self._cursor, through)
            self._progressed()

    def _grow(self) -> None:
        """Take note that the broker has taken a message: after many they get larger again."""
        self._taken_since += 1
        if self._halvings and self._taken_since >= _TAKEN_TO_DOUBLE:
            self._halvings, self._taken_since = self._halvings - 1, 0

    def _go_on_from(self, through: int) -> None:
        """Go on from where the platform stands: it knows this device, and this store is younger."""
        _log.warning(
            "%s: the platform knows this device up to number %d, this store only up to %d: going on from there",
            *(self._status.device, through, self._handed),
        )
        self._backlog.renumber(through + 1)
        self._handed = through
        self._cursor = self._backlog.oldest
        self.trouble = ""
        self._start_again()

    def _progressed(self) -> None:
        self.trouble = ""
        self._retry.reset()
        self._resend.reset()
        is_all = self._cursor < self._backlog.oldest
        if not self._delivery.wants_ack or is_all:
            self._resends_at = float("inf")
        else:
            self._resends_at = time.monotonic() + self._resend.next()
        with self._forgotten:
            self._forgotten.notify_all()
