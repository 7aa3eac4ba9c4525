"""A store's journal of what was put in use, and what is filed with a version; with models that are one line long."""

import fcntl
import json
import shutil
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.clock import ManualClock
from foreworn.errors import Conflict, DamagedModel, NotFound
from models.promotion_journal import JOURNAL
from models.registry import FolderStore

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    version: str

    def describe(self) -> dict[str, object]:
        return {"version": self.version}


def _read(folder: Path) -> Line:
    text = (folder / "line.txt").read_text()
    if text != folder.name:
        raise DamagedModel(folder, "line.txt does not match its folder")
    return Line(text)


def _write(line: Line, folder: Path) -> None:
    (folder / "line.txt").write_text(line.version)


def store(folder: Path, *versions: str, promote: bool = False) -> FolderStore[Line]:
    found = FolderStore(folder, kind="line", card="line.txt", read=_read, write=_write, clock=ManualClock(NOW))
    for version in versions:
        found.save(Line(version))
        if promote:
            found.promote(version, by="ann", why="better")
    return found


def test_a_promotion_is_written_down_with_who_and_why(tmp_path: Path) -> None:
    models = store(tmp_path, "a", "b")
    models.promote("a", by="ann", why="the first")
    models.promote("b", by="ben", why="fewer misses", checks=[{"name": "skill", "passed": True}])
    first, second = store(tmp_path).promotions()
    assert (first.version, first.replaced, first.by, first.why) == ("a", None, "ann", "the first")
    assert (second.version, second.replaced, second.time, second.kind) == ("b", "a", NOW, "promoted")
    assert second.checks == ({"name": "skill", "passed": True},)
    assert models.serving() == Line("b")


@pytest.mark.parametrize("other", ["b", None], ids=["judged against b", "judged against nothing"])
def test_what_was_judged_against_another_than_the_one_in_use_is_not_put_in_use(
    tmp_path: Path, other: str | None
) -> None:
    models = store(tmp_path, "a", "b", "c")
    models.promote("a", by="ann", why="the first", expected=None)
    with pytest.raises(Conflict, match=f"c was judged against {other or 'nothing'}, and by now a is in use"):
        store(tmp_path).promote("c", by="ben", why="better", expected=other)
    assert models.serving() == Line("a")
    assert [p.version for p in models.promotions()] == ["a"]


def test_of_two_that_were_judged_against_the_same_one_comes_in_use(tmp_path: Path) -> None:
    stores = [store(tmp_path, "a", "b", "c"), store(tmp_path)]
    stores[0].promote("a", by="ann", why="the first")
    stores[0].promote("b", by="ann", why="better than a", expected="a")
    with pytest.raises(Conflict):
        stores[1].promote("c", by="ben", why="better than a", expected="a")
    assert [(p.version, p.replaced) for p in stores[1].promotions()] == [("a", None), ("b", "a")]


def test_rolling_back_again_goes_further_back_until_nothing_served_before(tmp_path: Path) -> None:
    models = store(tmp_path, "a", "b", "c", promote=True)
    assert models.rollback(by="ann", why="misses").version == "b"
    assert models.rollback(by="ann").version == "a"
    with pytest.raises(NotFound, match="no line that was in use before 'a'"):
        models.rollback(by="ann")
    assert models.serving() == Line("a")
    assert [p.kind for p in models.promotions()] == ["promoted"] * 3 + ["rolled_back"] * 2


def test_after_a_rollback_what_comes_next_replaces_what_came_back(tmp_path: Path) -> None:
    models = store(tmp_path, "a", "b", promote=True)
    models.rollback(by="ann")
    models.save(Line("c"))
    models.promote("c", by="ann", why="mended")
    assert models.rollback(by="ann").version == "a"


