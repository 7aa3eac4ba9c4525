"""Carries out a load: one thread, a few connections, no object a message."""

import secrets
import selectors
import threading
import time

import numpy as np

from foreworn.errors import BrokerUnavailable
from simulators.load.ack_listener import AckListener
from simulators.load.ledger import Ledger
from simulators.load.link import PATIENCE
from simulators.load.plan import LoadPlan
from simulators.load.report import LoadProgress, LoadReport, load_report
from simulators.load.sender import Sender

_TICK = 0.004  # a slow load is sent in small bursts, or every message would cost a system call
_LOOK_EVERY = 0.5  # for what is held up
_NO_END = 1 << 62


class LoadGenerator:
    """Sends what a plan says, and keeps a ledger of it.

    A connection that is lost is opened again, and everything on it that is not acknowledged is sent again, oldest
    first. Only the first connection has to succeed.

    Parameters
    ----------
    plan
        The load.

    Examples
    --------
    A thousand messages, checked against their ledger::

        generator = LoadGenerator(LoadPlan(messages=1000, devices=10, connections=2, rate=None))
        report = generator.run()
        owed = generator.ledger().readings(generator.ledger().acknowledged)
    """

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self._selector = selectors.DefaultSelector()
        name = f"foreworn-load-{secrets.token_hex(4)}"
        self._senders = [Sender(plan, number, f"{name}-{number}", self._selector) for number in range(plan.connections)]
        self._listener = AckListener(plan, f"{name}-acks", self._selector, self._confirm) if plan.wants_ack else None
        self._links = [*self._senders, *([self._listener] if self._listener else [])]
        self._stopped = threading.Event()
        self._abandoned = threading.Event()
        self._wall = time.time() - time.monotonic()
        self._looked_at = self._offers_at = 0.0

    @property
    def progress(self) -> LoadProgress:
        """How far it has come; may be asked from another thread."""
        senders = self._senders
        return LoadProgress(
            sent=sum(s.rows for s in senders),
            acknowledged=sum(s.acknowledged for s in senders),
            confirmed=sum(s.confirmed for s in senders),
            resent=sum(s.resent for s in senders),
            reconnects=sum(max(0, link.times_ready - 1) for link in self._links),
        )

    def run(self) -> LoadReport:
        """Send everything, wait for what is not acknowledged, and return what came of it.

        Raises
        ------
        BrokerUnavailable
            If no broker answers, or it does not let us in.
        """
        try:
            self._open()
            begun = time.monotonic()
            while not self._is_sent(begun):
                self._turn(begun)
            self._settle()
            for link in self._links:
                link.close(politely=True)
        finally:
            for link in self._links:
                link.close()
            self._selector.close()
        return load_report(self.ledger(), self.progress)

    def stop(self) -> None:
        """Send nothing new; `run`, in another thread, ends when what was sent is acknowledged."""
        self._stopped.set()

    def abandon(self) -> None:
        """Send nothing new, and let `run`, in another thread, end without waiting for acknowledgements."""
        self._abandoned.set()
        self._stopped.set()

    def ledger(self) -> Ledger:
        """Return what was sent; ask when `run` has ended."""
        plan, senders = self.plan, self._senders
        rows = [np.arange(s.rows) for s in senders]
        devices = [number + r % plan.slots(number) * plan.connections for number, r in enumerate(rows)]
        seqs = [plan.first_seq + r // plan.slots(number) * plan.batch for number, r in enumerate(rows)]
        times = (
            np.concatenate([column[: s.rows] for s, column in zip(senders, columns, strict=True)]) + self._wall
            for columns in (
                [s.sent_at for s in senders],
                [s.acknowledged_at for s in senders],
                [s.confirmed_at for s in senders],
            )
        )
        return Ledger(plan, np.concatenate(devices).astype(np.uint32), np.concatenate(seqs), *times)

    def _open(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not all(s.is_ready for s in self._senders) or (self._listener and not self._listener.is_listening):
            self._serve(time.monotonic(), 0.01)
            failed = [link.trouble for link in self._links if not link.is_ready]
            refused = any(trouble.startswith("it refuses") for trouble in failed)
            if failed and (refused or time.monotonic() > deadline or "Connection refused" in failed):
                raise BrokerUnavailable(self.plan.host, self.plan.port, failed[0])

    def _turn(self, begun: float) -> None:
        now = time.monotonic()
        if self.plan.rate is None or now >= self._offers_at:
            self._offers_at = now + _TICK
            for number, sender in enumerate(self._senders):
                sender.offer(self._due(number, now - begun), now)
        self._serve(now, max(0.0, self._offers_at - time.monotonic()))

    def _due(self, number: int, elapsed: float) -> int:
        """Return how many messages of a connection are due; connections are out of step with each other."""
        plan = self.plan
        share = plan.share(number)
        if plan.rate is None:
            return _NO_END if share is None else share
        due = int(elapsed * plan.rate * plan.slots(number) / plan.devices + 1 - number / plan.connections)
        return due if share is None else min(due, share)

    def _is_sent(self, begun: float) -> bool:
        if self._stopped.is_set():
            return True
        if self.plan.messages is None:
            return time.monotonic() - begun >= self.plan.duration.total_seconds()
        return sum(s.rows for s in self._senders) >= self.plan.messages

    def _settle(self) -> None:
        """Wait until all that was sent is acknowledged, and send again what is lost."""
        deadline = time.monotonic() + self.plan.settle.total_seconds()
        while not all(s.is_done for s in self._senders) and not self._abandoned.is_set():
            now = time.monotonic()
            if now > deadline:
                break
            for sender in self._senders:
                sender.offer(sender.rows, now)
            self._serve(now, _TICK)

    def _serve(self, now: float, timeout: float) -> None:
        for link in self._links:
            link.tick(now)
        for key, events in self._selector.select(timeout):
            key.data.handle(events, time.monotonic())
        if self.plan.wants_ack and now - self._looked_at > _LOOK_EVERY:
            self._looked_at = now
            for sender in self._senders:
                sender.start_again_if_unheard(now)

    def _confirm(self, device: int, through: int, now: float) -> None:
        self._senders[device % self.plan.connections].confirm(device // self.plan.connections, through, now)
