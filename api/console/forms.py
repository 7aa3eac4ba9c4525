"""What somebody typed into a form, read as what it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.responses import RedirectResponse

from api.instants import EARLIEST, LATEST
from api.problems import BadParameter

E = TypeVar("E", bound=StrEnum)

_LONGEST = 2000
_MOST_HOURS = 200.0


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form by name, as they were typed."""

    fields: Mapping[str, str]

    def text(self, name: str, *, required: bool = False) -> str:
        """Return what was typed, without blanks around it.

        Raises
        ------
        BadParameter
            If it is required and empty, or longer than anybody means it to be.
        """
        said = self.fields.get(name, "").strip()
        if required and not said:
            raise BadParameter(name, "it is empty", remedy="say it in a few words")
        if len(said) > _LONGEST:
            raise BadParameter(name, f"it is {len(said):,} characters long", remedy=f"use at most {_LONGEST:,}")
        return said

    def choice(self, name: str, choices: type[E]) -> E:
        """Return the chosen one.

        Raises
        ------
        BadParameter
            If it is none of the choices.
        """
        said = self.text(name)
        if said not in {choice.value for choice in choices}:
            raise BadParameter(name, f"{said!r} is not a choice", remedy=f"use one of {', '.join(choices)}")
        return choices(said)

    def whole(self, name: str) -> int:
        """Return a whole number of at least 0.

        Raises
        ------
        BadParameter
            If it is none.
        """
        said = self.text(name)
        if not (said.isascii() and said.isdigit() and len(said) <= len("999999999")):
            raise BadParameter(name, f"{said!r} is not a whole number", remedy="write digits, such as 2")
        return int(said)

    def hours(self, name: str) -> timedelta:
        """Return a length of working time.

        Raises
        ------
        BadParameter
            If it is no number of hours in (0, 200].
        """
        said = self.text(name)
        try:
            value = float(said.replace(",", "."))
        except ValueError:
            raise BadParameter(name, f"{said!r} is not a number", remedy="write hours, such as 2.5") from None
        if not 0 < value <= _MOST_HOURS:
            raise BadParameter(name, f"{said} hours cannot be", remedy=f"write more than 0 and at most {_MOST_HOURS:g}")
        return timedelta(hours=value)

    def moment(self, name: str) -> datetime:
        """Return the time a browser's date field names; it is in UTC.

        Raises
        ------
        BadParameter
            If it is none, or outside 1970 to 2200.
        """
        said = self.text(name)
        try:
            time = datetime.fromisoformat(said).replace(tzinfo=UTC)
        except ValueError:
            raise BadParameter(name, f"{said!r} is not a time", remedy="write 2026-01-31T06:00, in UTC") from None
        if not EARLIEST <= time <= LATEST:
            raise BadParameter(name, f"{said} is too far away", remedy="use a time of 1970 to 2200")
        return time

    @property
    def seen(self) -> int:
        """The version that was on the page."""
        return self.whole("seen")

    def back(self, default: str) -> str:
        """Return the page of ours to go to afterwards; what is not ours becomes `default`."""
        asked = self.fields.get("back", "")
        ours = asked.startswith("/") and not asked.startswith(("//", "/\\")) and asked.isprintable()
        return asked if ours else default


class Typed(dict[str, Any]):
    """What was typed, to be shown again; what was not typed reads as an empty text.

    Examples
    --------
    >>> Typed(note="worn")["hours"]
    ''
    """

    def __missing__(self, key: str) -> str:
        return ""


def local(time: datetime) -> str:
    """Return a time as a browser's date field takes it, in UTC.

    Examples
    --------
    >>> local(datetime(2026, 3, 2, 6, 30, tzinfo=UTC))
    '2026-03-02T06:30'
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def go_to(path: str, **query: str) -> RedirectResponse:
    """Send the browser to a page after a change, so that loading it again changes nothing."""
    address, mark, fragment = path.partition("#")
    joined = f"{address}{'&' if '?' in address else '?'}{urlencode(query)}" if query else address
    return RedirectResponse(joined + mark + fragment, status_code=303)
