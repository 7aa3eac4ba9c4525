"""Who takes a load in: Foreworn's collectors, and Telegraf."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final, Protocol

from benchmarks.faults.collector_process import CollectorProcess, stands_still
from benchmarks.ingest.bench import IN_FLIGHT, Bench, last_word, send, until
from benchmarks.ingest.content import check_count, check_same, devices_of, in_influx, in_lines, in_spool, said
from simulators.load.ledger import Ledger
from tests.servers import MosquittoServer

_SUBSCRIBED = b"Connected"
_STOPS_WITHIN = 20.0


class Contender(Protocol):
    """A collector that has been started and is subscribed."""

    @property
    def pid(self) -> int:
        """Its process."""
        ...

    def wait_for(self, rows: int) -> None:
        """Return once it has put this many rows, from its start on, where they are to go."""
        ...

    def verify(self, sent: Sequence[Ledger]) -> None:
        """End it, and raise `RuntimeError` unless what was sent, and nothing else, is where it is to be."""
        ...

    def close(self) -> None:
        """End it, whatever has become of it."""
        ...


def pause(contender: Contender) -> None:
    """Stop it in its tracks, so that what is sent waits in the broker."""
    os.kill(contender.pid, signal.SIGSTOP)


def resume(contender: Contender) -> None:
    """Let it go on."""
    os.kill(contender.pid, signal.SIGCONT)


class ForewornCollector:
    """`foreworn collect`.

    Parameters
    ----------
    bench, broker
        Where it runs, and whom it listens to.
    kind
        `bulk` or `paho`.
    to_store
        Whether rows are to go on into InfluxDB; otherwise InfluxDB stands still and they are to be in the spool.
    store_port
        Where InfluxDB is found, where that is not its own port.
    settings
        More of its settings.
    """

    def __init__(
        self,
        bench: Bench,
        broker: MosquittoServer,
        kind: str,
        *,
        to_store: bool,
        store_port: int | None = None,
        settings: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._bench, self._broker, self._to_store = bench, broker, to_store
        self._folder = bench.new_folder()
        self._data = self._folder / "data"
        self._bucket = bench.influx.new_bucket()
        self._last: list[Ledger] = []
        bench.furnish(self._data)
        environment = self._settings(store_port or bench.influx.port) | dict(settings)
        command = (sys.executable, "-c", "from foreworn.cli import main; main()", "collect", "--collector", kind)
        self.process = CollectorProcess(
            environment, self._folder / "log", bytecode=bench.folder / "bytecode", command=command
        )
        self.process.start()
        self._freeze_store()

    @property
    def pid(self) -> int:
        """Its process."""
        process = self.process.pid
        if process is None:
            raise RuntimeError(f"the collector ended: {[exit.said for exit in self.process.exits]}")
        return process

    @property
    def spool(self) -> Path:
        """The spool's file."""
        return self._data / "spool.sqlite"

    def wait_for(self, rows: int) -> None:
        """Return once all that was sent is durable, and stored where it is to be."""
        if self._to_store:
            until(lambda: stored_rows(self._bench, self._bucket) >= rows, f"storing {rows} rows", every=0.25)
        else:
            self._last.append(send(last_word(self._broker.port, len(self._last) + 1)))

    def verify(self, sent: Sequence[Ledger]) -> None:
        """End it, and compare; what is said to be in the spool is there after a kill -9."""
        if self._to_store:
            code = self.process.stop()
            if code != 0:
                raise RuntimeError(f"the collector ended with code {code}")
            found = in_influx(self._bench.influx, self._bucket, devices_of(sent))
            check_count(found, stored_rows(self._bench, self._bucket))
        else:
            self.process.end()
            if not stands_still(self._bench.influx.pid):
                raise RuntimeError("somebody woke the store, so rows went on into it")
            found = in_spool(self.spool)
        try:
            check_same(found, said([*sent, *self._last]))
        except RuntimeError as error:
            raise RuntimeError(f"{error}; it gave up: {[exit.said for exit in self.process.exits]}") from error

    def close(self) -> None:
        """End it."""
        self.process.close()
        self._bench.influx.resume()

    def _freeze_store(self) -> None:
        if not self._to_store:
            self._bench.influx.pause()

    def _settings(self, store_port: int) -> dict[str, str]:
        influx = self._bench.influx
        return {
            "FOREWORN_DATA_DIR": str(self._data),
            "FOREWORN_MQTT__BROKER": "external",
            "FOREWORN_MQTT__PORT": str(self._broker.port),
            "FOREWORN_MQTT__IN_FLIGHT": str(IN_FLIGHT),
            "FOREWORN_STORE__TELEMETRY": f"influx://127.0.0.1:{store_port}/{self._bucket}?org={influx.org}",
            "FOREWORN_STORE__INFLUX_TOKEN": influx.token,
        }


