"""A list as a CSV file: what is seen on a page, for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from starlette.responses import Response


def csv_file(name: str, now: datetime, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """Return a file to save, named after what it lists and when."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_inert(cell) for cell in row])
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}-{now:%Y-%m-%dT%H%M}.csv"'},
    )


def _inert(cell: str) -> str:
    # a spreadsheet runs cells that begin like a formula; ours are text
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
