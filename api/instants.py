"""Times as the API reads and writes them: RFC 3339, in UTC."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Every store behind us holds 1970 to 2200; InfluxDB's nanoseconds end in 2262."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EXAMPLE = "write RFC 3339, such as 2026-01-31T06:00:00Z"


def parse_instant(text: str) -> datetime:
    """Return the time an RFC 3339 text names, in UTC; digits past the microsecond are dropped.

    Raises
    ------
    ValueError
        If the text is not RFC 3339, or lies outside 1970 to 2200.

    Examples
    --------
    >>> parse_instant("2026-01-31T07:00:00+01:00").isoformat()
    '2026-01-31T06:00:00+00:00'
    >>> parse_instant("yesterday")
    Traceback (most recent call last):
    ...
    ValueError: 'yesterday' is not a time: write RFC 3339, such as 2026-01-31T06:00:00Z
    """
    if _RFC_3339.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a time: {_hint(text)}")
    try:
        time = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time ({error}): {_EXAMPLE}") from None
    if not EARLIEST <= time <= LATEST:
        raise ValueError(f"{text!r} is outside 1970 to 2200: {_EXAMPLE}")
    return time


def _hint(text: str) -> str:
    # a + that was not encoded reaches us as a space
    return f"{_EXAMPLE} (in an address, write + as %2B)" if " " in text else _EXAMPLE


def format_instant(time: datetime) -> str:
    """Return RFC 3339 in UTC, to the millisecond where it has any.

    Examples
    --------
    >>> format_instant(datetime(2026, 1, 31, 6, tzinfo=UTC))
    '2026-01-31T06:00:00Z'
    """
    utc = time.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds") + "Z"


def _read(value: Any) -> datetime:
    return value if isinstance(value, datetime) else parse_instant(str(value))


Instant = Annotated[
    datetime,
    BeforeValidator(_read),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T06:00:00Z"]}),
]
"""A time in a parameter or an answer."""
