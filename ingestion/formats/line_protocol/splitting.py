"""Splits a payload into lines: a line break inside a quoted string does not end one."""

import re
from collections.abc import Iterator

# Before the first space that is not escaped come measurement and tags, where a quote is a character like any other;
# after it, a quote that follows an equals sign opens a string. One that is never closed ends with its line. Every
# repetition is possessive, and only one string can lack its end, so this takes linear time.
_LINE = re.compile(
    r"""
    [ ]*+
    (?:
        \# [^\n]*+
    |
        (?: [^ \n\\]++ | \\++ [^\\\n]? )*+
        (?: [^"=\n\\]++ | =" (?: [^"\\]++ | \\. )*+ " | ["=] | \\++ [^\\\n]? )*+
    )
    """,
    re.VERBOSE | re.DOTALL,
)


def split_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield the number and text of each line, without its line break; numbers begin with 1.

    Examples
    --------
    >>> list(split_lines('a b=1 5\nc d="x\ny" 6\ne f=1 7'))
    [(1, 'a b=1 5'), (2, 'c d="x\ny" 6'), (4, 'e f=1 7')]
    """
    if '"' not in text:  # no string, so no line break is inside one
        yield from enumerate(text.split("\n"), 1)
        return
    number, position = 1, 0
    while position <= len(text):
        end = _LINE.match(text, position).end()  # type: ignore[union-attr]  # it matches the empty line too
        yield number, text[position:end]
        number += text.count("\n", position, end + 1)
        position = end + 1
