"""Which device sat where: a device sits on one machine at a time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from foreworn.errors import MalformedHistory
from foreworn.fleet.machine import Attachment
from foreworn.loop.day_one.day_one import Line

REGISTERED = "the registry"
"""Stands in the place of a file for what is registered already."""


def seat_problems(seats: Iterable[Line[Attachment]]) -> Iterator[MalformedHistory]:
    """Yield where a device would sit on two machines at once, each at a row of a file.

    Two attachments that are both registered already are nobody's mistake here.
    """
    by_device: dict[str, list[Line[Attachment]]] = defaultdict(list)
    for seat in seats:
        by_device[seat.says.device].append(seat)
    for placed in by_device.values():
        for earlier, later in pairwise(sorted(placed, key=lambda seat: seat.says.since)):
            wrong, other = (later, earlier) if later.file != REGISTERED else (earlier, later)
            if wrong.file != REGISTERED and _clash(earlier.says, later.says):
                yield wrong.problem(_words(wrong, other), "since")


def _clash(earlier: Attachment, later: Attachment) -> bool:
    at_once = earlier.since == later.since and earlier != later
    return at_once or (earlier.machine != later.machine and earlier.covers(later.since))


def _words(wrong: Line[Attachment], other: Line[Attachment]) -> str:
    said, sits = wrong.says, other.says
    until = "for good" if sits.until is None else f"until {sits.until.isoformat()}"
    where = REGISTERED if other.file == REGISTERED else other.place
    return (
        f"device {said.device!r} sits on machine {sits.machine!r} since {sits.since.isoformat()} {until} ({where}) and "
        f"cannot be on {said.machine!r} as well; let it leave the one before it comes to the other"
    )
