"""What InfluxDB's answers mean, told by a server that says exactly what the test wants."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pytest

from foreworn.errors import ConfigurationError, ForewornError, StoreRejected, StoreUnavailable
from foreworn.storage.telemetry.influx_http import LINES_PER_BODY, InfluxConnection

PROOF = "name,tags,name\ndatabases,,first\n"
SCHEMA = pa.schema([("time", pa.timestamp("ms", "UTC")), ("c0", pa.float64())])


class Server(ThreadingHTTPServer):
    """Gives the same answer to every request, and remembers their bodies."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.body, self.json_body = 204, b"", b""
        self.headers: dict[str, str] = {}
        self.pause = 0.0
        self.most_lines: int | None = None
        self.received: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.received.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
        time.sleep(server.pause)
        json_is_asked = self.headers["Accept"] == "application/json"
        body = server.json_body if json_is_asked and server.json_body else server.body
        too_large = server.most_lines is not None and server.received[-1].count(b"\n") > server.most_lines
        self.send_response(413 if too_large else server.status)
        for name, value in {"Content-Length": str(len(body)), **server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def influx(server: Server) -> Iterator[InfluxConnection]:
    connection = InfluxConnection(url=server.url, org="o", bucket="b", token="t", timeout=timedelta(seconds=0.5))
    yield connection
    connection.close()


CALLS: list[Callable[[InfluxConnection], object]] = [
    pytest.param(lambda influx: influx.write(["m f=1 1"], precision="ms"), id="a write"),  # type: ignore[list-item]
    pytest.param(lambda influx: influx.rows("SELECT", 1, SCHEMA), id="a read of rows"),  # type: ignore[list-item]
    pytest.param(lambda influx: influx.series(["SHOW X"]), id="a small read"),  # type: ignore[list-item]
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, StoreRejected),
        (413, StoreRejected),
        (422, StoreRejected),
        (401, ConfigurationError),
        (301, ConfigurationError),
        (403, ConfigurationError),
        (404, ConfigurationError),
        (408, StoreUnavailable),
        (429, StoreUnavailable),
        (500, StoreUnavailable),
        (503, StoreUnavailable),
    ],
)
def test_a_refusal_says_whether_to_retry_to_give_up_or_to_ask_a_person(
    server: Server, influx: InfluxConnection, status: int, error: type[ForewornError], call: Callable[..., object]
) -> None:
    server.status, server.body = status, b'{"code":"x","message":"because of the weather"}'
    with pytest.raises(error, match="because of the weather"):
        call(influx)


def test_a_refusal_in_plain_text_is_shown_as_it_is(server: Server, influx: InfluxConnection) -> None:
    server.status, server.body = 502, b"<html>bad gateway</html>"
    with pytest.raises(StoreUnavailable, match="bad gateway"):
        influx.write(["m f=1 1"], precision="ms")


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        pytest.param({"Retry-After": "7"}, 7, 7, id="seconds"),
        pytest.param({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(hours=1))}, 3000, 3600, id="a date"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 1, 1, id="a date gone by"),
        pytest.param({"Retry-After": "soon"}, 1, 1, id="something else"),
        pytest.param({}, 1, 1, id="nothing"),
    ],
)
@pytest.mark.parametrize("call", CALLS)
def test_the_server_says_how_long_to_wait(
    server: Server, influx: InfluxConnection, header: dict[str, str], low: int, high: int, call: Callable[..., object]
) -> None:
    server.status, server.headers = 429, header
    with pytest.raises(StoreUnavailable) as caught:
        call(influx)
    assert low <= caught.value.retry_after.total_seconds() <= high


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_takes_too_long_is_unavailable(
    server: Server, influx: InfluxConnection, call: Callable[..., object]
) -> None:
    server.pause = 0.8
    with pytest.raises(StoreUnavailable):
        call(influx)


