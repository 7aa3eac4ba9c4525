"""What is particular to the SQLite spool: durability settings, failures, and damaged files."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from foreworn.errors import SpoolFailed
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from ingestion.spool import SqliteSpool
from ingestion.spool_format import decode_batch, encode_batch
from tests.unit.ingestion.plant import NEW_YEAR, TELEMETRY, batch, sample

COMMIT_AND_DIE = """
import os, signal, sys
from pathlib import Path
from ingestion.spool import SqliteSpool
from tests.unit.ingestion.plant import batch, sample
spool = SqliteSpool(Path(sys.argv[1]))
for hour in range(20):
    spool.commit(batch(sample(hour)))
os.kill(os.getpid(), signal.SIGKILL)
"""


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
        assert spool._writer.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert spool._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_full_disk_is_a_failure_and_keeps_what_was_committed(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite", page_limit=20) as spool:
        spool.commit(batch(sample(0)))
        with pytest.raises(SpoolFailed, match="free space on its disk"):
            spool.commit(large(200_000))
        assert [b for _, b in spool.pending()] == [batch(sample(0))]


def test_a_spool_takes_batches_again_once_there_is_room(tmp_path: Path) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite", page_limit=20) as spool:
        with pytest.raises(SpoolFailed):
            spool.commit(large(200_000))
        spool.commit(batch(sample(1)))
        assert [b for _, b in spool.pending()] == [batch(sample(1))]


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
