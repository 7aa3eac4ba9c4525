"""Ledgers against the store: nothing acknowledged is missing, nothing stored was never sent, nothing stands twice."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.faults.ledger import Key, Ledger
from benchmarks.faults.readings import values_of
from foreworn.telemetry.signal import SignalValue

Values = Mapping[str, SignalValue]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row as the store has it; absent values are left out."""

    key: Key
    values: Values


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the readings of one schedule.

    Parameters
    ----------
    sent, acknowledged, stored
        How many readings; `stored` counts rows.
    refused
        Acknowledged readings the store refuses, found in quarantine with their bytes.
    lost
        Acknowledged, and neither stored nor among those.
    duplicated
        Rows beyond the first of a (device, time).
    invented
        Rows of a (device, time) that was never sent.
    wrong
        Rows whose values are not those that were sent.
    """

    sent: int
    acknowledged: int
    stored: int
    refused: int
    lost: Sequence[Key]
    duplicated: Sequence[Key]
    invented: Sequence[Key]
    wrong: Sequence[Key]

    @property
    def is_exact(self) -> bool:
        """Whether nothing was lost, duplicated, invented or changed."""
        return not (self.lost or self.duplicated or self.invented or self.wrong)


def judge(
    seed: int,
    ledgers: Iterable[Ledger],
    rows: Collection[StoredRow],
    *,
    refused: Collection[Key] = (),
    quarantined: Collection[StoredRow] = (),
) -> Verdict:
    """Hold what was sent and acknowledged against what is stored.

    Parameters
    ----------
    seed
        Of the schedule: values follow from it.
    ledgers
        Of all devices.
    rows
        All rows of the store.
    refused
        What the store was made to refuse: these, and only these, may be in quarantine instead.
    quarantined
        What the quarantine's bytes say.
    """
    sent: dict[Key, int] = {}
    acknowledged: set[Key] = set()
    for ledger in ledgers:
        sent |= ledger.sent
        acknowledged |= ledger.acknowledged
    times = Counter(row.key for row in rows)
    kept = {row.key for row in quarantined if row.key in refused and _is_as_sent(seed, row, sent)}
    missing = acknowledged - times.keys()
    return Verdict(
        sent=len(sent),
        acknowledged=len(acknowledged),
        stored=len(rows),
        refused=len(missing & kept),
        lost=sorted(missing - kept),
        duplicated=sorted(key for key, count in times.items() for _ in range(count - 1)),
        invented=sorted(times.keys() - sent.keys()),
        wrong=sorted({row.key for row in rows if row.key in sent and not _is_as_sent(seed, row, sent)}),
    )


def _is_as_sent(seed: int, row: StoredRow, sent: Mapping[Key, int]) -> bool:
    if row.key not in sent:
        return False
    values = values_of(seed, row.key[0], sent[row.key])
    return row.values == values and all(type(row.values[name]) is type(value) for name, value in values.items())