def test_lines_go_in_bodies_of_a_good_size(server: Server, influx: InfluxConnection) -> None:
    lines = [f"m f={i} {i}" for i in range(2 * LINES_PER_BODY + 1)]
    influx.write(iter(lines), precision="ms")
    assert [body.count(b"\n") for body in server.received] == [LINES_PER_BODY, LINES_PER_BODY, 1]
    assert b"".join(server.received).decode().splitlines() == lines


def test_a_body_that_is_too_large_goes_in_halves_between_lines(server: Server, influx: InfluxConnection) -> None:
    server.most_lines = 3
    lines = [f'm text="{i}: x" {i}' for i in range(10)]
    influx.write(lines, precision="ms")
    taken = [body for body in server.received if body.count(b"\n") <= 3]
    assert b"".join(taken).decode().splitlines() == lines


def test_a_line_that_alone_is_too_large_is_rejected(server: Server, influx: InfluxConnection) -> None:
    server.most_lines, server.body = 0, b"entity too large"
    with pytest.raises(StoreRejected, match="entity too large"):
        influx.write(["m f=1 1"], precision="ms")


def test_success_that_is_not_influxdbs_own_proves_nothing(server: Server, influx: InfluxConnection) -> None:
    server.status, server.body = 200, b"<html>please log in</html>"
    with pytest.raises(StoreUnavailable, match="please log in"):
        influx.write(["m f=1 1"], precision="ms")


def test_nothing_to_write_asks_nothing(server: Server, influx: InfluxConnection) -> None:
    influx.write([], precision="ms")
    assert server.received == []


def test_rows_end_where_the_proof_begins(server: Server, influx: InfluxConnection) -> None:
    server.status, server.body = 200, b"name,tags,time,c0\nm,,1000,1.5\nm,,2000,\n\n" + PROOF.encode()
    assert influx.rows("SELECT", 1, SCHEMA)["c0"].to_pylist() == [1.5, None]


def test_no_rows_and_a_proof_is_an_empty_table(server: Server, influx: InfluxConnection) -> None:
    server.status, server.body = 200, PROOF.encode()
    assert influx.rows("SELECT", 1, SCHEMA).to_pylist() == []


@pytest.mark.parametrize("count", [0, 1, 400_000])
@pytest.mark.parametrize(
    ("told", "why"),
    [
        pytest.param(b'{"results":[{"error":"out of time"}]}', "out of time", id="the reason is asked for"),
        pytest.param(b'{"results":[{}]}', "without its proof", id="there may be none"),
        pytest.param(b"sorry", "does not answer as InfluxDB does", id="or no sense in it"),
    ],
)
def test_rows_without_a_proof_are_an_error_however_many(
    server: Server, influx: InfluxConnection, count: int, told: bytes, why: str
) -> None:
    head = b"name,tags,time,c0\n" if count else b""
    server.status, server.body, server.json_body = 200, head + b"m,,1000,1.5\n" * count, told
    with pytest.raises(StoreUnavailable, match=why):
        influx.rows("SELECT", 1, SCHEMA)


def test_an_answer_that_breaks_off_is_unavailable(server: Server, influx: InfluxConnection) -> None:
    server.status, server.body = 200, b"name,tags,time,c0\nm,,1000,1.5\n"
    server.headers = {"Content-Length": "5000"}
    with pytest.raises(StoreUnavailable):
        influx.rows("SELECT", 1, SCHEMA)


def test_a_statement_that_fails_among_others_is_an_error(server: Server, influx: InfluxConnection) -> None:
    server.status, server.body = 200, b'{"results":[{"statement_id":0},{"statement_id":1,"error":"not executed"}]}'
    with pytest.raises(StoreUnavailable, match="not executed"):
        influx.series(["SHOW A", "SHOW B"])


def test_an_address_that_is_none_names_the_setting() -> None:
    with pytest.raises(ConfigurationError, match="influx://"):
        InfluxConnection(url="http://[::1", org="o", bucket="b", token="t", timeout=timedelta(seconds=1)).series(["X"])
