"""Which words, times and numbers every store can keep; what one cannot is a ValueError or TypeError."""

import math
import re

from foreworn.storage.telemetry.arrow_rows import LARGEST_TIME_MS
from foreworn.telemetry.signal import LARGEST_INTEGER

_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def check_word(what: str, word: str, *, needed: bool = False) -> None:
    """Refuse a word that cannot be a tag: InfluxDB's line protocol has no way to write some."""
    if needed and not word:
        raise ValueError(f"the {what} is empty")
    if _UNWRITABLE.search(word):
        raise ValueError(f"the {what} {word!r} holds a control character")
    if word.endswith("\\"):
        raise ValueError(f"the {what} {word!r} ends in a backslash")


def check_text(what: str, text: str) -> None:
    """Refuse what is not text."""
    if not isinstance(text, str):
        raise TypeError(f"the {what} is {type(text).__name__}, not text")
    text.encode()  # a lone surrogate is a ValueError


def checked_ms(ms: int) -> int:
    """Return epoch milliseconds that every store can hold."""
    if abs(ms) > LARGEST_TIME_MS:
        raise ValueError("the time lies outside the years 1678 to 2262")
    return ms


def number(value: object) -> float:
    """Return a finite number as a float."""
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise TypeError(f"{value!r} is {type(value).__name__}, not a number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not finite")
    return float(value)


def integer(value: object) -> int:
    """Return an integer that fits into 64 bits."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is {type(value).__name__}, not an integer")
    if not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
        raise ValueError(f"{value!r} does not fit into 64 bits")
    return int(value)
