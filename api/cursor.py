"""Cursor pagination: a cursor names the last row that was seen, so that rows that move are not lost."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from api.problems import BadParameter
from foreworn.errors import NotFound

Row = TypeVar("Row")
Key = tuple[str | float | int, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursor to what follows; None where nothing does."""

    rows: list[Row]
    next_cursor: str | None
    total: int


def page_of(rows: Iterable[Row], key: Callable[[Row], Key], *, limit: int, cursor: str | None) -> Page[Row]:
    """Return up to `limit` rows after `cursor`, in the order of their unique `key`.

    Raises
    ------
    BadParameter
        If the cursor is not one that this list gave out.
    """
    ordered = sorted(rows, key=key)
    after = ordered if cursor is None else _after(ordered, key, cursor)
    shown = after[:limit]
    following = _encoded(key(shown[-1])) if len(after) > limit else None
    return Page(shown, following, len(ordered))


def _after(ordered: list[Row], key: Callable[[Row], Key], cursor: str) -> list[Row]:
    seen = _decoded(cursor)
    try:
        return [row for row in ordered if key(row) > seen]
    except TypeError:
        raise _foreign(cursor) from None


def _encoded(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _decoded(cursor: str) -> Key:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise _foreign(cursor) from None
    if not isinstance(key, list):
        raise _foreign(cursor)
    return tuple(key)


def _foreign(cursor: str) -> BadParameter:
    return BadParameter(
        "cursor", f"{cursor[:80]!r} is not a cursor of this list", remedy="take next_cursor of the page before"
    )


def named_cursor(name: str) -> str:
    """Return the cursor to what follows the row of this name, in a list that its store pages."""
    return _encoded((name,))


def named_row(cursor: str) -> str:
    """Return the name of the row that a cursor follows.

    Raises
    ------
    BadParameter
        If the cursor is not one that such a list gave out.
    """
    seen = _decoded(cursor)
    if len(seen) != 1 or not isinstance(seen[0], str) or not seen[0].isprintable():
        raise _foreign(cursor)
    return seen[0]


@contextmanager
def cursor_of_ours() -> Iterator[None]:
    """Say 400 where a store does not know the row that a cursor follows.

    Raises
    ------
    BadParameter
        In place of `NotFound`.
    """
    try:
        yield
    except NotFound as error:
        raise _foreign(error.key) from error
