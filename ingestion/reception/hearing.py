"""Which sequence numbers were heard of which device in one turn."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from ingestion.formats.message import Contents
from ingestion.formats.native_json.columns import NO_SEQ
from ingestion.reception.express import Load
from ingestion.reception.turn import Heard

Numbers = NDArray[np.int64]


def heard_in(load: Load, others: Mapping[int, Contents], redelivered: NDArray[np.bool_]) -> tuple[Heard, ...]:
    """Return what was heard: what devices say of themselves, then the numbers of each in the order they came.

    What a device says of its oldest number holds before and after the numbers of the same turn alike, because
    what it has no longer it never has again. It goes first so that a numbering begins with the device's word.

    Parameters
    ----------
    load
        What the express took.
    others
        What the other messages hold, by message, in order.
    redelivered
        For each message, whether the broker delivers it again. (n_messages,)
    """
    wishes = (
        Heard(seat.device, seat.site, (), bool(redelivered[message]), contents.wants_ack, contents.oldest)
        for message, contents in others.items()
        if contents.wants_ack is not None and (seat := load.seats.table[load.codes[message]])
    )
    return (*wishes, *_numbers(load, *_entries(load, others), redelivered))


def _entries(load: Load, others: Mapping[int, Contents]) -> tuple[NDArray[np.intp], Numbers]:
    """Return the message of every number that was read, and the number, in the order they came."""
    seqs = [seq for contents in others.values() for seq in contents.seqs]
    messages = [message for message, contents in others.items() for _ in contents.seqs]
    parts = [(lot.messages[told], lot.seqs[told]) for lot in load.lots if (told := lot.seqs != NO_SEQ).any()]
    if seqs or not parts:
        parts.append((np.array(messages, np.intp), np.array(seqs, np.int64)))
    if len(parts) == 1:
        return parts[0]
    places = np.concatenate([places for places, _ in parts])
    order = np.argsort(places, kind="stable")
    return places[order], np.concatenate([numbers for _, numbers in parts])[order]


def _numbers(load: Load, messages: NDArray[np.intp], seqs: Numbers, redelivered: NDArray[np.bool_]) -> Iterator[Heard]:
    if not len(seqs):
        return
    codes = load.codes[messages]
    order = np.argsort(load.seats.columns.number[codes], kind="stable")
    codes, again, numbers = codes[order], redelivered[messages][order], seqs[order].tolist()
    breaks = np.flatnonzero((codes[1:] != codes[:-1]) | (again[1:] != again[:-1])) + 1
    starts, ends = [0, *breaks.tolist()], [*breaks.tolist(), len(numbers)]
    for start, end, code, is_again in zip(starts, ends, codes[starts].tolist(), again[starts].tolist(), strict=True):
        seat = load.seats.table[code]
        yield Heard(seat.device, seat.site, numbers[start:end], is_again, None)
