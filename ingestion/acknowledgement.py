"""What each device may be told is durable: `foreworn/v1/{site}/{device}/ack {"through": seq}`."""

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST_AHEAD = 100_000  # numbers remembered past a gap; a device that fills more than that never goes back


@dataclass(slots=True)
class _Run:
    """How far one device's numbers run without a gap, and which numbers lie ahead of the gap."""

    through: int
    ahead: set[int] = field(default_factory=set)

    def take(self, seq: int, *, redelivered: bool) -> None:
        if seq <= self.through:
            return
        if seq == self.through + 1:
            self._advance(seq)
        elif seq in self.ahead and not redelivered:
            self._advance(min(self.ahead))  # the device went back and did not fill the gap: it cannot
        else:
            self.ahead.add(seq)
            if len(self.ahead) > MOST_AHEAD:
                self._advance(min(self.ahead))

    def _advance(self, through: int) -> None:
        self.ahead.discard(through)
        while through + 1 in self.ahead:
            through += 1
            self.ahead.remove(through)
        self.through = through


class AckLedger:
    """Decides what to acknowledge to the devices that want it.

    A number is acknowledged when it and all before it are durable: a gap holds the acknowledgement back,
    because what is missing may have died with the broker and the device would delete its only copy. The
    device, hearing nothing, sends again, in order, all it still has. If it starts past the gap, it has
    nothing to fill it with, and the gap is closed.

    The first number heard of a device is believed to follow on what came before this process.

    Parameters
    ----------
    interval
        Least time between two acknowledgements to one device. [s]

    Examples
    --------
    >>> ledger = AckLedger(interval=1.0)
    >>> ledger.want("pump-7", "west", True)
    >>> ledger.take("pump-7", [40, 41, 43])
    >>> ledger.due(now=0.0)
    [('west', 'pump-7', 41)]
    >>> ledger.take("pump-7", [42])
    >>> ledger.due(now=0.5), ledger.due(now=1.0)
    ([], [('west', 'pump-7', 43)])
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._runs: dict[str, _Run] = {}
        self._sites: dict[str, str] = {}
        self._told: dict[str, tuple[int | None, float]] = {}
        self._changed: set[str] = set()

    def want(self, device: str, site: str, wanted: bool) -> None:
        """Take note whether a device wants to be told, and under which site it listens."""
        if not wanted:
            self._sites.pop(device, None)
        elif self._sites.get(device) != site:
            self._sites[device] = site
            self._told.pop(device, None)
            self._changed.add(device)

    def take(self, device: str, seqs: Iterable[int], *, redelivered: bool = False) -> None:
        """Take note of numbers that are durable now.

        Parameters
        ----------
        device
            Whose they are.
        seqs
            In the order they came.
        redelivered
            The broker sends the message again on its own, so a repeat says nothing about the device.
        """
        for seq in seqs:
            run = self._runs.get(device)
            if run is None:
                self._runs[device] = _Run(seq)
            else:
                if seq <= run.through and not redelivered:
                    self._forget_told(device)
                run.take(seq, redelivered=redelivered)
            self._changed.add(device)

    def due(self, now: float) -> list[tuple[str, str, int]]:
        """Return (site, device, through) for each device that is to be told now, and count it as told.

        Parameters
        ----------
        now
            Monotonic time. [s]
        """
        acks: list[tuple[str, str, int]] = []
        for device in sorted(self._changed):
            site, run = self._sites.get(device), self._runs.get(device)
            told, at = self._told.get(device, (None, float("-inf")))
            if site is None or run is None or run.through == told:
                self._changed.discard(device)
            elif now - at >= self._interval:
                self._changed.discard(device)
                self._told[device] = (run.through, now)
                acks.append((site, device, run.through))
        return acks

    def next_due_in(self, now: float) -> float | None:
        """Return the seconds until a device is to be told, or None while none waits."""
        waits = [
            self._told[device][1] + self._interval - now
            for device in self._changed
            if device in self._told and device in self._sites
        ]
        return max(0.0, min(waits)) if waits else None

    def _forget_told(self, device: str) -> None:
        """Tell it again: a device that repeats what it was told is durable did not hear it."""
        if device in self._told:
            self._told[device] = (None, self._told[device][1])
