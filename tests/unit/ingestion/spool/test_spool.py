"""What is particular to the SQLite spool: durability, failing and full disks, older layouts, and how large it gets."""

import base64
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from foreworn.errors import SpoolFailed
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, Sample, Status, TelemetryBatch
from foreworn.telemetry.sample_columns import SampleColumns
from ingestion.spool.format import decode_batch, encode_batch
from ingestion.spool.spool import SqliteSpool
from tests.unit.ingestion.plant import DEVICE, NEW_YEAR, TELEMETRY, batch, sample

COMMIT_AND_DIE = """
import os, signal, sys
from pathlib import Path
from ingestion.spool.spool import SqliteSpool
from tests.unit.ingestion.plant import batch, sample
spool = SqliteSpool(Path(sys.argv[1]))
for hour in range(20):
    spool.commit(batch(sample(hour)))
os.kill(os.getpid(), signal.SIGKILL)
"""


FILL = """
import os, resource, signal, sys
from pathlib import Path
from foreworn.errors import SpoolFailed
from ingestion.spool.spool import SqliteSpool
from tests.unit.ingestion.plant import DEVICE, batch, sample
from tests.unit.ingestion.spool.test_spool import large

spool = SqliteSpool(Path(sys.argv[1]))
spool.commit(batch(sample(0)))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limit[1]))
kept = 1
try:
    while kept < 1000:
        spool.commit(large(50_000), {DEVICE: kept})
        kept += 1
except SpoolFailed:
    print(kept, len(spool.pending()))
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
try:
    spool.commit(batch(sample(1)))
except SpoolFailed:
    print("broken")
"""
FULL_AT = 20 * 4096
SQLITE_IOERR_FSYNC = sqlite3.SQLITE_IOERR | 4 << 8
LAYOUT_1 = base64.b64decode(
    "g6ViYXRjaISpdGVsZW1ldHJ5g6dzYW1wbGVzkoSmZGV2aWNlpnB1bXAtN6R0aW1l1v9pVbkApnZhbHVlc4GpdmlicmF0aW9uy0BEDMzMzMzN"
    "o3NlcQCEpmRldmljZaZwdW1wLTekdGltZdb/aVW5AKZ2YWx1ZXOCpnN0YXJ0c89AAAAAAAAAAKRtb2Rlo3J1bqNzZXHApmV2ZW50c5GGpmRl"
    "dmljZaZwdW1wLTekdGltZdb/aVW5AKRjb2RlokUxqHNldmVyaXR5pGluZm+nbWVzc2FnZaCjc2VxwKRsb2dzkKhzdGF0dXNlc5GFpmRldmlj"
    "ZaZwdW1wLTelc3RhdGWmb25saW5lpHRpbWXW/2lVuQCoZmlybXdhcmWjMS40qXdhbnRzX2Fja8OqcmVqZWN0aW9uc5CrcmVjZWl2ZWRfYXTW"
    "/2lVuQCncmVmdXNlZJGHq3JlY2VpdmVkX2F01v9pVbkApXRvcGlj2SFmb3Jld29ybi92MS93ZXN0L3B1bXAtNy90ZWxlbWV0cnmncGF5bG9h"
    "ZACmcmVhc29uqnVucmVhZGFibGWmZGV0YWlsp25vIEpTT06mZGV2aWNlwKZzaWduYWzAqHBheWxvYWRzkcQEanVuaw=="
)
WRITTEN_BY_LAYOUT_1 = IntakeBatch(
    TelemetryBatch(
        (sample(0), Sample(DEVICE, NEW_YEAR, {"starts": 2**62, "mode": "run"})), (Event(DEVICE, NEW_YEAR, "E1"),)
    ),
    (Status(DEVICE, "online", NEW_YEAR, "1.4", True),),
    (Rejection(NEW_YEAR, TELEMETRY, b"junk", "unreadable", "no JSON"),),
    NEW_YEAR,
)


def large(size: int) -> IntakeBatch:
    return IntakeBatch(rejections=(Rejection(NEW_YEAR, TELEMETRY, os.urandom(size), "unreadable", ""),))


