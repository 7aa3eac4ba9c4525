"""The rows of one file of a history, each knowing where an editor finds it."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from foreworn.errors import MalformedHistory
from foreworn.storage.history.findings import Findings

ROWS_NAMED = 3
"""So many rows are named for one kind of problem in one column; the last says how many more there are."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One file's rows.

    Parameters
    ----------
    path
        The file.
    table
        Its columns: trimmed text, null where empty, of a CSV file; as stored, of a Parquet file.
    row
        Tells the row number a person counts, by index in `table`: the line of a CSV file (the header is
        line 1), the row of a Parquet file (the first is 1).
    findings
        Where problems go.
    """

    path: Path
    table: pa.Table
    row: Callable[[int], int]
    findings: Findings

    def report(self, bad: pa.ChunkedArray, column: str, problem: Callable[[int], str]) -> None:
        """Report the rows where the mask `bad` is true; `problem` words it, by index."""
        indices = pc.indices_nonzero(bad)
        for place, index in enumerate(indices.slice(0, ROWS_NAMED).to_pylist()):
            more = len(indices) - ROWS_NAMED if place == ROWS_NAMED - 1 else 0
            text = problem(index) + (f" (and {more} more rows like it)" if more > 0 else "")
            self.findings.add(MalformedHistory(self.path, text, row=self.row(index), column=column))


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] | None, findings: Findings, *, may_be_empty: bool
) -> Rows | None:
    """Read a CSV or Parquet file and hold its columns against those it should have.

    Parameters
    ----------
    path
        The file; `.parquet` is read as Parquet, all else as CSV.
    required, optional
        The columns it must and may have; optional None allows any.
    findings
        Where problems go.
    may_be_empty
        Whether a header alone will do.

    Returns
    -------
    Rows or None
        None where the file could not be read; the findings then say why.
    """
    before = len(findings)
    if not path.is_file():
        alone = "; if there is nothing to tell, write the header line alone" if may_be_empty else ""
        findings.add(MalformedHistory(path, f"the file is missing; it needs the columns {', '.join(required)}{alone}"))
        return None
    rows = (_read_parquet if path.suffix == ".parquet" else _read_csv)(path, findings)
    if rows is None:
        return None
    _check_columns(rows, required, optional)
    if not may_be_empty and not rows.table.num_rows:
        findings.add(MalformedHistory(path, "the file has no rows: export it again"))
    return rows if findings.clean_since(before) else None


def _check_columns(rows: Rows, required: Sequence[str], optional: Sequence[str] | None) -> None:
    present = rows.table.column_names
    known = [*required, *(optional or ())]
    for name in required:
        if name not in present:
            problem = f"the column is missing; the file has {', '.join(present)}"
            rows.findings.add(MalformedHistory(rows.path, problem, row=1, column=name))
    for name in present:
        if optional is not None and name not in known:
            problem = f"the column is not known; rename or remove it (known: {', '.join(known)})"
            rows.findings.add(MalformedHistory(rows.path, problem, row=1, column=name))


def _read_parquet(path: Path, findings: Findings) -> Rows | None:
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        problem = f"cannot be read as Parquet; it is half-written or of another format, export it again ({error})"
        findings.add(MalformedHistory(path, problem))
        return None
    plain = pa.table([_plain(column) for column in table.columns], names=table.column_names)
    return Rows(path, plain, lambda index: index + 1, findings)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return texts of any storage as trimmed text, like those of a CSV file; all else as it is."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _trimmed(pc.cast(column, pa.string()))
    return pc.cast(column, kind)


def _read_csv(path: Path, findings: Findings) -> Rows | None:
    try:
        names, has_rows = _header(path)
        if problem := _header_problem(names):
            findings.add(MalformedHistory(path, problem, row=1))
            return None
        table, skipped = _parse(path, names) if has_rows else (_no_rows(names), False)
    except (UnicodeDecodeError, pa.ArrowInvalid) as error:
        findings.add(_unreadable(path, error))
        return None
    before = len(findings)
    if skipped or _ends_in_open_quote(table):
        _report_structure(path, len(names), findings)
    return Rows(path, table, _LineNumbers(path), findings) if findings.clean_since(before) else None


def _header(path: Path) -> tuple[list[str], bool]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader([file.readline()]), [])
        return [name.strip() for name in names], bool(file.read(1))


def _header_problem(names: list[str]) -> str | None:
    if not any(names):
        return "the file is empty, or its first line is; the first line names the columns"
    for separator, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and separator in names[0]:
            return f"fields are separated by {called}; save the file with commas, and a point as decimal mark"
    if "" in names:
        return f"column {names.index('') + 1} has no name; name it or remove it"
    for name in names:
        if names.count(name) > 1:
            return f"column {name!r} stands there twice; keep one"
    return None


def _no_rows(names: list[str]) -> pa.Table:
    return pa.schema([(name, pa.string()) for name in names]).empty_table()


def _parse(path: Path, names: list[str]) -> tuple[pa.Table, bool]:
    """Return the rows as trimmed text, and whether rows of another width were passed over."""
    skipped: list[None] = []

    def skip(_: object) -> str:
        skipped.append(None)
        return "skip"

    table = pa_csv.read_csv(
        path,
        read_options=pa_csv.ReadOptions(column_names=names, skip_rows=1),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )
    return pa.table([_trimmed(column) for column in table.columns], names=names), bool(skipped)


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _ends_in_open_quote(table: pa.Table) -> bool:
    # the fast parser takes the rest of a file for one value where a quote is never closed
    return bool(table.num_rows) and "\n" in (table.column(-1)[-1].as_py() or "")


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Iterate over the records after the header and the line each begins on, slowly and strictly."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        begins = reader.line_num + 1
        try:
            for fields in reader:
                if fields:
                    yield begins, fields
                begins = reader.line_num + 1
        except csv.Error as error:
            problem = f"cannot be read from here on; a quote that opens here is probably never closed ({error})"
            raise MalformedHistory(path, problem, row=begins) from error


def _report_structure(path: Path, width: int, findings: Findings) -> None:
    last = None
    for last in _records(path):
        line, fields = last
        if len(fields) != width:
            problem = f"the line has {len(fields)} fields where the header has {width}"
            if len(fields) < width and _is_last(path, line):
                problem += "; the file ends in the middle of a line, it is half-written: export it again"
            findings.add(MalformedHistory(path, problem, row=line))
    if last is not None and _quote_is_open(path):
        findings.add(MalformedHistory(path, "a quote that opens here is never closed", row=last[0]))


def _is_last(path: Path, line: int) -> bool:
    with path.open("rb") as file:
        return not any(rest.strip() for number, rest in enumerate(file, 1) if number > line)


def _quote_is_open(path: Path) -> bool:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for _ in csv.reader(file, strict=True):
                pass
        except csv.Error as error:
            return "unexpected end of data" in str(error)
    return False


def _unreadable(path: Path, error: Exception) -> MalformedHistory:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return MalformedHistory(path, "the line is not UTF-8 text; save the file as UTF-8", row=number)
    for _ in _records(path):  # raises at a quote that is never closed
        pass
    return MalformedHistory(path, f"cannot be read as CSV ({error})")


class _LineNumbers:
    """Tells a CSV file's line by row index; reads the file again when first asked, for quotes may span lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[int] | None = None

    def __call__(self, index: int) -> int:
        if self._lines is None:
            self._lines = [line for line, _ in _records(self._path)]
        return self._lines[index]
