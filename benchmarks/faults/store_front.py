"""An HTTP server before InfluxDB that passes writes on, or answers as a store in trouble would."""

import gzip
import http.client
import json
import select
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from benchmarks.faults.ledger import Key

_PASSED_ON = ("Authorization", "Content-Type", "Content-Encoding", "Accept", "Accept-Encoding")
_UPSTREAM_TIMEOUT = 20.0
_LONGEST_HOLD = 60.0
_HANDED_BACK = ("Content-Type", "Content-Encoding")
ONE_IN: Final = 40
"""Of so many readings the store refuses one, while it refuses any."""


class Trouble(Enum):
    """How the store answers writes."""

    NONE = "none"
    TOO_MANY = "429"
    BROKEN = "500"
    OVERLOADED = "503"
    PART_400 = "400_part"
    """Refuses a body for one bad line, and stores nothing of it."""
    PART_422 = "422_part"
    """Refuses a body for one bad line, and stores the rest."""
    TIMEOUT = "timeout"
    """Does not answer; has stored the body, or not."""
    CUT = "cut"
    """Closes the connection instead of answering; has stored the body, or not."""


_STATUS = {Trouble.TOO_MANY: 429, Trouble.BROKEN: 500, Trouble.OVERLOADED: 503}


class StoreFront:
    """Stands between collector and InfluxDB.

    Parameters
    ----------
    target
        InfluxDB's port.
    on_written
        Called with each body as it came, once InfluxDB has taken it and before the client hears of it.
    """

    def __init__(self, target: int, *, on_written: Callable[[bytes], None] = lambda body: None) -> None:
        self.target = target
        self.on_written = on_written
        self.trouble = Trouble.NONE
        self.troubled: Counter[Trouble] = Counter()
        """Writes that met each trouble, counted by what the client saw."""
        self.refused: set[Key] = set()
        """Readings this store refuses, and goes on refusing."""
        self.turn = 0
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Listen no more."""
        self.trouble = Trouble.NONE
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, front: StoreFront) -> None:
        self.front = front
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that leave in the middle are what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._relay("GET", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.path.startswith("/api/v2/write"):
            self._relay("POST", body)
            return
        front = self.server.front
        trouble, front.turn = front.trouble, front.turn + 1
        bad = self._refused(body, trouble)
        if bad:
            self._refuse_part(body, bad, trouble)
        elif trouble in _STATUS:
            self._answer_trouble(trouble)
        elif trouble is Trouble.TIMEOUT:
            self._hold(body)
        elif trouble is Trouble.CUT:
            self._cut(body)
        else:
            self._write(body)

    def _write(self, body: bytes) -> None:
        status, answer, headers = self._upstream("POST", body)
        if status == HTTPStatus.NO_CONTENT:
            self.server.front.on_written(body)
        self._answer(status, answer, headers)

    def _answer_trouble(self, trouble: Trouble) -> None:
        front = self.server.front
        headers = {"Retry-After": "1"} if front.turn % 2 else {}
        front.troubled[trouble] += 1
        self._answer(_STATUS[trouble], json.dumps({"code": "trouble", "message": trouble.value}).encode(), headers)

    def _hold(self, body: bytes) -> None:
        front = self.server.front
        if front.turn % 2:
            self._upstream("POST", body)
        deadline = time.monotonic() + _LONGEST_HOLD
        while time.monotonic() < deadline:
            if select.select([self.connection], [], [], 0.05)[0]:  # it left: it has nothing to say before an answer
                front.troubled[Trouble.TIMEOUT] += 1
                break
        self.close_connection = True

    def _cut(self, body: bytes) -> None:
        front = self.server.front
        if front.turn % 2:
            self._upstream("POST", body)
        front.troubled[Trouble.CUT] += 1
        self.close_connection = True

    def _refused(self, body: bytes, trouble: Trouble) -> list[bytes]:
        """Return the lines of the body that the store refuses; new ones only while it is in that trouble."""
        front = self.server.front
        if trouble not in (Trouble.PART_400, Trouble.PART_422) and not front.refused:
            return []
        bad = []
        for line in self._lines(body):
            key = _key(line)
            if key is None:
                continue
            if (trouble.value.endswith("part") and refuses(line)) or key in front.refused:
                front.refused.add(key)
                bad.append(line)
        return bad

    def _refuse_part(self, body: bytes, bad: list[bytes], trouble: Trouble) -> None:
        front = self.server.front
        trouble = trouble if trouble.value.endswith("part") else Trouble.PART_422
        front.troubled[trouble] += 1
        if trouble is Trouble.PART_400:
            self._answer(400, b'{"code":"invalid","message":"unable to parse a line"}', {})
            return
        good = [line for line in self._lines(body) if line not in set(bad)]
        status = 204
        if good:
            status, answer, _ = self._upstream("POST", b"\n".join(good), plain=True)
        if status == 204:
            answer = b'{"code":"unprocessable entity","message":"partial write: points beyond retention policy"}'
            status = 422
        self._answer(status, answer, {})

    def _lines(self, body: bytes) -> list[bytes]:
        text = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        return [line for line in text.split(b"\n") if line]

    def _relay(self, method: str, body: bytes) -> None:
        status, answer, headers = self._upstream(method, body)
        self._answer(status, answer, headers)

    def _upstream(self, method: str, body: bytes, *, plain: bool = False) -> tuple[int, bytes, dict[str, str]]:
        """Ask InfluxDB; where it does not answer, break the connection as it did."""
        headers = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        if plain:
            headers.pop("Content-Encoding", None)
        upstream = http.client.HTTPConnection("127.0.0.1", self.server.front.target, timeout=_UPSTREAM_TIMEOUT)
        try:
            upstream.request(method, self.path, body, headers)
            answer = upstream.getresponse()
            told = {name: value for name, value in answer.headers.items() if name in _HANDED_BACK}
            return answer.status, answer.read(), told
        finally:
            upstream.close()

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)


def refuses(line: bytes) -> bool:
    """Tell whether a store that refuses any refuses this line, now and always."""
    return zlib.crc32(repr(_key(line)).encode()) % ONE_IN == 0


def _key(line: bytes) -> Key | None:
    """Return which reading a line is, or None if it is none."""
    head, _, rest = line.partition(b" ")
    if not head.startswith(b"telemetry,device="):
        return None
    return head.removeprefix(b"telemetry,device=").decode(), int(rest.rsplit(b" ", 1)[1])
