import sqlite3
from pathlib import Path

import pytest

from foreworn.device.backlog import Backlog, BacklogFailed, BacklogFull, Stretch, WhenFull
from foreworn.telemetry.wire import Kind


def bodies(*numbers: int) -> list[bytes]:
    return [b'{"ts":%03d}' % number for number in numbers]  # 10 bytes each


def said(stretch: Stretch | None) -> tuple[str, tuple[int, ...], bool] | None:
    return None if stretch is None else (stretch.kind.value, stretch.seqs, stretch.is_complete)


def test_what_is_kept_is_there_after_a_restart_and_numbers_go_on(tmp_path: Path) -> None:
    first = Backlog(tmp_path / "store")
    assert first.append(Kind.TELEMETRY, bodies(1, 2, 3)) == 3
    assert first.forget_through(2) == 2
    first.close()
    second = Backlog(tmp_path / "store")
    assert (second.pending, second.size, second.oldest, second.last, second.heard) == (1, 10, 3, 3, 2)
    second.forget_through(3)
    second.close()
    third = Backlog(tmp_path / "store")
    assert (third.pending, third.oldest, third.append(Kind.EVENT, bodies(4))) == (0, 4, 4)
    third.close()


@pytest.mark.parametrize(
    ("after", "entries", "size", "expected"),
    [
        pytest.param(0, 9, 999, ("telemetry", (1, 2, 3), True), id="ends where another kind begins"),
        pytest.param(0, 2, 999, ("telemetry", (1, 2), True), id="ends where it has enough entries"),
        pytest.param(0, 9, 25, ("telemetry", (1, 2), True), id="ends where it has enough bytes"),
        pytest.param(0, 9, 5, ("telemetry", (1,), True), id="a large entry travels alone"),
        pytest.param(3, 9, 999, ("log", (4,), False), id="could hold more"),
        pytest.param(4, 9, 999, None, id="nothing is left"),
    ],
)
def test_what_travels_together(
    tmp_path: Path, after: int, entries: int, size: int, expected: tuple[str, tuple[int, ...], bool] | None
) -> None:
    backlog = Backlog(tmp_path / "store")
    backlog.append(Kind.TELEMETRY, bodies(1, 2, 3))
    backlog.append(Kind.LOG, bodies(4))
    assert said(backlog.after(after, entries=entries, size=size)) == expected
    backlog.close()


def test_a_full_store_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "store", capacity=35)
    backlog.append(Kind.TELEMETRY, bodies(1, 2))
    with pytest.raises(BacklogFull, match="raise the capacity"):
        backlog.append(Kind.TELEMETRY, bodies(3, 4))
    assert (backlog.pending, backlog.append(Kind.TELEMETRY, bodies(3)), backlog.dropped) == (2, 3, 0)
    backlog.close()


def test_a_full_store_that_may_drops_no_more_of_the_oldest_than_it_must_and_counts_them(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "store", capacity=35, when_full=WhenFull.DROP_OLDEST)
    backlog.append(Kind.TELEMETRY, bodies(1, 2, 3))
    assert backlog.append(Kind.TELEMETRY, bodies(4, 5)) == 5
    assert said(backlog.after(0, entries=9, size=999)) == ("telemetry", (3, 4, 5), False)
    assert (backlog.pending, backlog.size, backlog.oldest, backlog.dropped) == (3, 30, 3, 2)
    with pytest.raises(BacklogFull):
        backlog.append(Kind.TELEMETRY, [b"x" * 36])
    backlog.close()
    again = Backlog(tmp_path / "store")
    assert again.dropped == 2
    again.close()


def test_entries_are_numbered_on_from_where_the_platform_stands(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "store")
    backlog.append(Kind.TELEMETRY, bodies(1, 2, 3))
    backlog.renumber(3)
    stretch = backlog.after(0, entries=9, size=999)
    assert stretch is not None
    assert stretch.payload() == b'[{"seq":3,"ts":001},{"seq":4,"ts":002},{"seq":5,"ts":003}]'
    assert (backlog.oldest, backlog.last, backlog.heard) == (3, 5, 2)
    backlog.close()


def test_a_store_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "store")
    with pytest.raises(BacklogFailed, match="another process has it"):
        Backlog(tmp_path / "store")
    backlog.close()


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "store").write_bytes(b"my holiday photographs, " * 50)
    with pytest.raises(BacklogFailed, match="not a database"):
        Backlog(tmp_path / "store")
    assert (tmp_path / "store").read_bytes().startswith(b"my holiday")


def test_an_entry_that_the_disk_does_not_take_is_not_numbered(tmp_path: Path) -> None:
    backlog = Backlog(tmp_path / "store")
    backlog.append(Kind.TELEMETRY, bodies(1))
    backlog._database.execute("PRAGMA max_page_count=1")  # what SQLite says of a full disk
    with pytest.raises(BacklogFailed, match="full") as failed:
        backlog.append(Kind.TELEMETRY, [b"x" * 100_000])
    assert isinstance(failed.value.__cause__, sqlite3.OperationalError)
    assert (backlog.pending, backlog.append(Kind.TELEMETRY, bodies(2))) == (1, 2)
    backlog.close()
