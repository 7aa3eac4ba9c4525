"""How we speak to InfluxDB: bodies of lines in, InfluxQL out, and what its refusals mean."""

import email.utils
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, cast
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.csv
import urllib3
from influxdb_client.rest import ApiException
from isal import igzip

from foreworn.errors import ConfigurationError, StoreRejected, StoreUnavailable

STORE = "InfluxDB"
LINES_PER_BODY = 10_000
_COMPRESSION = 1
_SOON = timedelta(milliseconds=50)  # a connection that broke is often back at once
_ROWS_PER_CHUNK = 10_000
_BLOCK = 4 * 1024 * 1024
# The proof of completion lists the databases; this is room for some ten thousand of them.
_LONGEST_PROOF = 1024 * 1024
# A statement that fails ends a CSV answer without a word and with status 200, and those after it are not executed:
# only an answer that ends with the answer to this one is whole.
_PROOF = "SHOW DATABASES"
_PROOF_BEGINS = b"name,tags,name\ndatabases,,"


class InfluxConnection:
    """One bucket of one InfluxDB, read as a database of that name; threads may share it."""

    def __init__(self, *, url: str, org: str, bucket: str, token: str, timeout: timedelta) -> None:
        self._url, self._org, self._bucket = url.rstrip("/"), org, bucket
        seconds = timeout.total_seconds()
        self._pool = urllib3.PoolManager(
            headers={"Authorization": f"Token {token}"}, timeout=seconds, retries=False, maxsize=8
        )

    def write(self, lines: Iterable[str], *, precision: str) -> None:
        """Write lines, given without their ends; see `write_lines`."""
        self.write_lines(pa.array([f"{line}\n" for line in lines], pa.string()), precision=precision)

    def write_lines(self, lines: pa.StringArray, *, precision: str) -> None:
        """Write lines, each with its end, in bodies of `LINES_PER_BODY`, each durable when its call returns.

        A body that is too large for the server goes in halves.

        Raises
        ------
        ConfigurationError
            If the token is refused, or bucket, organisation or address are wrong.
        StoreRejected
            If the server will never take what was sent; some of it may be stored.
        StoreUnavailable
            If it cannot now.
        """
        for first in range(0, len(lines), LINES_PER_BODY):
            self._post(lines.slice(first, LINES_PER_BODY), precision)

    def rows(self, select: str, width: int, schema: pa.Schema, *, epoch: str = "ms") -> pa.Table:
        """Return the rows of one SELECT as they stream in.

        Parameters
        ----------
        select
            The statement, as `influxql.select` writes it.
        width
            How many columns it selects: c0, c1, ...; before them come InfluxDB's `name`, `tags` and `time`.
        schema
            Which of all these to return, and their types.
        epoch
            The unit of `time`.

        Raises
        ------
        StoreUnavailable
            If the statement failed.
        """
        try:
            return self._proven_rows(select, width, schema, epoch)
        except _Unproven:
            # CSV does not tell why a statement failed, JSON does.
            self.series([f"{select} LIMIT 1"])
            raise StoreUnavailable(STORE, "an answer ended without its proof of completion") from None

    def series(self, statements: Sequence[str], *, epoch: str = "ms") -> list[list[dict[str, Any]]]:
        """Return the series of each of some small statements.

        Raises
        ------
        StoreUnavailable
            If a statement failed.
        """
        with self._answer("; ".join(statements), epoch, csv=False) as answer:
            try:
                results = json.loads(answer.read())["results"]
            except (ValueError, KeyError, TypeError) as error:
                raise StoreUnavailable(STORE, f"{self._url} does not answer as InfluxDB does") from error
        for said in (result["error"] for result in results if "error" in result):
            if said.startswith("database not found"):
                raise ConfigurationError(_no_such(self._url, f"bucket {self._bucket!r} not found"))
            raise StoreUnavailable(STORE, f"a query failed: {said}")
        return [result.get("series", []) for result in results]

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def _post(self, lines: pa.StringArray, precision: str) -> None:
        told = {"org": self._org, "bucket": self._bucket, "precision": precision}
        with translated(self._url, self._bucket):
            answer = self._pool.request(
                "POST",
                f"{self._url}/api/v2/write?{urlencode(told)}",
                body=igzip.compress(_body(lines), _COMPRESSION),
                headers={**self._pool.headers, "Content-Encoding": "gzip", "Content-Type": "text/plain; charset=utf-8"},
            )
        if answer.status == 413 and len(lines) > 1:
            middle = len(lines) // 2
            self._post(lines.slice(0, middle), precision)
            self._post(lines.slice(middle), precision)
        elif answer.status != 204:
            _raise(answer.status, _said(answer.data), answer.headers, self._url, self._bucket)

    def _proven_rows(self, select: str, width: int, schema: pa.Schema, epoch: str) -> pa.Table:
        with self._answer(f"{select}; {_PROOF}", epoch, csv=True) as answer:
            body = _ProvenBody(answer)
            if body.is_empty():
                return schema.empty_table()
            batches = pyarrow.csv.open_csv(
                pa.PythonFile(body, mode="r"),
                read_options=pyarrow.csv.ReadOptions(
                    column_names=["name", "tags", "time", *(f"c{i}" for i in range(width))],
                    skip_rows=1,
                    block_size=_BLOCK,
                ),
                parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=_as_written(schema),
                    include_columns=schema.names,
                    null_values=[""],
                    strings_can_be_null=True,
                ),
            )
            return pa.Table.from_batches(batches, _as_written(schema)).cast(schema)

    @contextmanager
    def _answer(self, statements: str, epoch: str, *, csv: bool) -> Iterator[urllib3.BaseHTTPResponse]:
        asked = {"db": self._bucket, "q": statements, "epoch": epoch}
        if csv:
            asked |= {"chunked": "true", "chunk_size": str(_ROWS_PER_CHUNK)}
        accept = "application/csv" if csv else "application/json"
        with translated(self._url, self._bucket):
            # In the body, because a list of devices can be longer than an address may be.
            answer = self._pool.request(
                "POST",
                f"{self._url}/query",
                fields=asked,
                encode_multipart=False,
                headers={**self._pool.headers, "Accept": accept},
                preload_content=False,
            )
            try:
                if answer.status != 200:
                    _raise(answer.status, _said(answer.data), answer.headers, self._url, self._bucket)
                yield answer
            finally:
                answer.close()
                answer.release_conn()


