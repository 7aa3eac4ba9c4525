"""Signals that are told in words: states by their changes, counters by where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from api.console.words import label, number
from api.reading.signals import SignalSeries
from foreworn.telemetry.signal import SignalType

_NEWEST = 8


@dataclass(frozen=True, slots=True)
class StateChanges:
    """When a state last changed, and to what; the newest first."""

    name: str
    newest: tuple[tuple[datetime, str], ...]


def newest_facts(series: Sequence[SignalSeries]) -> list[str]:
    """Return where each state and counter stands, such as `Hours run 18,204 h`."""
    facts = []
    for one in series:
        value = one.points[-1].value
        if one.signal.type is SignalType.STATE:
            facts.append(f"{label(one.signal)} {value}")
        elif one.signal.type is SignalType.COUNTER:
            unit = f" {one.signal.unit}" if one.signal.unit else ""
            facts.append(f"{label(one.signal)} {number(float(value))}{unit}")
    return facts


def state_changes(series: Sequence[SignalSeries]) -> list[StateChanges]:
    """Return the newest changes of every state that changed in this time."""
    changes = []
    for one in series:
        if one.signal.type is SignalType.STATE:
            turns = [(b.time, str(b.value)) for a, b in pairwise(one.points) if a.value != b.value]
            if turns:
                changes.append(StateChanges(label(one.signal), tuple(reversed(turns[-_NEWEST:]))))
    return changes
