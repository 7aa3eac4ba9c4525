"""What each device may be told is durable: `foreworn/v1/{site}/{device}/ack {"through": seq}`."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush

from ingestion.collector.numbering import Numbering
from ingestion.reception.turn import Heard


class AckLedger:
    """Decides what to acknowledge to the devices that want it.

    A number is acknowledged when it and all before it are durable: a gap holds the acknowledgement back,
    because what is missing may have died with the broker and the device would delete its only copy. The
    device, hearing nothing, sends again, in order, all it still has. A gap that it cannot fill is closed by its own
    word alone, the oldest number that it has; that it repeats what lies past the gap says nothing, because
    a broker whose queue is full may drop the same message twice.

    The oldest number also begins a device's numbering. Of a device that never says it, the first number ever
    heard is believed to be its first. After that the platform remembers, restarts or not, as long as `advanced` is
    committed with what is taken here.

    Parameters
    ----------
    interval
        Least time between two acknowledgements to one device. [s]
    through
        Where each device stood when the last process ended.

    Examples
    --------
    >>> ledger = AckLedger(interval=1.0)
    >>> ledger.want("pump-7", "west", True)
    >>> ledger.take("pump-7", [40, 41, 43])
    >>> ledger.advanced()
    {'pump-7': 41}
    >>> ledger.due(now=0.0)
    [('west', 'pump-7', 41)]
    >>> ledger.take("pump-7", [42])
    >>> ledger.due(now=0.5), ledger.due(now=1.0)
    ([], [('west', 'pump-7', 43)])
    >>> ledger.take("pump-7", [50])
    >>> ledger.learn_oldest("pump-7", 50)
    >>> ledger.due(now=2.0)
    [('west', 'pump-7', 50)]
    """

    def __init__(self, interval: float, through: Mapping[str, int] | None = None) -> None:
        self._interval = interval
        self._numberings = {device: Numbering(number) for device, number in (through or {}).items()}
        self._remembered = set(self._numberings)
        self._sites: dict[str, str] = {}
        self._told: dict[str, tuple[int | None, float]] = {}
        self._waiting: set[str] = set()
        self._queue: list[tuple[float, str]] = []  # a heap: when each waiting device may be told
        self._advanced: dict[str, int] = {}

    def want(self, device: str, site: str, wanted: bool) -> None:
        """Take note whether a device wants to be told, and under which site it listens.

        Whenever it says that it wants to, it is told where it stands, even where it was told before: it may have
        lost its memory.
        """
        if not wanted:
            self._sites.pop(device, None)
            return
        if self._sites.get(device) != site:
            self._sites[device] = site
            self._told.pop(device, None)
        if device in self._numberings and device not in self._remembered:
            self._moved(device)
        self.tell_again([device])

    def learn_oldest(self, device: str, oldest: int) -> None:
        """Take a device's word that it has nothing before a number: that is not waited for."""
        numbering = self._numberings.get(device)
        if numbering is None:
            numbering = self._numberings[device] = Numbering(oldest - 1)
        before = numbering.through
        if device in self._remembered:
            numbering.waive_before(oldest)  # it may have been told already where we believed it to stand
        else:
            numbering.begin_at(oldest)
        self._note_move(device, before)

    def hear(self, heard: Iterable[Heard]) -> None:
        """Take everything heard in one turn."""
        for each in heard:
            if each.oldest is not None:
                self.learn_oldest(each.device, each.oldest)
            if each.wants_ack is not None:
                self.want(each.device, each.site, each.wants_ack)
            self.take(each.device, each.seqs, redelivered=each.redelivered)

    def take(self, device: str, seqs: Sequence[int], *, redelivered: bool = False) -> None:
        """Take note of numbers that are about to be durable; nothing is to be told before they are.

        Parameters
        ----------
        device
            Whose they are.
        seqs
            In the order they came.
        redelivered
            The broker sends the message again on its own, so a repeat says nothing about the device.
        """
        if not seqs:
            return
        numbering = self._numberings.get(device)
        if numbering is None:
            numbering = self._numberings[device] = Numbering(seqs[0] - 1, is_believed=True)
        before = numbering.through
        if numbering.take(seqs, redelivered=redelivered):
            self.tell_again([device])
        self._note_move(device, before)

    def advanced(self) -> dict[str, int]:
        """Return through which number each device has come that has moved since the last call, and may be told.

        These are to be made durable together with what was taken.
        """
        advanced, self._advanced = self._advanced, {}
        return advanced

    def due(self, now: float, most: int | None = None) -> list[tuple[str, str, int]]:
        """Return (site, device, through) for each device that is to be told now, and count it as told.

        Parameters
        ----------
        now
            Monotonic time. [s]
        most
            So many at most; the others stay due.
        """
        acks: list[tuple[str, str, int]] = []
        while self._queue and self._queue[0][0] <= now and (most is None or len(acks) < most):
            _, device = heappop(self._queue)
            self._waiting.discard(device)
            site, through = self._sites.get(device), self._numberings[device].through
            if site is not None and through != self._told.get(device, (None, 0.0))[0]:
                self._told[device] = (through, now)
                acks.append((site, device, through))
        return acks

    def next_due_in(self, now: float) -> float | None:
        """Return the seconds until a device is to be told, or None while none waits."""
        return max(0.0, self._queue[0][0] - now) if self._queue else None

    def tell_again(self, devices: Iterable[str]) -> None:
        """Tell these again: what they were told has not arrived."""
        for device in devices:
            self._forget_told(device)
            if device in self._sites and device in self._numberings:
                self._queue_up(device)

    def _note_move(self, device: str, before: int) -> None:
        if self._numberings[device].through != before and (device in self._sites or device in self._remembered):
            self._moved(device)

    def _moved(self, device: str) -> None:
        if self._numberings[device].through < 0:
            return  # numbers begin at 0: nothing to tell yet
        self._remembered.add(device)
        self._advanced[device] = self._numberings[device].through
        if device in self._sites:
            self._queue_up(device)

    def _queue_up(self, device: str) -> None:
        told, at = self._told.get(device, (None, float("-inf")))
        through = self._numberings[device].through
        if device not in self._waiting and told != through and through >= 0:
            self._waiting.add(device)
            heappush(self._queue, (at + self._interval, device))

    def _forget_told(self, device: str) -> None:
        """Tell it again: a device that repeats what it was told is durable did not hear it."""
        if device in self._told:
            self._told[device] = (None, self._told[device][1])
