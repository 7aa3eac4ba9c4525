"""The spool on a disk that is really full: nothing is pretended, and what waits gets out without help."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from foreworn.errors import SpoolFailed
from ingestion.spool.spool import SqliteSpool
from tests.unit.ingestion.plant import DEVICE
from tests.unit.ingestion.spool.test_spool import large


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no tmpfs may be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(spool: SqliteSpool, size: int) -> int:
    """Commit until the spool takes nothing more; return how many batches it took."""
    taken = 0
    while True:
        try:
            spool.commit(large(size), {DEVICE: taken})
        except SpoolFailed:
            return taken
        taken += 1


@pytest.mark.parametrize("size", [400_000, 20_000])
def test_what_waits_on_a_full_disk_can_be_forwarded_and_then_there_is_room_again(small_disk: Path, size: int) -> None:
    with SqliteSpool(small_disk / "spool.sqlite") as spool:
        taken = fill(spool, size)
        assert shutil.disk_usage(small_disk).free < size
    forwarded = 0
    with SqliteSpool(small_disk / "spool.sqlite") as spool:
        through = spool.through()
        while waiting := spool.pending(5):
            forwarded += len(waiting)
            spool.discard(waiting[-1][0])
        # One more may be on the disk than was said to be, never one less, and each with its number.
        assert taken <= forwarded <= taken + 1
        assert through == {DEVICE: forwarded - 1}
        assert fill(spool, size) >= 0.9 * taken


def test_a_spool_that_finds_the_disk_full_takes_nothing(small_disk: Path) -> None:
    (small_disk / "other").write_bytes(bytes(20_000_000))
    with SqliteSpool(small_disk / "spool.sqlite") as spool:
        assert fill(spool, 1000) == 0
        (small_disk / "other").unlink()
        spool.commit(large(1000))
        assert spool.depth() == 1