class _Unproven(Exception):
    """An answer ended without its proof of completion."""


class _ProvenBody(io.RawIOBase):
    """The CSV rows of an answer without the proof at its end; reading past the end without proof raises."""

    def __init__(self, answer: urllib3.BaseHTTPResponse) -> None:
        self._answer = answer
        self._held = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def is_empty(self) -> bool:
        """Tell whether the answer has no rows."""
        self._fill()
        return self._ended and not self._held

    def read(self, size: int = -1) -> bytes:
        self._fill()
        sure = len(self._held) if self._ended else len(self._held) - _LONGEST_PROOF
        end = sure if size < 0 else min(size, sure)
        given, self._held = self._held[:end], self._held[end:]
        return given

    def _fill(self) -> None:
        while not self._ended and len(self._held) <= _LONGEST_PROOF:
            block = self._answer.read(_BLOCK)
            self._held += block
            if not block:
                self._ended = True
                self._held = _without_proof(self._held)


def _as_written(schema: pa.Schema) -> pa.Schema:
    """Return the types as they stand in the CSV: times are whole numbers there."""
    return pa.schema([(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in schema])


def _without_proof(body: bytes) -> bytes:
    begins = body.rfind(_PROOF_BEGINS)
    if begins < 0:
        raise _Unproven
    return body[:begins].removesuffix(b"\n")


def _body(lines: pa.StringArray) -> memoryview:
    """Return the texts one after the other, as they lie in memory."""
    _, offsets, texts = lines.buffers()
    bounds = memoryview(offsets).cast("i")
    return memoryview(texts)[bounds[lines.offset] : bounds[lines.offset + len(lines)]]


@contextmanager
def translated(url: str, bucket: str) -> Iterator[None]:
    """Turn what the client raises into our errors.

    Raises
    ------
    ConfigurationError
        If the token is refused, or bucket, organisation or address are wrong.
    StoreRejected
        If the server will never take what was sent (400, 413, 422).
    StoreUnavailable
        If it cannot now: it does not answer in time, or says so (429, 5xx).
    """
    try:
        yield
    except ApiException as error:
        _raise(int(error.status or 0), _said(error.body), error.headers or {}, url, bucket, error)
    except urllib3.exceptions.LocationParseError as error:
        raise ConfigurationError(f"{url!r} is not an address: write influx://HOST:PORT/BUCKET?org=ORG") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreUnavailable(STORE, f"{url}: {error}", retry_after=_SOON) from error


def _raise(
    status: int, said: str, headers: Mapping[str, str], url: str, bucket: str, cause: Exception | None = None
) -> NoReturn:
    if status in (401, 403):
        raise ConfigurationError(
            f"InfluxDB at {url} refuses the token for bucket {bucket!r} ({said}): set FOREWORN_STORE__INFLUX_TOKEN "
            "to a token that may read and write it"
        ) from cause
    if status == 404:
        raise ConfigurationError(_no_such(url, said)) from cause
    if 300 <= status < 400:
        raise ConfigurationError(
            f"{url} sends us on to {headers.get('Location', 'nowhere')} ({said}): name InfluxDB's own address"
        ) from cause
    # Success of another kind than InfluxDB's comes from something in between: nothing says that the lines are stored.
    if status in (408, 425, 429) or status < 300 or status >= 500:
        raise StoreUnavailable(STORE, f"HTTP {status}: {said}", retry_after=_pause(headers)) from cause
    raise StoreRejected(STORE, f"HTTP {status}: {said}") from cause


def _no_such(url: str, said: str) -> str:
    return f"InfluxDB at {url}: {said}: create it, or name another in FOREWORN_STORE__TELEMETRY"


def _said(body: bytes | str | None) -> str:
    try:
        return str(cast(dict[str, object], json.loads(body or ""))["message"])
    except (ValueError, KeyError, TypeError):
        return (body.decode(errors="replace") if isinstance(body, bytes) else body or "no reason given")[:500]


def _pause(headers: Mapping[str, str]) -> timedelta:
    """Return how long a Retry-After header asks to wait, in seconds or until a date; a second where it is absent."""
    asked = headers.get("Retry-After", "")
    if asked.isdecimal():
        return timedelta(seconds=int(asked))
    try:
        return max(email.utils.parsedate_to_datetime(asked) - datetime.now(UTC), timedelta(seconds=1))
    except (ValueError, TypeError):
        return timedelta(seconds=1)
