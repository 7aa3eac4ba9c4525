"""What was refused: pages of it, and counted by sensor."""

from collections import Counter
from datetime import datetime

from api.cursor import named_cursor, named_row
from api.problems import BadParameter
from api.services import ConsoleServices
from foreworn.telemetry.quarantine import Place, QuarantineEntry, Selection

SHOWN_BYTES = 4096
"""Of a longer payload a list holds only the beginning."""

SENSOR_REASONS = frozenset({"not_finite", "out_of_range", "too_fast", "wrong_type", "unknown_state"})
"""Refusals that point at a sensor rather than at a message."""


def page_of_entries(
    services: ConsoleServices, selection: Selection, *, limit: int, cursor: str | None, payload: int
) -> tuple[list[QuarantineEntry], str | None]:
    """Return up to `limit` entries, the newest first, and the cursor to what follows.

    Parameters
    ----------
    services, selection, limit, cursor
        Where to look, for what, how many, and after which.
    payload
        Most bytes of each payload.

    Raises
    ------
    BadParameter
        If the cursor is not one that a page of entries gave out.
    """
    after = None if cursor is None else cursor_place(cursor)
    found = services.quarantine.find(selection, limit=limit + 1, after=after, payload=payload)
    following = place_cursor(found[limit - 1].place) if len(found) > limit else None
    return found[:limit], following


def place_cursor(place: Place | None) -> str | None:
    """Return the cursor to what follows a place."""
    return None if place is None else named_cursor(f"{place[0].isoformat()} {place[1]}")


def cursor_place(cursor: str) -> Place:
    """Return the place that a cursor follows.

    Raises
    ------
    BadParameter
        If it is not a cursor of this list.
    """
    time, _, id = named_row(cursor).partition(" ")
    try:
        place = datetime.fromisoformat(time), int(id)
    except ValueError:
        place = None
    if place is None or place[0].tzinfo is None or not 0 < place[1] < 2**63:
        raise BadParameter("cursor", "it is not a cursor of this list", remedy="take next_cursor of the page before")
    return place


def sensors_in_doubt(services: ConsoleServices, *, looked_through: int) -> list[tuple[str, str, int]]:
    """Return (device, signal, count) of the sensors whose values were refused among the newest, the most first."""
    newest = [entry.rejection for entry in services.quarantine.find(limit=looked_through, payload=0)]
    counts = Counter((r.device, r.signal) for r in newest if r.reason in SENSOR_REASONS and r.device and r.signal)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(str(device), str(signal), count) for (device, signal), count in ranked]
