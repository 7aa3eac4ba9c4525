"""What only the store in a file does: one owner, threads, types that stay, and a disk that can be full."""

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from foreworn.errors import ConfigurationError
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.telemetry.sample import Event, LogLine, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from tests.telemetry_stores import ALWAYS, CATALOGUE, at, batch, sample

HOLD = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


def test_what_was_written_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    first = DuckTelemetryStore(tmp_path / "new folder" / "t.duckdb", CATALOGUE)
    written = TelemetryBatch(
        (sample("p1", 1, flow=1.0, strokes=2),), (Event("p1", at(1), "E1"),), (LogLine("p1", at(1), "info", "x"),)
    )
    first.write(written)
    before = first.samples(*ALWAYS), first.events(*ALWAYS), first.logs(*ALWAYS)
    first.close()
    second = DuckTelemetryStore(tmp_path / "new folder" / "t.duckdb", CATALOGUE)
    second.write(written)
    after = second.samples(*ALWAYS), second.events(*ALWAYS), second.logs(*ALWAYS)
    assert all(a.equals(b) for a, b in zip(before, after, strict=True))
    second.close()


def test_a_file_that_another_process_has_names_that_process(tmp_path: Path) -> None:
    file = tmp_path / "t.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(ConfigurationError, match=rf"process {holder.pid} .*stop that process, or use its API"):
            DuckTelemetryStore(file, CATALOGUE)
        holder.communicate()


def test_a_file_of_another_kind_is_a_wrong_setting(tmp_path: Path) -> None:
    file = tmp_path / "t.duckdb"
    file.write_text("time,device,flow\n" * 1000)
    with pytest.raises(ConfigurationError, match="FOREWORN_STORE__TELEMETRY"):
        DuckTelemetryStore(file, CATALOGUE)
    with pytest.raises(ConfigurationError, match="FOREWORN_STORE__TELEMETRY"):
        DuckTelemetryStore(file / "below a file", CATALOGUE)


def test_a_signal_that_the_file_keeps_as_another_type_is_a_wrong_setting(tmp_path: Path) -> None:
    file = tmp_path / "t.duckdb"
    store = DuckTelemetryStore(file, CATALOGUE)
    store.write(batch(sample("p1", 1, flow=1.0)))
    other = SignalCatalogue({"*": [Signal("flow", type=SignalType.STATE)]})
    with pytest.raises(ConfigurationError, match=r"flow.*DOUBLE.*VARCHAR"):
        store.use(other)
    store.write(batch(sample("p1", 2, flow=2.0)))
    store.close()
    with pytest.raises(ConfigurationError, match="flow"):
        DuckTelemetryStore(file, other)
    DuckTelemetryStore(file, CATALOGUE).close()


def test_threads_write_and_read_at_the_same_time(tmp_path: Path) -> None:
    store = DuckTelemetryStore(tmp_path / "t.duckdb", CATALOGUE)
    failed: list[BaseException] = []
    signals = ("flow", "pressure", "strokes", "level")

    def attempt(work: int) -> None:
        try:
            for i in range(20):
                # Every thread brings a column of its own, and all touch the same samples.
                store.write(batch(*(sample("p1", j, **{signals[work]: i}) for j in range(10))))
                assert len(store.samples(*ALWAYS)) == 10
                store.last()
                store.windows(*ALWAYS, timedelta(hours=1))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=attempt, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert store.samples(*ALWAYS, signals=signals).slice(0, 1).to_pylist() == [
        {"time": at(0), "device": "p1", "flow": 19.0, "pressure": 19.0, "strokes": 19, "level": 19}
    ]
    store.close()


def test_the_file_may_be_read_with_plain_sql(tmp_path: Path) -> None:
    store = DuckTelemetryStore(tmp_path / "t.duckdb", CATALOGUE)
    store.write(batch(sample("p1", 1, flow=1.5, mode="run")))
    store.close()
    with duckdb.connect(str(tmp_path / "t.duckdb"), read_only=True) as plain:
        rows = plain.execute("SELECT time, device, flow, mode FROM telemetry").fetchall()
    assert rows == [(at(1).replace(tzinfo=None), "p1", 1.5, "run")]


FILL = """
import resource, signal, sys
from pathlib import Path
from foreworn.errors import StoreUnavailable
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from tests.telemetry_stores import ALWAYS, CATALOGUE, batch, sample

store = DuckTelemetryStore(Path(sys.argv[1]), CATALOGUE)
store.write(batch(sample("p1", 0, flow=1.0)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limit[1]))
kept = 1
try:
    for i in range(1, 1000):
        store.write(batch(*(sample(f"q{i}", j, flow=i / 7 + j, pressure=j / 3, mode=f"{i} {j}") for j in range(500))))
        kept += 500
    print("never full")
except StoreUnavailable:
    print("full")
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
try:
    store.write(batch(sample("after", 0, flow=1.0)))
    print("goes on", store.count_samples(*ALWAYS) - kept - 1)
except StoreUnavailable as error:
    print("stays unavailable", str(error)[:300])
print(kept)
"""


def test_a_full_disk_is_unavailable_and_what_was_acknowledged_is_there_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "t.duckdb"
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(file)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    first, again, kept = done.stdout.splitlines()
    assert (first, again) == ("full", "goes on 0")
    store = DuckTelemetryStore(file, CATALOGUE)
    assert store.count_samples(*ALWAYS) == int(kept) + 1
    store.close()