def test_nothing_in_use_cannot_be_rolled_back(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no line in use in"):
        store(tmp_path, "a").rollback(by="ann")


def test_a_version_served_before_there_was_a_journal_can_be_returned_to(tmp_path: Path) -> None:
    models = store(tmp_path, "a", "b")
    models.serve("a")
    models.promote("b", by="ann", why="better")
    assert models.rollback(by="ann").version == "a"


def test_a_promotion_that_a_crash_kept_from_being_served_is_no_step_back(tmp_path: Path) -> None:
    models = store(tmp_path, "a", "b", "c", promote=True)
    models.serve("b")  # the journal says c, and the crash came before c was in use
    assert models.rollback(by="ann").version == "a"


def test_a_line_that_a_crash_cut_short_is_not_read_and_goes(tmp_path: Path) -> None:
    models = store(tmp_path, "a", "b", promote=True)
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"time": "2026-03-')
    assert [p.version for p in models.promotions()] == ["a", "b"]
    models.rollback(by="ann")
    assert [p.version for p in models.promotions()] == ["a", "b", "a"]


def test_a_journal_that_was_written_over_says_which_line(tmp_path: Path) -> None:
    models = store(tmp_path, "a", promote=True)
    (tmp_path / JOURNAL).write_text("nonsense\n")
    with pytest.raises(DamagedModel, match=r"line 1 of promotions\.jsonl"):
        models.promotions()


@pytest.mark.parametrize("gone", [True, False], ids=["a version that is gone", "a damaged version"])
def test_what_cannot_be_read_is_not_put_in_use_and_not_written_down(tmp_path: Path, gone: bool) -> None:
    models = store(tmp_path, "a", "b", promote=True)
    file = tmp_path / "a" / "line.txt"
    file.write_text("z")
    if gone:
        shutil.rmtree(file.parent)
    wrong = NotFound if gone else DamagedModel
    with pytest.raises(wrong):
        models.promote("a", by="ann", why="")
    with pytest.raises(wrong):
        models.rollback(by="ann")
    assert models.serving() == Line("b")
    assert len(models.promotions()) == 2


def test_what_is_filed_with_a_version_stays_when_it_is_saved_again(tmp_path: Path) -> None:
    models = store(tmp_path, "a")
    models.attach("a", "report.html", b"<p>old")
    models.attach("a", "report.html", b"<p>good")
    models.save(Line("a"))
    assert models.attachment("a", "report.html") == b"<p>good"
    filed = models.attachments("a")["report.html"]
    assert (filed.size, filed.time) == (7, NOW)
    assert models.versions() == ["a"]


@pytest.mark.parametrize("before", [None, b"old"], ids=["nothing was filed before", "an older one was filed"])
def test_filing_that_a_crash_cut_short_leaves_what_was_filed_before(
    tmp_path: Path, before: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = store(tmp_path, "a")
    if before is not None:
        models.attach("a", "report.html", before)
    with monkeypatch.context() as crash:
        crash.setattr("models.cards.write_card", _crashed)
        with pytest.raises(KeyboardInterrupt):
            models.attach("a", "report.html", b"new")
    if before is None:
        assert models.attachments("a") == {}
    else:
        assert models.attachment("a", "report.html") == before
    models.attach("a", "report.html", b"newest")
    assert models.attachment("a", "report.html") == b"newest"
    assert b"new" not in {file.read_bytes() for file in (tmp_path / "a" / "archive").iterdir()}


def _crashed(*_: object) -> None:
    raise KeyboardInterrupt


def test_filing_and_saving_wait_for_each_other(tmp_path: Path) -> None:
    models = store(tmp_path, "a")
    saving = threading.Thread(target=store(tmp_path).save, args=(Line("a"),))
    with (tmp_path / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        saving.start()
        saving.join(0.2)
        assert saving.is_alive()
    saving.join(10)
    assert not saving.is_alive()
    assert models.load("a") == Line("a")


def test_an_attachment_that_was_changed_is_an_error(tmp_path: Path) -> None:
    models = store(tmp_path, "a")
    models.attach("a", "report.json", b"{}")
    (filed,) = (tmp_path / "a" / "archive").glob("*-report.json")
    filed.write_bytes(b"[]")
    with pytest.raises(DamagedModel, match=r"report\.json does not match"):
        models.attachment("a", "report.json")


def test_what_was_never_filed_is_not_found(tmp_path: Path) -> None:
    models = store(tmp_path, "a")
    models.attach("a", "report.json", b"{}")
    with pytest.raises(NotFound, match=r"no attachment 'report\.html'; known: report\.json"):
        models.attachment("a", "report.html")
    with pytest.raises(NotFound, match="no line version 'b'; known: a"):
        models.attach("b", "report.json", b"{}")


@pytest.mark.parametrize("name", ["../line.txt", "a/b", ".hidden", "", "archive.json"])
def test_an_attachment_has_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a plain file name"):
        store(tmp_path, "a").attach("a", name, b"")


def test_the_hash_of_every_file_is_kept_and_held_against_it(tmp_path: Path) -> None:
    models = store(tmp_path, "a")
    assert list(models.seals("a")) == ["about.json", "line.txt"]
    (tmp_path / "a" / "line.txt").write_text("b")
    with pytest.raises(DamagedModel, match=r"line\.txt does not match its checksum"):
        models.seals("a")
    (tmp_path / "a" / "line.txt").unlink()
    with pytest.raises(DamagedModel, match=r"line\.txt is missing"):
        models.seals("a")


def test_a_version_is_as_old_as_its_first_save(tmp_path: Path) -> None:
    models = store(tmp_path, "a")
    first = models.saved_at("a")
    models.save(Line("a"))
    assert models.saved_at("a") == first
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)


def test_the_journal_is_a_json_object_a_line(tmp_path: Path) -> None:
    store(tmp_path, "a", promote=True)
    (line,) = (tmp_path / JOURNAL).read_text().splitlines()
    assert json.loads(line) == {
        "time": NOW.isoformat(),
        "kind": "promoted",
        "version": "a",
        "from": None,
        "by": "ann",
        "why": "better",
        "checks": [],
    }