def test_a_process_that_is_killed_after_commit_has_lost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    done = subprocess.run([sys.executable, "-c", COMMIT_AND_DIE, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with SqliteSpool(path) as spool:
        assert [b for _, b in spool.pending()] == [batch(sample(hour)) for hour in range(20)]


def test_a_commit_waits_for_the_disk(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        assert spool._file._writer.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert spool._file._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_spool_that_is_full_is_a_failure_and_keeps_what_was_committed(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite", most_bytes=FULL_AT) as spool:
        spool.commit(batch(sample(0)), {DEVICE: 0})
        with pytest.raises(SpoolFailed, match=r"free space on its disk.*FOREWORN_INGESTION__SPOOL_BYTES"):
            spool.commit(large(200_000), {DEVICE: 1})
        assert [b for _, b in spool.pending()] == [batch(sample(0))]
        assert spool.through() == {DEVICE: 0}


def test_a_spool_takes_batches_again_once_there_is_room(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite", most_bytes=FULL_AT) as spool:
        with pytest.raises(SpoolFailed):
            spool.commit(large(200_000))
        spool.commit(batch(sample(1)))
        assert [b for _, b in spool.pending()] == [batch(sample(1))]


class FailingOnce:
    """A connection whose disk fails at one statement, once; all else is done."""

    def __init__(self, connection: sqlite3.Connection, statement: str, code: int) -> None:
        self._connection, self._statement, self._code = connection, statement, code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if self._statement and sql.startswith(self._statement):
            self._statement = ""
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self._code
            raise error
        return self._connection.execute(sql, *values)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        pytest.param("COMMIT", SQLITE_IOERR_FSYNC, id="fsync of a commit"),
        pytest.param("INSERT", sqlite3.SQLITE_IOERR, id="a write"),
        pytest.param("PRAGMA wal_checkpoint", SQLITE_IOERR_FSYNC, id="fsync of a checkpoint"),
    ],
)
def test_after_a_disk_failed_once_no_later_success_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, code: int
) -> None:
    monkeypatch.setattr("ingestion.spool.file._CHECKPOINT_BYTES", 100_000)
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        spool.commit(batch(sample(0)))
        spool._file._writer = FailingOnce(spool._file._writer, statement, code)  # type: ignore[assignment]
        with pytest.raises(SpoolFailed, match="disk I/O error"):
            spool.commit(large(100_000))
        with pytest.raises(SpoolFailed, match="disk I/O error"):
            spool.commit(batch(sample(1)))
        assert spool.pending(1)[0][1] == batch(sample(0))
        spool.discard(spool.pending()[0][0])
    with SqliteSpool(tmp_path / "spool.sqlite") as again:
        again.commit(batch(sample(1)))
        assert again.pending()[-1][1] == batch(sample(1))


def test_another_writer_is_no_broken_disk(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        spool._file._writer = FailingOnce(spool._file._writer, "COMMIT", sqlite3.SQLITE_BUSY)  # type: ignore[assignment]
        with pytest.raises(SpoolFailed):
            spool.commit(batch(sample(0)))
        spool.commit(batch(sample(1)))
        assert [b for _, b in spool.pending()] == [batch(sample(1))]


def test_a_file_that_cannot_grow_is_a_failure_and_what_was_committed_can_be_forwarded(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    kept, read, again = done.stdout.split()
    assert (read, again) == (kept, "broken")
    with SqliteSpool(path) as spool:
        assert spool.depth() == int(kept) > 5
        assert spool.through() == {DEVICE: int(kept) - 1}


def test_numbers_acknowledged_to_devices_survive_a_restart_with_their_batch(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        spool.commit(batch(sample(0)), {DEVICE: 41, "pump-8": 2**63 - 1})
        spool.commit(IntakeBatch(), {DEVICE: 42})
    with SqliteSpool(tmp_path / "spool.sqlite") as again:
        assert (again.through(), again.depth()) == ({DEVICE: 42, "pump-8": 2**63 - 1}, 1)


def test_a_spool_of_layout_1_is_read_and_added_to(tmp_path: Path) -> None:
    """The bytes are those that layout 1 wrote."""
    connection = sqlite3.connect(tmp_path / "spool.sqlite")
    connection.execute("CREATE TABLE batch (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)")
    connection.execute("INSERT INTO batch VALUES (7, ?)", (LAYOUT_1,))
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    for _ in range(2):
        with SqliteSpool(tmp_path / "spool.sqlite") as spool:
            assert spool.pending()[0] == (7, WRITTEN_BY_LAYOUT_1)
            spool.commit(batch(sample(1)), {DEVICE: 1})
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        assert [number for number, _ in spool.pending(entries=100)] == [7, 8, 9]
        spool.discard(7)
        assert (spool.depth(), spool.through()) == (2, {DEVICE: 1})


def by_column(rows: int, first: int = 0) -> IntakeBatch:
    table = pa.table(
        {
            "time": pa.array(range(rows), pa.timestamp("ms", "UTC")),
            "device": ["pump-7"] * rows,
            "vibration": np.arange(first, first + rows) / 7,
            "starts": pa.nulls(rows, pa.int64()),
        }
    )
    samples = SampleColumns(table, pa.chunked_array([range(first, first + rows)], pa.int64()))
    return IntakeBatch(TelemetryBatch(samples), received_at=NEW_YEAR)


def test_columns_come_back_as_columns_without_those_that_are_empty(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        spool.commit(by_column(1000))
        ((_, found),) = spool.pending()
    assert isinstance(found.telemetry.samples, SampleColumns)
    assert found.telemetry.samples.signals == ("vibration",)
    assert found == by_column(1000)


def test_a_piece_is_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.spool.spool._PIECE_BYTES", 250_000)
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        for size in (100_000, 100_000, 100_000, 900_000):
            spool.commit(large(size))
        sizes = []
        while waiting := spool.pending():
            sizes.append(len(waiting))
            spool.discard(waiting[-1][0])
    assert sizes == [2, 1, 1]


def test_the_log_stays_short_while_the_store_is_away(tmp_path: Path) -> None:
    log = tmp_path / "spool.sqlite-wal"
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:
        sizes = []
        for _ in range(60):
            spool.commit(large(1_000_000))
            sizes.append(log.stat().st_size)
    assert max(sizes) < 12_000_000


def fill_and_empty(spool: SqliteSpool) -> None:
    for _ in range(40):
        spool.commit(large(1_000_000))
        spool.discard(spool.pending()[-1][0])


def test_a_reader_without_end_is_told_of_and_does_not_outgrow_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ingestion.spool.file.LONGEST_LOG", 10_000_000)
    with SqliteSpool(tmp_path / "spool.sqlite", most_bytes=20_000_000) as spool:
        spool.commit(batch(sample(0)))
        reader = sqlite3.connect(tmp_path / "spool.sqlite", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM batch").fetchall()
        with pytest.raises(SpoolFailed, match="end who reads it"):
            fill_and_empty(spool)
        reader.close()
        spool.commit(batch(sample(1)))
    assert "another programme reads the spool" in caplog.text


def test_room_is_given_back_once_a_long_backlog_is_forwarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.spool.file._COMPACT_FREE", 1000)
    path = tmp_path / "spool.sqlite"
    with SqliteSpool(path) as spool:
        for i in range(30):
            spool.commit(large(1_000_000), {DEVICE: i})
        assert path.stat().st_size > 20_000_000
        spool.discard(29)
        assert path.stat().st_size < 2_000_000
        assert [number for number, _ in spool.pending()] == [30]
        spool.commit(batch(sample(0)))
        assert [number for number, _ in spool.pending()] == [30, 31]
        assert spool.through() == {DEVICE: 29}


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "a" / "b" / "spool.sqlite") as spool:
        assert spool.depth() == 0


def test_a_path_nobody_can_write_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolFailed, match="cannot be opened"):
        SqliteSpool(tmp_path / "file" / "spool.sqlite")


def test_a_file_that_is_no_spool_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").write_bytes(b"not a database" * 1000)
    with pytest.raises(SpoolFailed, match=r"cannot be opened .*spool.sqlite|spool.sqlite cannot be opened"):
        SqliteSpool(tmp_path / "spool.sqlite")


def test_a_spool_of_another_version_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "spool.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SpoolFailed, match="layout 99"):
        SqliteSpool(tmp_path / "spool.sqlite")


def test_a_damaged_batch_is_a_failure_not_a_surprise() -> None:
    body = encode_batch(batch(sample(0)))
    with pytest.raises(SpoolFailed, match="damaged"):
        decode_batch(body[:-3])


def test_a_payload_that_rejections_share_is_written_once() -> None:
    payload = os.urandom(10_000)
    shared = tuple(Rejection(NEW_YEAR, TELEMETRY, payload, "out_of_range", "", signal=f"s{i}") for i in range(16))
    body = encode_batch(IntakeBatch(rejections=shared))
    assert len(body) < 13_000
    assert decode_batch(body).rejections == shared
