"""The quarantine in memory."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from foreworn.errors import NotFound
from foreworn.storage.operations import rules
from foreworn.storage.operations.quarantine_bound import DropTeller, Kept, kept_size, surplus
from foreworn.telemetry.quarantine import EVERYTHING, Place, QuarantineEntry, Rejection, Selection

_Identity = tuple[datetime, str, bytes, str, str | None]


class MemoryQuarantine:
    """A quarantine that forgets everything with its process.

    Parameters
    ----------
    most_bytes
        How much is kept; None: no limit.
    longest
        How long before the newest refusal the oldest may lie; None: no limit.
    """

    def __init__(self, *, most_bytes: int | None = None, longest: timedelta | None = None) -> None:
        self._kept: dict[int, QuarantineEntry] = {}
        self._ids: dict[_Identity, int] = {}
        self._last_id = 0
        self._dropped: Counter[str] = Counter()
        self._most_bytes = most_bytes
        self._longest = longest
        self._teller = DropTeller()
        self._lock = threading.Lock()

    def put(self, rejections: Sequence[Rejection]) -> None:
        """Keep them; keeping the same one twice keeps it once. What is then too much or too old goes."""
        with self._lock:
            for rejection in rejections:
                if _identity(rejection) not in self._ids:
                    self._last_id += 1
                    self._keep(self._last_id, rejection)
            dropped = self._bound(max(r.received_at for r in rejections)) if rejections else Counter[str]()
        self._teller.tell(dropped)

    def find(
        self,
        selection: Selection = EVERYTHING,
        *,
        limit: int = 100,
        after: Place | None = None,
        payload: int | None = None,
    ) -> list[QuarantineEntry]:
        """Return entries, the newest first; see `Quarantine.find`."""
        rules.check_limit(limit)
        with self._lock:
            wanted = [e for e in self._selected(selection) if after is None or e.place < after]
        newest = sorted(wanted, key=lambda entry: entry.place, reverse=True)[:limit]
        return [replace(e, rejection=replace(e.rejection, payload=e.rejection.payload[:payload])) for e in newest]

    def get(self, id: int) -> QuarantineEntry:
        """Return one entry, whole.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        with self._lock:
            if id not in self._kept:
                raise NotFound("quarantine entry", str(id))
            return self._kept[id]

    def newest(self, limit: int = 100, *, device: str | None = None) -> list[Rejection]:
        """Return what was refused last, whole, the newest first."""
        return [entry.rejection for entry in self.find(Selection(device=device), limit=limit)]

    def count(self, selection: Selection = EVERYTHING) -> dict[str, int]:
        """Return how many are kept, by reason."""
        with self._lock:
            return dict(Counter(entry.rejection.reason for entry in self._selected(selection)))

    def dropped(self) -> dict[str, int]:
        """Return how many had to go because the quarantine is bounded, by reason."""
        with self._lock:
            return dict(self._dropped)

    def restate(self, today: Mapping[int, tuple[str, str]]) -> None:
        """Give entries the reason and the detail of today; see `Quarantine.restate`."""
        with self._lock:
            for id in sorted(today.keys() & self._kept.keys()):
                reason, detail = today[id]
                restated = replace(self._kept[id].rejection, reason=reason, detail=detail)
                self._forget([id])
                if _identity(restated) not in self._ids:
                    self._keep(id, restated)

    def remove(self, ids: Sequence[int]) -> int:
        """Forget these entries; return how many were there."""
        return self.purge(Selection(ids=tuple(ids)))

    def purge(self, selection: Selection) -> int:
        """Forget what is selected; return how many that were."""
        with self._lock:
            ids = [entry.id for entry in self._selected(selection)]
            self._forget(ids)
            return len(ids)

    def _selected(self, selection: Selection) -> list[QuarantineEntry]:
        return [entry for entry in self._kept.values() if selection.covers(entry)]

    def _keep(self, id: int, rejection: Rejection) -> None:
        self._ids[_identity(rejection)] = id
        self._kept[id] = QuarantineEntry(id, rejection, len(rejection.payload))

    def _forget(self, ids: Iterable[int]) -> None:
        for id in ids:
            del self._ids[_identity(self._kept.pop(id).rejection)]

    def _bound(self, newest: datetime) -> Counter[str]:
        oldest = sorted(
            (Kept(e.id, e.rejection.received_at, kept_size(e.rejection)) for e in self._kept.values()),
            key=lambda kept: (kept.received_at, kept.id),
        )
        excess = 0 if self._most_bytes is None else sum(kept.size for kept in oldest) - self._most_bytes
        horizon = None if self._longest is None else newest - self._longest
        leaving = [kept.id for kept in surplus(oldest, excess, horizon)]
        dropped = Counter(self._kept[id].rejection.reason for id in leaving)
        self._forget(leaving)
        self._dropped += dropped
        return dropped


def _identity(r: Rejection) -> _Identity:
    return r.received_at, r.topic, r.payload, r.reason, r.signal