def stored_rows(bench: Bench, bucket: str) -> int:
    """Return how many points of the measurement `telemetry` a bucket has."""
    influx = bench.influx
    query = urllib.parse.urlencode({"db": bucket, "q": 'SELECT count("vibration") FROM "telemetry"'})
    request = urllib.request.Request(
        f"{influx.url}/query?{query}", headers={"Authorization": f"Token {influx.token}", "Accept": "application/csv"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        lines = answer.read().decode().split()
    return int(lines[1].split(",")[-1]) if len(lines) > 1 else 0


class Telegraf:
    """Telegraf's `mqtt_consumer` with a persistent session.

    Parameters
    ----------
    bench, broker
        Where it runs, and whom it listens to.
    programme
        Its executable.
    to_store
        Whether rows go into InfluxDB, gzip; otherwise to a file.
    """

    def __init__(self, bench: Bench, broker: MosquittoServer, programme: Path, *, to_store: bool) -> None:
        self._bench = bench
        folder = bench.new_folder()
        self._rows = folder / "rows"
        self._counted, self._read = 0, 0
        self._bucket = bench.influx.new_bucket() if to_store else ""
        influx = bench.influx
        output = _FILE.substitute(file=self._rows)
        if to_store:
            output = _INFLUX.substitute(url=influx.url, token=influx.token, org=influx.org, bucket=self._bucket)
        (folder / "telegraf.conf").write_text(_INPUT.substitute(port=broker.port) + output)
        log = folder / "log"
        with log.open("wb") as out:
            call = [str(programme), "--config", str(folder / "telegraf.conf")]
            self._process = subprocess.Popen(call, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        until(lambda: _SUBSCRIBED in log.read_bytes(), "Telegraf's connection", within=30)
        time.sleep(0.5)  # between its connection and its subscription it says nothing

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def wait_for(self, rows: int) -> None:
        """Return once so many rows are written."""
        until(lambda: self._written() >= rows, f"Telegraf's writing {rows} rows", every=0.1)

    def verify(self, sent: Sequence[Ledger]) -> None:
        """End it, and compare."""
        self.close()
        influx = self._bench.influx
        found = in_influx(influx, self._bucket, devices_of(sent)) if self._bucket else in_lines(self._rows)
        check_count(found, self._written())
        check_same(found, said(sent))

    def close(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOPS_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _written(self) -> int:
        if self._bucket:
            return stored_rows(self._bench, self._bucket)
        if self._rows.exists():
            with self._rows.open("rb") as file:
                file.seek(self._read)
                content = file.read()
            self._read += len(content)
            self._counted += content.count(b"\n")
        return self._counted


def telegraf_version(programme: Path) -> str:
    """Return what it calls itself."""
    said = subprocess.run([programme, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Telegraf \d\S*", said)
    return found[0] if found else "Telegraf (of a build without a version)"


_INPUT: Final = Template("""\
[agent]
  interval = "1s"
  flush_interval = "1s"
  flush_jitter = "0s"
  metric_batch_size = 5000
  metric_buffer_limit = 200000
  precision = "1ms"
  omit_hostname = true
[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:$port"]
  topics = ["foreworn/v1/+/+/telemetry"]
  topic_tag = ""
  qos = 1
  persistent_session = true
  client_id = "peer"
  max_undelivered_messages = 10000
  data_format = "json_v2"
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "foreworn/v1/+/+/telemetry"
    measurement = "_/_/_/_/measurement"
    tags = "_/_/site/device/_"
  [[inputs.mqtt_consumer.json_v2]]
    timestamp_path = "ts"
    timestamp_format = "unix_ms"
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "seq"
      type = "int"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "values"
      disable_prepend_keys = true
""")
_FILE: Final = Template("""\
[[outputs.file]]
  files = ["$file"]
  data_format = "influx"
""")
_INFLUX: Final = Template("""\
[[outputs.influxdb_v2]]
  urls = ["$url"]
  token = "$token"
  organization = "$org"
  bucket = "$bucket"
  content_encoding = "gzip"
""")
