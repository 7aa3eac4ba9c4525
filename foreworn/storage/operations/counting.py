"""Count turns into what is remembered of devices, by column: the same for both twins of the operations store."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from foreworn.storage.operations.device_memory import DeviceMemory, hour_of
from foreworn.storage.operations.heard_turn import EVENT, LOG, SAMPLE, UNMARKED, UNNUMBERED, HeardTurn, Ints
from foreworn.telemetry.counter import added
from foreworn.telemetry.quality import HourTally
from foreworn.telemetry.sequence import Run

Flags = npt.NDArray[np.bool_]
_LONG_AGO = np.iinfo(np.int64).min


def count_turns(memories: dict[str, DeviceMemory], turns: Sequence[HeardTurn]) -> None:
    """Count turns, in the order they came, into the devices' memories; devices that are new get one."""
    for device in dict.fromkeys(device for turn in turns for device in turn.devices):
        memories.setdefault(device, DeviceMemory(device))
    for hour, together in groupby(turns, key=lambda turn: None if turn.received is None else hour_of(turn.received)):
        own = list(together)
        _Count(memories, own, hour).run()


class _Count:
    """Turns of one hour.

    Entries stand by device, and for each device in the order they came; `starts` are the places where the next
    device begins, `lengths` how many entries it has.
    """

    def __init__(self, memories: Mapping[str, DeviceMemory], turns: Sequence[HeardTurn], hour: int | None) -> None:
        self._turns, self._hour = turns, hour
        devices = list(dict.fromkeys(device for turn in turns for device in turn.devices))
        self._memories = [memories[device] for device in devices]
        place = {device: i for i, device in enumerate(devices)}
        self._places = [np.array([place[device] for device in turn.devices], np.int64) for turn in turns]
        codes = self._joined("codes", np.int32, placed=True)
        self._order = np.argsort(codes, kind="stable")
        self._codes = codes[self._order]
        self._starts = _starts(self._codes)
        self._heard = self._codes[self._starts]
        self._lengths = np.diff(self._starts, append=len(codes))

    def run(self) -> None:
        """Count."""
        for turn in self._turns:
            self._remember(turn)
        repeated = self._repeated_numbers() + self._repeated_marks()
        if len(self._codes):
            self._count_entries(repeated)
        self._visits()

    def _remember(self, turn: HeardTurn) -> None:
        known = {memory.device: memory for memory in self._memories} if turn.refusals or turn.statuses else {}
        for refusal in turn.refusals:
            known[refusal.device].refuse(refusal, self._hour)
        for said in turn.statuses:
            known[said.device].obey(said, turn.received)

    def _visits(self) -> None:
        for turn, places in zip(self._turns, self._places, strict=True):
            if turn.received is not None:
                speaking = np.zeros(len(places), np.bool_)
                speaking[np.frombuffer(turn.codes, np.int32)] = True
                refused = {refusal.device for refusal in turn.refusals}
                for place, device, speaks in zip(places.tolist(), turn.devices, speaking.tolist(), strict=True):
                    self._memories[place].hear(turn.received, speaks=speaks or device in refused)

    def _count_entries(self, repeated: Ints) -> None:
        times = self._joined("times", np.int64)[self._order]
        newest = np.maximum.reduceat(times, self._starts)
        late, offsets = self._late(times)
        counted = {
            "samples": self._of_kind(SAMPLE),
            "events": self._of_kind(EVENT),
            "logs": self._of_kind(LOG),
            "late": late,
            "out_of_order": self._out_of_order(times),
            "duplicates": repeated[self._heard],
        }
        columns = {name: column.tolist() for name, column in counted.items()}
        for i, (place, time, offset) in enumerate(
            zip(self._heard.tolist(), newest.tolist(), offsets.tolist(), strict=True)
        ):
            memory = self._memories[place]
            memory.reach(time)
            for name, column in columns.items():
                setattr(memory, name, added(getattr(memory, name), column[i]))
            if self._hour is not None:
                entries = int(self._lengths[i])
                memory.tally(
                    HourTally(self._hour, entries, columns["late"][i], columns["duplicates"][i], offset_ms=offset)
                )

    def _of_kind(self, kind: int) -> Ints:
        is_kind = (self._joined("kinds", np.uint8)[self._order] == kind).astype(np.int64)
        return np.add.reduceat(is_kind, self._starts)

    def _late(self, times: Ints) -> tuple[Ints, Ints]:
        """Return how many of each device's entries came late, and the least difference of receive and device time.

        A clock that is behind makes nothing late: what came fastest counts as having come at once. What a device
        sends first may all be late, so its clock is taken to be right until more is known. One that is ahead is not
        made up for: a single wild time would make all others late.
        """
        if self._hour is None:
            return np.zeros(len(self._starts), np.int64), np.zeros(len(self._starts), np.int64)
        received = np.repeat(
            np.array([turn.received or 0 for turn in self._turns], np.int64), [len(turn) for turn in self._turns]
        )
        differences = received[self._order] - times
        offsets = np.minimum.reduceat(differences, self._starts)
        heard = [self._memories[place] for place in self._heard.tolist()]
        known = np.array([0 if memory.offset is None else memory.offset for memory in heard], np.int64)
        allowed = np.array([memory.allowed_delay for memory in heard], np.int64)
        latest = np.maximum(0, np.minimum(known, offsets)) + allowed
        is_late = (differences > np.repeat(latest, self._lengths)).astype(np.int64)
        return np.add.reduceat(is_late, self._starts), offsets

    def _out_of_order(self, times: Ints) -> Ints:
        """Return how many of each device's entries are older than one that came before."""
        first = times.min()
        span = int(times.max() - first) + 2
        watermarks = [self._memories[place].watermark for place in self._heard.tolist()]
        before = np.array([_LONG_AGO if w is None else w for w in watermarks], np.int64)
        before = np.clip(before, first - 1, first + span) - first
        # Each device gets a stretch of numbers of its own, so that one running maximum serves them all.
        own = times - first + np.repeat(np.arange(len(self._starts)) * span, self._lengths)
        disordered = (own < np.maximum.accumulate(own)) | (times - first < np.repeat(before, self._lengths))
        return np.add.reduceat(disordered.astype(np.int64), self._starts)

    def _repeated_numbers(self) -> Ints:
        """Give every device's numbers to its ledger, and return how many each had sent before."""
        repeated = np.zeros(len(self._memories), np.int64)
        numbers = _Numbers(
            self._joined("codes", np.int32, placed=True),
            self._joined("seqs", np.int64),
            self._joined("refused_codes", np.int32, placed=True),
            self._joined("refused_seqs", np.int64),
        )
        oldest = self._oldest()
        repeated += np.bincount(numbers.repeated, minlength=len(repeated))
        for place, runs in numbers.runs():
            memory = self._memories[place]
            is_newer = memory.watermark is not None and oldest.get(place, _LONG_AGO) > memory.watermark
            if is_newer and memory.sequence.begins_again(runs):
                memory.sequence.begin_again()
            repeated[place] += memory.sequence.take(runs)
        return repeated

    def _oldest(self) -> dict[int, int]:
        if not len(self._codes):
            return {}
        oldest = np.minimum.reduceat(self._joined("times", np.int64)[self._order], self._starts)
        return dict(zip(self._heard.tolist(), oldest.tolist(), strict=True))

    def _repeated_marks(self) -> Ints:
        """Return how many unnumbered samples each device had sent before."""
        repeated = np.zeros(len(self._memories), np.int64)
        if not any(turn.marks for turn in self._turns):
            return repeated
        marks = np.concatenate(
            [np.frombuffer(t.marks, np.int64) if t.marks else np.full(len(t), UNMARKED) for t in self._turns]
        )[self._order]
        bounds = [*self._starts.tolist(), len(marks)]
        for place, start, end in zip(self._heard.tolist(), bounds, bounds[1:], strict=False):
            own = marks[start:end]
            repeated[place] = self._memories[place].repeated_marks(own[own != UNMARKED].tolist())
        return repeated

    def _joined(self, name: str, kind: type[np.generic], *, placed: bool = False) -> Ints:
        """Return a column over all turns; codes become places among our own devices."""
        parts = [np.frombuffer(getattr(turn, name), kind) for turn in self._turns]
        if placed:
            parts = [places[part] for places, part in zip(self._places, parts, strict=True)]
        return np.concatenate(parts)


