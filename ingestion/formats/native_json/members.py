"""Reads single members of a JSON object: times, numbers, texts; every complaint is one a device maker can act on."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime

from foreworn.errors import Rejected
from foreworn.telemetry.sample import from_epoch_ms, to_epoch_ms
from foreworn.telemetry.signal import LARGEST_INTEGER
from ingestion.formats.values import shown, whole

LONGEST_NAME = 128
LATEST_MS = 253_402_300_799_999  # the end of year 9999, past which Python has no dates
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

JsonObject = Mapping[str, object]


def read_time(members: JsonObject) -> datetime:
    """Return the member `ts`, aware, in UTC, cut to the millisecond.

    Raises
    ------
    Rejected
        As `bad_time`.
    """
    if "ts" not in members:
        raise Rejected("bad_time", "'ts' is missing: give epoch milliseconds, or RFC 3339 with an offset")
    ts = members["ts"]
    ms = _rfc_3339_ms(ts) if isinstance(ts, str) else whole(ts)
    if ms is None:
        raise Rejected(
            "bad_time", f"'ts' is {shown(ts)}: give whole epoch milliseconds, or RFC 3339 with an offset such as Z"
        )
    if not 0 <= ms <= LATEST_MS:
        raise Rejected("bad_time", f"'ts' is {shown(ts)}: it must lie between 1970 and 9999, in milliseconds")
    return from_epoch_ms(ms)


def read_seq(members: JsonObject, member: str = "seq") -> int | None:
    """Return a member that is a sequence number, or None where there is none.

    Raises
    ------
    Rejected
        As `unreadable` if it is not a whole number from 0 to 2^63-1.
    """
    if member not in members:
        return None
    seq = whole(members[member])
    if seq is None or not 0 <= seq <= LARGEST_INTEGER:
        found = shown(members[member])
        raise Rejected("unreadable", f"{member!r} is {found}: it must be a whole number from 0 to 2^63-1")
    return seq


def read_name(members: JsonObject, member: str, *, longest: int, default: str | None = None) -> str:
    """Return a short text without control characters; `default` where the member is missing.

    Raises
    ------
    Rejected
        As `unreadable` if it is missing without a default, no text, empty (unless the default is), too
        long, or holds a control character.
    """
    text = read_text(members, member, default=default)
    if len(text) > longest or not (text or default == "") or has_control(text):
        least = 0 if default == "" else 1
        raise Rejected(
            "unreadable",
            f"{member!r} is {shown(text)}: it must have {least} to {longest} characters, none a control character",
        )
    return text


def read_text(members: JsonObject, member: str, *, default: str | None = None) -> str:
    """Return any text; `default` where the member is missing.

    Raises
    ------
    Rejected
        As `unreadable` if it is missing without a default, or no text.
    """
    if member not in members and default is not None:
        return default
    if member not in members:
        raise Rejected("unreadable", f"{member!r} is missing")
    text = members[member]
    if not isinstance(text, str):
        raise Rejected("unreadable", f"{member!r} is {shown(text)}: it must be a text")
    return text


def read_flag(members: JsonObject, member: str) -> bool:
    """Return true or false; false where the member is missing.

    Raises
    ------
    Rejected
        As `unreadable` if it is anything else.
    """
    flag = members.get(member, False)
    if not isinstance(flag, bool):
        raise Rejected("unreadable", f"{member!r} is {shown(flag)}: it must be true or false")
    return flag


def is_signal_name(text: str) -> bool:
    """Tell whether a signal, or a log field, may be called so."""
    return 0 < len(text) <= LONGEST_NAME and not has_control(text)


def has_control(text: str) -> bool:
    """Tell whether `text` holds a control character."""
    return not text.isprintable() and any(unicodedata.category(c) == "Cc" for c in text)


def _rfc_3339_ms(text: str) -> int | None:
    if len(text) > 64 or not _RFC_3339.fullmatch(text):
        return None
    try:
        return to_epoch_ms(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        return None
