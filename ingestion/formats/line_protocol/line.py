r"""One line of InfluxDB's line protocol: `measurement[,tag=value...] field=value[,field=value...] [time]`.

In measurement, tags and field names a backslash makes a comma, an equals sign or a space an ordinary character
and otherwise stands for itself; in a quoted string it does so for a quote and for a backslash.
"""

import re
from dataclasses import dataclass

from foreworn.errors import Rejected
from ingestion.formats.values import shown

_MEASUREMENT = re.compile(r"(?:[^ ,\\]++|\\++[^\\]?)++", re.DOTALL)
_KEY = re.compile(r"(?:[^ ,=\\]++|\\++[^\\]?)++", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_BARE = re.compile(r"[^ ,]++")
_PLAIN_TAG = re.compile(r"([^ ,=\\]++)=([^ ,=\\]++)(?![\\])")  # no escapes, so nothing to look at twice
_PLAIN_FIELD = re.compile(r'([^ ,=\\]++)=([^ ,"][^ ,]*+)')
_SPACES = re.compile(r" *+")
_MEASUREMENT_ESCAPE = re.compile(r"\\([ ,])")
_KEY_ESCAPE = re.compile(r"\\([ ,=])")
_STRING_ESCAPE = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted value, without its quotes and escapes."""

    content: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line, taken apart.

    Parameters
    ----------
    measurement, tags
        Without escapes.
    fields
        By name: a text, or the characters of a value without quotes, as they came. Of two fields of the same
        name the later stands.
    time
        The characters after the fields; empty where there are none.
    """

    measurement: str
    tags: dict[str, str]
    fields: dict[str, Text | str]
    time: str


def parse_line(text: str) -> Line:
    r"""Take one line apart; it is neither blank nor a comment and does not begin with a space.

    Raises
    ------
    Rejected
        As `unreadable`, with what was expected where.

    Examples
    --------
    >>> parse_line(r"wind\ mill,place=north value=1.5,state=\"on\" 1767225600000000000".replace("\\\"", '"'))
    ... # doctest: +NORMALIZE_WHITESPACE
    Line(measurement='wind mill', tags={'place': 'north'}, fields={'value': '1.5', 'state': Text(content='on')},
         time='1767225600000000000')
    """
    return _Cursor(text).line()


class _Cursor:
    """Reads a line from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def line(self) -> Line:
        measurement = _MEASUREMENT_ESCAPE.sub(r"\1", self._take(_MEASUREMENT, "a measurement"))
        tags: dict[str, str] = {}
        while self._skip(","):
            if not self._took_plain(_PLAIN_TAG, tags):
                name = self._name("a tag")
                tags[name] = _unescaped(self._take(_KEY, "the value of tag", name))
        if not self._skip_spaces():
            raise self._expected("a space and fields")
        fields = self._fields()
        spaces = self._skip_spaces()
        time = self._text[self._at :].rstrip(" ")
        if time and not spaces:
            raise self._expected("a comma or a space after the field's value")
        return Line(measurement, tags, fields, time)

    def _fields(self) -> dict[str, Text | str]:
        fields: dict[str, Text | str] = {}
        while True:
            if not self._took_plain(_PLAIN_FIELD, fields):
                name = self._name("a field")
                fields[name] = self._value(name)
            if not self._skip(","):
                return fields

    def _took_plain(self, pattern: re.Pattern[str], pairs: dict[str, str] | dict[str, Text | str]) -> bool:
        found = pattern.match(self._text, self._at)
        if found is None:
            return False
        pairs[found[1]] = found[2]
        self._at = found.end()
        return True

    def _name(self, what: str) -> str:
        name = _unescaped(self._take(_KEY, what))
        if not self._skip("="):
            raise self._expected(f"= after {shown(name)}")
        return name

    def _value(self, name: str) -> Text | str:
        if not self._text.startswith('"', self._at):
            return self._take(_BARE, "the value of field", name)
        string = _STRING.match(self._text, self._at)
        if string is None:
            raise Rejected("unreadable", f"the text of field {shown(name)} has no closing quote")
        self._at = string.end()
        return Text(_STRING_ESCAPE.sub(r"\1", string[1]))

    def _take(self, pattern: re.Pattern[str], what: str, name: str | None = None) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self._expected(what if name is None else f"{what} {shown(name)}")
        self._at = found.end()
        return found[0]

    def _skip(self, character: str) -> bool:
        if not self._text.startswith(character, self._at):
            return False
        self._at += 1
        return True

    def _skip_spaces(self) -> bool:
        start = self._at
        self._at = _SPACES.match(self._text, start).end()  # type: ignore[union-attr]  # it matches nothing too
        return self._at > start

    def _expected(self, what: str) -> Rejected:
        rest = self._text[self._at : self._at + 20]
        found = shown(rest) if rest else "the end of the line"
        return Rejected("unreadable", f"expected {what}, found {found}")


def _unescaped(key: str) -> str:
    return _KEY_ESCAPE.sub(r"\1", key) if "\\" in key else key
