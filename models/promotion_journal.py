"""The record of which version was put in use, when, by whom and why: one JSON object a line, never rewritten."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from foreworn.errors import DamagedModel

JOURNAL: Final = "promotions.jsonl"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One change of the version in use.

    Parameters
    ----------
    time, by, why
        When, who, and for what reason.
    kind
        Whether a version came forward, or the one before it came back.
    version, replaced
        What is in use from then on, and what was until then; None where nothing was.
    checks
        What was checked before, as JSON-able values.
    """

    time: datetime
    kind: Literal["promoted", "rolled_back"]
    version: str
    replaced: str | None
    by: str
    why: str
    checks: tuple[Mapping[str, object], ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        return {
            "time": self.time.isoformat(),
            "kind": self.kind,
            "version": self.version,
            "from": self.replaced,
            "by": self.by,
            "why": self.why,
            "checks": [dict(check) for check in self.checks],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Promotion":
        """Return what `as_data` told."""
        return cls(
            time=datetime.fromisoformat(data["time"]),
            kind=data["kind"],
            version=data["version"],
            replaced=data["from"],
            by=data["by"],
            why=data["why"],
            checks=tuple(data["checks"]),
        )


class PromotionJournal:
    """The promotions of one folder of models.

    A line is on disk before the version is put in use. What a crash left of an unfinished line was never in force:
    it is not read, and goes with the next line.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / JOURNAL

    def append(self, promotion: Promotion) -> None:
        """Add a line, and return when it is on disk."""
        line = json.dumps(promotion.as_data(), sort_keys=True).encode() + b"\n"
        with self._file.open("ab") as file:
            file.truncate(_whole(self._file.read_bytes()))
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> list[Promotion]:
        """Return all promotions, oldest first.

        Raises
        ------
        DamagedModel
            If a line is not what was written.
        """
        if not self._file.exists():
            return []
        content = self._file.read_bytes()
        return [self._read(n, line) for n, line in enumerate(content[: _whole(content)].splitlines(), start=1)]

    def _read(self, number: int, line: bytes) -> Promotion:
        try:
            return Promotion.from_data(json.loads(line))
        except (ValueError, KeyError, TypeError) as problem:
            raise DamagedModel(self._file.parent, f"line {number} of {JOURNAL} cannot be read: {problem}") from problem


def _whole(content: bytes) -> int:
    """Return where the last finished line ends."""
    return content.rfind(b"\n") + 1


def served_before(promotions: Iterable[Promotion], serving: str) -> str | None:
    """Return the version that was in use before the one that is, as a chain of rollbacks would find it.

    A promotion puts a version on top of what it replaced, a rollback takes the top away. So rolling back twice goes
    two versions back, and not to and fro.

    Examples
    --------
    >>> from datetime import UTC
    >>> def went(kind, old, new):
    ...     return Promotion(datetime(2026, 1, 1, tzinfo=UTC), kind, new, old, "ann", "")
    >>> past = [went("promoted", None, "a"), went("promoted", "a", "b"), went("promoted", "b", "c")]
    >>> served_before(past, "c")
    'b'
    >>> served_before([*past, went("rolled_back", "c", "b")], "b")
    'a'
    """
    pile: list[str] = []
    for one in promotions:
        if one.replaced is not None:
            pile = _down_to(pile, one.replaced)
        pile = [*pile, one.version] if one.kind == "promoted" else _down_to(pile[:-1], one.version)
    before = _down_to(pile, serving)[:-1]
    return before[-1] if before else None


def rolled_back_from(promotions: Iterable[Promotion], version: str) -> Promotion | None:
    """Return the rollback that took a version out of use, None where none did or it came back since.

    Examples
    --------
    >>> from datetime import UTC
    >>> def went(kind, old, new):
    ...     return Promotion(datetime(2026, 1, 1, tzinfo=UTC), kind, new, old, "ann", "")
    >>> past = [went("promoted", None, "a"), went("promoted", "a", "b"), went("rolled_back", "b", "a")]
    >>> rolled_back_from(past, "b").version
    'a'
    >>> rolled_back_from([*past, went("promoted", "a", "b")], "b") is None
    True
    """
    found = None
    for one in promotions:
        if one.version == version:
            found = None
        elif one.replaced == version and one.kind == "rolled_back":
            found = one
    return found


def _down_to(pile: list[str], version: str) -> list[str]:
    """Return the pile with a version on top: what was announced above it never came in use."""
    if version in pile:
        return pile[: len(pile) - pile[::-1].index(version)]
    return [*pile, version]
