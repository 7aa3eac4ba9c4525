"""The InfluxQL we speak: names and texts quoted, ranges and choices of devices as conditions."""

from collections.abc import Iterator, Sequence

# A choice takes time with the square of its length.
_WORDS_PER_STATEMENT = 100
_NAME_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\""})
_TEXT_ESCAPES = str.maketrans({"\\": r"\\", "'": r"\'"})


def name(word: str) -> str:
    r"""Return a measurement, tag, field or alias in quotes.

    Examples
    --------
    >>> print(name('a"b'))
    "a\"b"
    """
    return f'"{word.translate(_NAME_ESCAPES)}"'


def text(value: str) -> str:
    r"""Return a text in quotes.

    Examples
    --------
    >>> print(text("driver's"))
    'driver\'s'
    """
    return f"'{value.translate(_TEXT_ESCAPES)}'"


def field(word: str) -> str:
    """Return a reference to a field, also where a tag has the same name."""
    return f"{name(word)}::field"


def tag(word: str) -> str:
    """Return a reference to a tag."""
    return f"{name(word)}::tag"


def between(start_ms: int, end_ms: int) -> str:
    """Return the condition of lying in [start, end), epoch ms."""
    return f"time >= {start_ms}ms AND time < {end_ms}ms"


def among(key: str, words: Sequence[str]) -> str:
    """Return the condition that a tag is one of some words."""
    return "(" + " OR ".join(f"{tag(key)} = {text(word)}" for word in words) + ")"


def select(measurement: str, columns: Sequence[str], condition: str, *, group_by: str = "") -> str:
    """Return a SELECT; its columns are called c0, c1, ..., so that no name of a signal can be taken for another."""
    named = ", ".join(f"{column} AS c{i}" for i, column in enumerate(columns))
    where = f" WHERE {condition}" if condition else ""
    grouped = f" GROUP BY {group_by}" if group_by else ""
    return f"SELECT {named} FROM {name(measurement)}{where}{grouped}"


def conditions(start_ms: int, end_ms: int, key: str, chosen: Sequence[str] | None) -> Iterator[str]:
    """Return conditions that together choose a range and some words, each short enough for one statement."""
    if start_ms < end_ms:
        for choice in choices(key, chosen):
            yield " AND ".join(filter(None, [between(start_ms, end_ms), choice]))


def choices(key: str, chosen: Sequence[str] | None) -> Iterator[str]:
    """Return conditions that together choose these words, each short enough for one statement."""
    if chosen is None:
        yield ""
        return
    words = list(dict.fromkeys(chosen))
    for first in range(0, len(words), _WORDS_PER_STATEMENT):
        yield among(key, words[first : first + _WORDS_PER_STATEMENT])
