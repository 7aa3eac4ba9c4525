"""Replay: what was refused goes through the rules of today, and what is good now is stored once."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from foreworn.telemetry.intake import Intake, IntakeBatch
from foreworn.telemetry.quarantine import Place, Quarantine, QuarantineEntry, Rejection, ReplayReport, Selection
from foreworn.telemetry.sample import TelemetryBatch
from ingestion.formats.message import Contents, Message
from ingestion.formats.native_json import NativeJsonDecoder
from ingestion.reception.reception import Reception

_LOOKED_AT = 500
_COMMITTED_BYTES = 4 * 1024 * 1024
_LARGEST = 2**31


class QuarantineReplay:
    """Sends refused messages through reception again, and what is good of them into the spool.

    Only what an entry stands for is taken: of one about a signal, that signal; of one about a message, or an
    element of it, the whole message. The batches say that they *fill* (`IntakeBatch.fills`): where the store
    has a value of that device, time and signal already, it stays, so that a replay never puts what was received
    earlier over what was received later. For the same reason the newest entries come first.

    An entry is forgotten once the spool has what came of it. A crash in between replays it again, which
    changes nothing. What is refused again stays, with the reason of today.

    What the telemetry store refused was good when it was received, in the catalogue's units: it goes to the store
    again as it is.

    Parameters
    ----------
    quarantine
        What was refused.
    new_reception
        Makes the rules of today, anew for each replay: they know of what was mended a moment ago, and remember
        no last values of the collector.
    spool
        Where it goes.
    """

    def __init__(self, quarantine: Quarantine, new_reception: Callable[[], Reception], spool: Intake) -> None:
        self._quarantine = quarantine
        self._new_reception = new_reception
        self._spool = spool
        self._plain = NativeJsonDecoder(_LARGEST)

    def replay(self, selection: Selection, *, after: Place | None = None, limit: int | None = None) -> ReplayReport:
        """Replay up to `limit` of the selected entries, the newest first, from `after` on.

        Raises
        ------
        SpoolFailed
            If the spool cannot take it; what it took until then is replayed, the rest stays.
        StoreUnavailable
            If the quarantine or the registry cannot answer now; as above.
        """
        report, left, rules = ReplayReport(following=after), limit, self._new_reception()
        while left is None or left > 0:
            asked = _LOOKED_AT if left is None else min(left, _LOOKED_AT)
            heads = self._quarantine.find(selection, limit=asked, after=report.following, payload=0)
            for part in _parts(heads):
                ids = tuple(head.id for head in part)
                entries = self._quarantine.find(Selection(ids=ids), limit=len(ids))
                report += self._replay(
                    entries, rules, named=selection.ids is not None or selection.reason == "too_fast"
                )
                report = replace(report, following=part[-1].place)
            if len(heads) < asked:
                return replace(report, following=None)
            left = None if left is None else left - len(heads)
        return report

    def _replay(self, entries: Sequence[QuarantineEntry], rules: Reception, *, named: bool) -> ReplayReport:
        judged = [e for e in entries if named or e.rejection.reason != "too_fast"]
        verdicts = [self._judge(group, rules) for group in _messages(judged)]
        outcome = _Verdict.joined(verdicts)
        if len(outcome.telemetry):
            received_at = max(e.rejection.received_at for e in entries)
            self._spool.commit(IntakeBatch(outcome.telemetry, received_at=received_at, fills=True))
        if outcome.new:
            self._quarantine.put(outcome.new)
        if outcome.restated:
            self._quarantine.restate({id: (r.reason, r.detail) for id, r in outcome.restated.items()})
        if gone := [*outcome.settled, *outcome.replaced, *outcome.outdated]:
            self._quarantine.remove(gone)
        return ReplayReport(
            replayed=len(outcome.settled),
            outdated=len(outcome.outdated),
            refused=Counter(r.reason for r in (*outcome.refused, *outcome.new)),
            skipped=+Counter(not_asked_for=len(entries) - len(judged), nothing_in_it=len(outcome.empty)),
        )

    def _judge(self, entries: Sequence[QuarantineEntry], rules: Reception) -> "_Verdict":
        """Say what comes of the entries of one message."""
        refused = entries[0].rejection
        if refused.reason == "store_refused":
            message = Message(refused.topic, refused.payload, refused.received_at)
            return _judged(entries, self._plain.decode(message))
        contents = rules.read(refused.topic, refused.payload)
        again = tuple(replace(r, received_at=refused.received_at) for r in contents.rejections)
        return _judged(entries, replace(contents, rejections=again))


@dataclass(slots=True)
class _Verdict:
    """What comes of entries: what is taken, and what becomes of them in the quarantine."""

    telemetry: TelemetryBatch = field(default_factory=TelemetryBatch)
    settled: list[int] = field(default_factory=list)
    replaced: list[int] = field(default_factory=list)
    outdated: list[int] = field(default_factory=list)
    empty: list[int] = field(default_factory=list)
    refused: list[Rejection] = field(default_factory=list)
    restated: dict[int, Rejection] = field(default_factory=dict)
    new: list[Rejection] = field(default_factory=list)

    @classmethod
    def joined(cls, newest_first: Sequence["_Verdict"]) -> "_Verdict":
        """Return one of several; telemetry in the order it was received, so that of one batch the later wins."""
        oldest_first = newest_first[::-1]
        told = [verdict.telemetry for verdict in oldest_first]
        return cls(
            TelemetryBatch(
                samples=tuple(sample for batch in told for sample in batch.samples),
                events=tuple(event for batch in told for event in batch.events),
                logs=tuple(line for batch in told for line in batch.logs),
            ),
            settled=[id for verdict in oldest_first for id in verdict.settled],
            replaced=[id for verdict in oldest_first for id in verdict.replaced],
            outdated=[id for verdict in oldest_first for id in verdict.outdated],
            empty=[id for verdict in oldest_first for id in verdict.empty],
            refused=[r for verdict in oldest_first for r in verdict.refused],
            restated={id: r for verdict in oldest_first for id, r in verdict.restated.items()},
            new=[r for verdict in oldest_first for r in verdict.new],
        )


def _judged(entries: Sequence[QuarantineEntry], contents: Contents) -> _Verdict:
    """Say what comes of the entries of one message, from what it holds by today's rules.

    Whatever an entry stands for is taken, or stands in the quarantine afterwards: what is refused now, and was
    not before, becomes an entry of its own.
    """
    verdict = _Verdict(_taken(entries, contents))
    standing: set[tuple[str, str | None]] = set()
    for entry in entries:
        again = _again(entry.rejection, contents)
        if again is None:
            _settle(verdict, entry, contents)
            continue
        standing.add((again.reason, entry.rejection.signal))
        verdict.refused.append(again)
        if (again.reason, again.detail) != (entry.rejection.reason, entry.rejection.detail):
            verdict.restated[entry.id] = again
    meant = {e.rejection.signal for e in entries}
    # a value of a settled entry may also be in an element that is refused whole
    elements = bool(verdict.settled)
    verdict.new = [
        r
        for r in contents.rejections
        if (r.reason, r.signal) not in standing
        and (None in meant or r.signal in meant or (elements and r.signal is None))
    ]
    return verdict


def _settle(verdict: _Verdict, entry: QuarantineEntry, contents: Contents) -> None:
    """Say what becomes of an entry that is not refused any more."""
    signal = entry.rejection.signal
    if any(signal in s.values for s in contents.samples) if signal is not None else len(verdict.telemetry):
        verdict.settled.append(entry.id)
    elif contents.rejections:
        verdict.replaced.append(entry.id)
    elif contents.statuses:
        verdict.outdated.append(entry.id)
    else:
        verdict.empty.append(entry.id)


def _again(refused: Rejection, contents: Contents) -> Rejection | None:
    """Return why an entry is refused still; None where it is not.

    A value is also refused where its message, or the only element that holds it, is.
    """
    same = [r for r in contents.rejections if r.signal == refused.signal]
    same.sort(key=lambda r: r.reason != refused.reason)
    if same:
        return same[0]
    if refused.signal is None or any(refused.signal in sample.values for sample in contents.samples):
        return None
    return next((r for r in contents.rejections if r.signal is None), None)


def _taken(entries: Sequence[QuarantineEntry], contents: Contents) -> TelemetryBatch:
    """Return what the entries stand for, of what is good.

    Without numbers: that they came was seen when they were refused. Those of log lines tell two lines apart.
    """
    signals = {e.rejection.signal for e in entries}
    whole = None in signals
    meant = (
        replace(s, values={k: v for k, v in s.values.items() if whole or k in signals}, seq=None)
        for s in contents.samples
    )
    samples = tuple(sample for sample in meant if sample.values)
    if not whole:
        return TelemetryBatch(samples=samples)
    return TelemetryBatch(samples, tuple(replace(event, seq=None) for event in contents.events), contents.logs)


def _messages(entries: Iterable[QuarantineEntry]) -> Iterable[list[QuarantineEntry]]:
    groups: dict[tuple[datetime, str, bytes], list[QuarantineEntry]] = {}
    for entry in entries:
        refused = entry.rejection
        groups.setdefault((refused.received_at, refused.topic, refused.payload), []).append(entry)
    return groups.values()


def _parts(heads: Sequence[QuarantineEntry]) -> Iterator[Sequence[QuarantineEntry]]:
    """Yield pieces that fit into memory, and into one batch of the spool."""
    start = size = 0
    for end, head in enumerate(heads):
        size += head.payload_bytes
        if end > start and size > _COMMITTED_BYTES:
            yield heads[start:end]
            start, size = end, head.payload_bytes
    if start < len(heads):
        yield heads[start:]
