"""Real servers for tests: InfluxDB, Mosquitto and PostgreSQL on free ports, in folders of their own.

A server's programme is found by an environment variable, on PATH, or where Debian puts it. Where there is
none the test is skipped with the reason; with `CI=true` it fails instead.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

STARTS_WITHIN = 30.0
STOPS_WITHIN = 15.0
SHARD_GROUP = timedelta(days=7)


def programme(name: str, variable: str, *folders: str) -> str:
    """Return the path of a server's programme, or skip (fail under CI) with the reason."""
    chosen = os.environ.get(variable)
    if chosen:
        return chosen
    debian = [str(f) for folder in folders for f in sorted(Path("/").glob(folder.lstrip("/")), reverse=True)]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(debian))
    if found is None:
        _missing(f"no {name} on PATH: install it, or set {variable} to its programme")
    return found


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """Return a TCP port nobody listens on at the moment."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def until(answers: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server answers.

    Raises
    ------
    RuntimeError
        If it exits or stays silent; the message ends with its log.
    """
    deadline = time.monotonic() + STARTS_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        if answers():
            return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


class _Server:
    """One server process that can be stopped, killed and started again on the same port and folder."""

    _stop_signal = signal.SIGTERM
    _user: str | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = "127.0.0.1"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def start(self) -> None:
        """Start it, again if it was stopped or killed, and wait until it answers."""
        log = self.folder / "server.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                self._command(), stdout=out, stderr=subprocess.STDOUT, user=self._user, cwd="/"
            )
        try:
            until(self._answers, self._process, log)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to end and wait; a server that does not end is killed."""
        self._end(self._stop_signal)

    def kill(self) -> None:
        """Kill it as a power cut would (kill -9)."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: it keeps its connections and answers nobody."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        return listens(self.port)


class InfluxServer(_Server):
    """An InfluxDB 2 with one organisation and one all-powerful token."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.org = "foreworn-tests"
        self.token = uuid.uuid4().hex
        self.url = f"http://127.0.0.1:{self.port}"
        self._programme = programme("influxd", "TEST_INFLUXD")
        self._org_id = ""

    def start(self) -> None:
        """Start it; the first time also set up organisation and token."""
        super().start()
        if not self._org_id:
            setup = {"username": "tests", "password": uuid.uuid4().hex, "org": self.org, "bucket": "first"}
            answer = self.call("POST", "/api/v2/setup", {**setup, "token": self.token})
            self._org_id = answer["org"]["id"]

    def new_bucket(self, *, shard_group: timedelta = SHARD_GROUP, retention: timedelta = timedelta(0)) -> str:
        """Make an empty bucket (a retention of 0 keeps everything) and return its name."""
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        rule = {
            "type": "expire",
            "everySeconds": int(retention.total_seconds()),
            "shardGroupDurationSeconds": int(shard_group.total_seconds()),
        }
        self.call("POST", "/api/v2/buckets", {"orgID": self._org_id, "name": name, "retentionRules": [rule]})
        return name

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call the HTTP API with the token and return the JSON answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
        return dict(json.loads(content)) if content else {}

    def _command(self) -> Sequence[str]:
        places = {"--bolt-path": "influxd.bolt", "--sqlite-path": "influxd.sqlite", "--engine-path": "engine"}
        return [
            self._programme,
            *(part for option, name in places.items() for part in (option, str(self.folder / name))),
            *("--http-bind-address", f"127.0.0.1:{self.port}", "--reporting-disabled", "--log-level", "error"),
        ]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class MosquittoServer(_Server):
    """A Mosquitto broker that keeps its queues in its folder."""

    def __init__(self, folder: Path, extra: Sequence[str] = (), *, anonymous: bool = True) -> None:
        super().__init__(folder)
        self._programme = programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
        self._config = folder / "mosquitto.conf"
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'true' if anonymous else 'false'}",
            "persistence true",
            f"persistence_location {folder}/",
            "max_inflight_messages 1000",
            "max_queued_messages 0",
            *(["user root"] if os.geteuid() == 0 else []),
            *extra,
        ]
        self._config.write_text("\n".join(lines) + "\n")

    def _command(self) -> Sequence[str]:
        return [self._programme, "-c", str(self._config)]


class PostgresServer(_Server):
    """A PostgreSQL that trusts everybody on the loopback address."""

    _stop_signal = signal.SIGINT  # cuts open sessions; SIGTERM would wait for them

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        found = programme("postgres", "TEST_POSTGRES", "/usr/lib/postgresql/*/bin")
        self._programmes = Path(found).resolve().parent
        self._user = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root

    def start(self) -> None:
        """Start it; the first time also make the cluster."""
        if not (self.folder / "data").exists():
            if self._user:
                shutil.chown(self.folder, self._user)
            self._run("initdb", "-D", str(self.folder / "data"), "-A", "trust", "-E", "UTF8", "--no-sync")
        super().start()

    def new_database(self) -> str:
        """Make an empty database and return its SQLAlchemy address."""
        name = f"tests_{uuid.uuid4().hex[:12]}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), name)
        return f"postgresql+psycopg://foreworn@127.0.0.1:{self.port}/{name}"

    def _command(self) -> Sequence[str]:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        return [
            *(str(self._programmes / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)),
            *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
        ]

    def _answers(self) -> bool:
        ready = [str(self._programmes / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def _run(self, name: str, *arguments: str) -> None:
        command = [str(self._programmes / name), "-U", "foreworn", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, user=self._user, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
