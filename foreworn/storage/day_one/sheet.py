"""One file of the first day, read column by column in the units it is written in."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import ConfigurationError, MalformedHistory
from foreworn.loop.day_one import Line
from foreworn.storage.day_one.forms import Form
from foreworn.storage.history.columns import (
    float_column,
    integer_column,
    known_column,
    optional_time_column,
    text_column,
    time_column,
)
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.rows import Rows, read_rows
from foreworn.telemetry.wire import is_identity

LARGEST = 1e12
"""No number of a plant is larger: money, hours or pieces."""
LONGEST = timedelta(days=36_500)
"""No span of a plant is longer."""
LEAST_SPAN = timedelta(minutes=1)
"""No span that has to be above 0 is shorter."""

T = TypeVar("T")


class Sheet:
    """A file's columns; whatever does not fit is reported by row and column, and stands for nothing.

    Parameters
    ----------
    rows
        The file as text, with every column of its form.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._before = len(rows.findings)

    @classmethod
    def open(cls, folder: Path, form: Form, findings: Findings) -> "Sheet | None":
        """Return a file that is there; None where its form is broken. A column left out is one left empty."""
        rows = read_rows(folder / form.name, form.required, form.optional, findings, may_be_empty=True)
        if rows is None:
            return None
        for name in form.optional:
            if name not in rows.table.column_names:
                nothing = pa.nulls(rows.table.num_rows, pa.string())
                rows = replace(rows, table=rows.table.append_column(name, nothing))
        return cls(rows)

    def texts(self, name: str, *, default: str | None = None) -> list[str]:
        """Return texts of one line; `default` where empty, which is a problem where there is none."""
        column = text_column(self._rows, name, default=default)
        broken = pc.match_substring_regex(column, r"\p{Cc}")
        self._rows.report(broken, name, lambda _: "the text holds a line break or another control character; remove it")
        texts: list[str] = column.to_pylist()
        return texts

    def ids(self, name: str, *, default: str | None = None) -> list[str]:
        """Return ids: they stand in addresses and topics, so they hold none of the characters these are made of."""
        ids = self.texts(name, default=default)
        problem = "must have 1 to 128 characters, none of + # / $ or a control character"
        self.report([id is not None and not is_identity(id) for id in ids], name, lambda i: f"{ids[i]!r} {problem}")
        return ids

    def choices(self, name: str, known: Sequence[str]) -> list[str]:
        """Return texts that are all among `known`."""
        texts: list[str] = known_column(self._rows, name, known, f"write {' or '.join(known)}").to_pylist()
        return texts

    def numbers(self, name: str, *, default: float | None = None) -> list[float]:
        """Return numbers of at least 0; `default` where empty, which is a problem where there is none."""
        return _filled(self._numbers(name, float_column, needed=default is None), default or 0.0)

    def optional_numbers(self, name: str) -> list[float | None]:
        """Return numbers of at least 0, None where empty."""
        return self._numbers(name, float_column, needed=False)

    def whole_numbers(self, name: str, *, default: int | None = None, least: int = 0) -> list[int]:
        """Return whole numbers of at least `least`; `default` where empty, which is a problem where there is none."""
        numbers = self._numbers(name, integer_column, needed=default is None, bound=f"at least {least}", least=least)
        return [int(number) for number in _filled(numbers, default or 0)]

    def spans(self, name: str, unit: timedelta, *, default: float | None = None) -> list[timedelta]:
        """Return spans of at least 0, written in a unit; `default` where empty, a problem where there is none."""
        numbers = self._numbers(name, float_column, needed=default is None, most=LONGEST / unit)
        return [number * unit for number in _filled(numbers, default or 0.0)]

    def spans_above_zero(self, name: str, unit: timedelta) -> list[timedelta]:
        """Return spans above 0, written in a unit; an empty one is a problem."""
        least = LEAST_SPAN / unit
        numbers = self._numbers(name, float_column, needed=True, bound="above 0", least=least, most=LONGEST / unit)
        return [number * unit for number in _filled(numbers, least)]

    def times(self, name: str) -> list[datetime]:
        """Return times; an empty one is a problem."""
        return [time.astimezone(UTC) for time in time_column(self._rows, name).to_pylist() if time is not None]

    def optional_times(self, name: str) -> list[datetime | None]:
        """Return times, None where empty."""
        times = optional_time_column(self._rows, name).to_pylist()
        return [None if time is None else time.astimezone(UTC) for time in times]

    def optional_texts(self, name: str) -> list[str | None]:
        """Return texts, None where empty."""
        texts: list[str | None] = text_column(self._rows, name, optional=True).to_pylist()
        return texts

    def report(self, bad: Iterable[bool], name: str, problem: Callable[[int], str]) -> None:
        """Report the rows where `bad` is true; `problem` words it, by index."""
        self._rows.report(pa.chunked_array([list(bad)], pa.bool_()), name, problem)

    def lines(
        self, make: Callable[..., T], key: Callable[[T], Hashable], *columns: Sequence[Any]
    ) -> tuple[Line[T], ...] | None:
        """Return what each row says, made of its columns; None where the file has problems.

        Rows of one key that say the same are one; if they contradict each other, the later one is a problem.
        """
        if not self._is_clean():
            return None
        said: dict[Hashable, Line[T]] = {}
        for index, fields in enumerate(zip(*columns, strict=True)):
            row = self._rows.row(index)
            try:
                line = Line(make(*fields), str(self._rows.path), row)
            except (ConfigurationError, ValueError) as problem:
                self._rows.findings.add(MalformedHistory(self._rows.path, str(problem), row=row))
                continue
            first = said.setdefault(key(line.says), line)
            if first.says != line.says:
                self._rows.findings.add(line.problem(f"contradicts row {first.row}; keep one of them"))
        return tuple(said.values()) if self._is_clean() else None

    def _is_clean(self) -> bool:
        return self._rows.findings.clean_since(self._before)

    def _numbers(
        self,
        name: str,
        read: Callable[[Rows, str], pa.ChunkedArray],
        *,
        needed: bool,
        bound: str = "at least 0",
        least: float = 0,
        most: float = LARGEST,
    ) -> list[float | None]:
        """Return numbers within [least, most], None where there is none; `bound` says the lower limit in words."""
        empty = pc.is_null(self._rows.table[name])
        values: list[float | None] = read(self._rows, name).to_pylist()
        if needed:
            self._rows.report(empty, name, lambda _: f"the field is empty; write a number, {bound}")
        low = [v is not None and v < least for v in values]
        high = [v is not None and v > most for v in values]
        self.report(low, name, lambda i: f"{values[i]:g} is not {bound}; correct it")
        self.report(high, name, lambda i: f"{values[i]:g} is too large; {most:g} is the largest")
        return [None if too_low or too_high else v for v, too_low, too_high in zip(values, low, high, strict=True)]


def _filled(values: Iterable[float | None], default: float) -> list[float]:
    return [default if value is None else value for value in values]
