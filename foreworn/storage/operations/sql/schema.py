"""The operations store's schema as SQL: `python -m foreworn.storage.operations.sql.schema` prints it."""

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from foreworn.storage.operations.sql.tables import METADATA

_HEAD = """\
-- The operations store, as PostgreSQL keeps it. Generated: python -m foreworn.storage.operations.sql.schema
-- SQLite has the same tables, with times as ISO 8601 text in UTC (2026-01-01T00:00:00.000000Z).
-- Columns that end in _us are spans in microseconds.
"""


def schema_sql() -> str:
    """Return the statements that make the schema, tables before what points at them."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    statements: list[str] = [_HEAD]
    for table in METADATA.sorted_tables:
        parts = [str(CreateTable(table).compile(dialect=dialect)).strip()]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        parts += [str(CreateIndex(index).compile(dialect=dialect)).strip() for index in indexes]
        lines = "\n".join(f"{part};" for part in parts).replace("\t", "    ")
        statements.append("\n".join(line.rstrip() for line in lines.splitlines()) + "\n")
    return "\n".join(statements)


if __name__ == "__main__":
    print(schema_sql(), end="")
