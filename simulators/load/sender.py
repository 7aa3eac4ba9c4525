"""One connection of a load: releases messages as they come due, and books what the broker acknowledges."""

import selectors
import time
from collections import deque

import numpy as np

from foreworn.telemetry.sample import Status, from_epoch_ms
from foreworn.telemetry.wire import Kind, encode_status, topic
from simulators.load.ledger import Times
from simulators.load.link import Link, split_packet
from simulators.load.packets import Packets, PacketWriter, remaining_length
from simulators.load.plan import PACKET_IDS, LoadPlan
from simulators.load.values import Integers

_PUBACK = 0x40
_BLOCK_BYTES = 1 << 18
_LONGEST_BLOCK = 2048
_SECONDS_AHEAD = 0.25  # how much of a slow load is written ahead
_QOS_1_RETAINED = 0x33
_NEVER = float("nan")
_LONGEST_PAUSE = 300.0


class Sender(Link):
    """Sends a connection's messages in order, a bounded number of them without the broker's acknowledgement.

    After the connection was lost, it starts again from the oldest message that is not done.

    Attributes
    ----------
    sent_at, acknowledged_at, confirmed_at
        By row, monotonic; NaN where it has not happened. As long as `rows` or longer. [s]
    rows
        How many different messages were sent.
    resent
        How many were sent again.
    acknowledged, confirmed
        How many of the rows the broker, and the platform, have acknowledged.
    """

    def __init__(self, plan: LoadPlan, number: int, client_id: str, selector: selectors.BaseSelector) -> None:
        super().__init__(plan, client_id, selector)
        self.rows = 0
        self.resent = self.acknowledged = self.confirmed = 0
        self.sent_at, self.acknowledged_at, self.confirmed_at = (np.full(4096, _NEVER) for _ in range(3))
        self._writer = PacketWriter(plan, number)
        self._devices = range(number, plan.devices, plan.connections)
        self._confirmed = np.zeros(len(self._devices), dtype=np.int64)  # messages, by slot
        self._next = 0  # the row that is written next
        self._blocks: deque[Packets] = deque()
        self._ids: Integers = np.zeros(0, dtype=np.int64)
        self._rows: Integers = np.zeros(0, dtype=np.int64)
        self._released = 0  # of the rows that are written
        self._numbered = 0
        self._row_of_id: Integers = np.full(65536, -1, dtype=np.int64)
        self._in_flight = 0
        self._in_flight_since = 0.0
        self._due = 0
        self._pause = 0.0  # until it starts again on its own
        self._held_up: tuple[int, float] = (-1, 0.0)  # the oldest row the platform has not confirmed, and since when
        self._block = self._block_rows()

    @property
    def is_done(self) -> bool:
        """Whether everything that was sent is acknowledged by whom it has to be."""
        return self.rows == (self.confirmed if self._plan.wants_ack else self.acknowledged)

    def offer(self, due: int, now: float) -> bool:
        """Send rows up to `due` as far as window and socket allow; False if the window or socket is full."""
        self._due = due
        if not self.is_ready or self._unsent:
            return False
        while True:
            if self._released == len(self._rows) and not self._write_block():
                return True
            room = self._plan.window - self._in_flight
            most = min(room, int(np.searchsorted(self._rows, due)) - self._released)
            if most <= 0 or (room < self._plan.window // 4 and room < most):
                return most <= 0 < room
            if not self._release(most, now):
                return False

    def confirm(self, slot: int, through: int, now: float) -> bool:
        """Book that the platform has a device's messages through a number; False if that is nothing new."""
        plan = self._plan
        said = min((through - plan.first_seq + 1) // plan.batch, -(-(self.rows - slot) // len(self._devices)))
        known = int(self._confirmed[slot])
        if said <= known:
            return False
        rows = slot + len(self._devices) * np.arange(known, said)
        self.confirmed_at[rows] = now
        self._confirmed[slot] = said
        self.confirmed += said - known
        return True

    def start_again(self) -> None:
        """Go back to the oldest message that is not done."""
        self._next = self._oldest_missing()
        self._forget_block()

    def start_again_if_unheard(self, now: float) -> None:
        """Start again if the platform has been silent about the oldest message for long, then for twice as long."""
        oldest = self._oldest_missing()
        if oldest == self.rows or oldest != self._held_up[0]:
            self._held_up, self._pause = (oldest, now), self._plan.resend_after.total_seconds()
        elif now - self._held_up[1] > self._pause:
            self._held_up, self._pause = (oldest, now), min(2 * self._pause, _LONGEST_PAUSE)
            self.start_again()
            self._announce()

    def _oldest_missing(self) -> int:
        missing = np.isnan(self._done_at()[: self.rows])
        return int(missing.argmax()) if missing.any() else self.rows

    def _done_at(self) -> Times:
        return self.confirmed_at if self._plan.wants_ack else self.acknowledged_at

    def _forget_block(self) -> None:
        self._blocks.clear()
        self._ids = self._rows = np.zeros(0, dtype=np.int64)
        self._released = 0

    def _block_rows(self) -> int:
        length = self._writer.write(np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64))[0].length
        most = max(1, min(_LONGEST_BLOCK, _BLOCK_BYTES // length))
        if self._plan.rate is None:
            return most
        return max(1, min(most, int(self._plan.rate / self._plan.connections * _SECONDS_AHEAD)))

    def _write_block(self) -> bool:
        """Write the next rows that are not done; False if none of them is due."""
        while self._next < self._due:
            rows = np.arange(self._next, self._next + self._block)
            self._next += self._block
            known = rows[rows < self.rows]
            rows = np.concatenate([known[np.isnan(self._done_at()[known])], rows[len(known) :]])
            if len(rows):
                self._ids = (self._numbered + np.arange(len(rows))) % PACKET_IDS + 1
                self._numbered += len(rows)
                self._rows, self._released = rows, 0
                self._blocks.extend(self._writer.write(rows, self._ids))
                return bool(rows[0] < self._due)
        return False

    def _release(self, most: int, now: float) -> bool:
        """Hand up to `most` messages to the socket; False if it takes no more."""
        assert self._socket is not None
        block = self._blocks.popleft()
        count = min(most, block.count)
        try:
            taken = self._socket.send(block.content[: count * block.length])
        except BlockingIOError:
            self._blocks.appendleft(block)
            self._listen(selectors.EVENT_READ | selectors.EVENT_WRITE)
            return False
        except OSError:  # the connection is gone, which its next read notices and mends
            self._blocks.appendleft(block)
            return False
        begun = -(-taken // block.length)
        end = begun * block.length
        self._unsent = block.content[taken:end]
        if begun < block.count:
            self._blocks.appendleft(Packets(block.content[end:], block.length, block.count - begun))
        self._book_sent(begun, now)
        if begun < count or self._unsent:
            self._listen(selectors.EVENT_READ | selectors.EVENT_WRITE)
            return False
        return True

    def _book_sent(self, count: int, now: float) -> None:
        part = slice(self._released, self._released + count)
        rows, ids = self._rows[part], self._ids[part]
        self._released += count
        self._in_flight_since = self._in_flight_since if self._in_flight else now
        self._in_flight += count
        self._row_of_id[ids] = rows
        last = int(rows[-1])
        while last >= len(self.sent_at):
            self._grow()
        fresh = rows[rows >= self.rows]
        self.sent_at[fresh] = now
        self.resent += count - len(fresh)
        self.rows = max(self.rows, last + 1)

    def _grow(self) -> None:
        nothing = np.full(len(self.sent_at), _NEVER)
        self.sent_at, self.acknowledged_at, self.confirmed_at = (
            np.concatenate([times, nothing]) for times in (self.sent_at, self.acknowledged_at, self.confirmed_at)
        )

    def _on_ready(self, now: float) -> None:
        self.start_again()
        self._announce()

    def _announce(self) -> None:
        """Say for every device that it wants the platform's acknowledgement, and what its oldest message is."""
        if self._plan.wants_ack and self.is_ready:
            self._queue(b"".join(map(self._announcement, range(len(self._devices)))))

    def _announcement(self, slot: int) -> bytes:
        """Return the retained status of a device; its packet ids are those that messages do not use."""
        plan, device = self._plan, self._plan.device(self._devices[slot])
        time_sent = from_epoch_ms(time.time_ns() // 1_000_000)
        oldest = plan.first_seq + int(self._confirmed[slot]) * plan.batch
        payload = encode_status(Status(device, "online", time_sent, wants_ack=True, oldest=oldest))
        names = topic(plan.site, device, Kind.STATUS).encode()
        packet_id = PACKET_IDS + 1 + slot % (65535 - PACKET_IDS)
        body = len(names).to_bytes(2, "big") + names + packet_id.to_bytes(2, "big") + payload
        return bytes([_QOS_1_RETAINED]) + remaining_length(len(body)) + body

    def _on_lost(self, now: float) -> None:
        self._row_of_id[:] = -1
        self._in_flight = 0
        self._forget_block()

    def _on_writable(self, now: float) -> None:
        self.offer(self._due, now)

    def _asked_at(self, now: float) -> float:
        waits_since = max(self._heard_at, self._in_flight_since) if self._in_flight else now
        return min(waits_since, super()._asked_at(now))

    def _on_bytes(self, content: bytes, now: float) -> bytes:
        whole = len(content) // 4 * 4
        packets = np.frombuffer(content, dtype=np.uint8, count=whole).reshape(-1, 4)
        if bool((packets[:, 0] == _PUBACK).all()) and bool((packets[:, 1] == 2).all()):
            self._book_acknowledged(packets[:, 2].astype(np.int64) << 8 | packets[:, 3], now)
            return content[whole:]
        return self._one_by_one(content, now)

    def _one_by_one(self, content: bytes, now: float) -> bytes:
        begin, ids = 0, []
        while (packet := split_packet(content, begin)) is not None:
            kind, body, end = packet
            if kind == _PUBACK:
                ids.append(int.from_bytes(content[body : body + 2], "big"))
            begin = end
        self._book_acknowledged(np.array(ids, dtype=np.int64), now)
        return content[begin:]

    def _book_acknowledged(self, ids: Integers, now: float) -> None:
        rows = self._row_of_id[ids]
        known = rows >= 0
        rows = rows[known]
        self._row_of_id[ids[known]] = -1
        self._in_flight -= len(rows)
        first = np.isnan(self.acknowledged_at[rows])
        self.acknowledged_at[rows[first]] = now
        self.acknowledged += int(np.count_nonzero(first))