class _Numbers:
    """The numbers of all devices, sorted by device and number, refused ones after the same taken ones."""

    def __init__(self, codes: Ints, seqs: Ints, refused_codes: Ints, refused_seqs: Ints) -> None:
        numbered = seqs != UNNUMBERED
        taken = codes[numbered]
        codes = np.concatenate([taken, refused_codes])
        seqs = np.concatenate([seqs[numbered], refused_seqs])
        order = np.lexsort((seqs, codes))  # stable: what was taken stays before what was refused
        self._codes, self._seqs = codes[order], seqs[order]
        new_device = np.diff(self._codes, prepend=-1) != 0
        steps = np.diff(self._seqs, prepend=-1)
        again = ~new_device & (steps == 0)
        self.repeated = self._codes[again & (order < len(taken))]
        """Whose number came more than once, once for every repeat."""
        self._is_start = new_device | (steps > 1)

    def runs(self) -> Iterable[tuple[int, list[Run]]]:
        """Yield each device's place and its numbers, as runs in rising order."""
        starts = np.flatnonzero(self._is_start)
        ends = np.append(starts, len(self._seqs))[1:] - 1
        rows = zip(self._codes[starts].tolist(), self._seqs[starts].tolist(), self._seqs[ends].tolist(), strict=True)
        for place, own in groupby(rows, key=lambda row: row[0]):
            yield place, [(start, end) for _, start, end in own]


def _starts(codes: Ints) -> Ints:
    return np.flatnonzero(np.diff(codes, prepend=-1))
