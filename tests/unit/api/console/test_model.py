"""The page Model: what serves since when, although what failed, and which versions are kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.app import create_app
from api.services import ConsoleServices
from foreworn.loop.promotion_decision import REPORT, as_json
from models.promotion_journal import JOURNAL
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.promoted_models import (
    BROKEN,
    FIRST,
    NO_SKILL,
    PASSED,
    REPORT_HTML,
    SECOND,
    WEAK,
    DescribingStore,
    TrainedStub,
    decided,
    promoted_models,
)
from tests.unit.api.seeded_fleet import empty_services


@pytest.fixture
def models(tmp_path: Path) -> DescribingStore:
    return promoted_models(tmp_path)


@pytest.fixture(scope="module")
def known() -> ConsoleServices:
    return empty_services()


def told(known: ConsoleServices, models: DescribingStore, *, user: str = "emil") -> str:
    return words(Client(create_app(replace(known, models=models)), user=user).get("/model").text)


def test_it_says_since_when_which_version_serves_and_by_whom(known: ConsoleServices, models: DescribingStore) -> None:
    page = told(known, models)
    assert f"{SECOND} is in use." in page
    assert "In use since 2026-02-20 06:00 UTC, by emil: passed every check." in page
    assert page.count("passed every check") == 2  # here, and in the history


def test_what_the_serving_version_failed_is_said_first_and_how_to_go_back(
    known: ConsoleServices, models: DescribingStore
) -> None:
    models.promote(WEAK, by="emil", why="the old one does not know the new pumps", checks=[])
    page = told(known, models)
    loud = page.index(f"{WEAK} is in use although it failed skill")
    assert loud < page.index("How often it was right")
    assert "Skill: Brier skill on unseen inner folds: -0.05; above 0 is asked." in page[loud:]
    assert "by emil: the old one does not know the new pumps." in page[loud:]
    assert "foreworn models rollback --why REASON" in page[loud:]
    planner = told(known, models, user="paula")
    assert f"An engineer can put {SECOND} back in use." in planner
    assert "foreworn models" not in planner


def test_failed_checks_that_only_the_journal_keeps_are_said_too(
    known: ConsoleServices, models: DescribingStore
) -> None:
    models.save(TrainedStub("gb-5late"))
    noted = [{"name": "recall", "passed": False, "said": "caught 7 of 9", "binding": True}]
    models.promote("gb-5late", by="ada", why="fewer false alarms", checks=noted)
    page = told(known, models)
    assert "gb-5late is in use although it failed recall" in page
    assert "Recall: caught 7 of 9." in page


def test_every_version_says_whether_it_is_in_use_or_why_not(known: ConsoleServices, models: DescribingStore) -> None:
    rows = told(known, models).split("In use, or why not Report")[1].split("Failures, Brier skill and")[0]
    in_order = [f"{BROKEN} ", f"{WEAK} ", f"{SECOND} ", f"{FIRST} "]
    assert sorted(in_order, key=rows.index) == in_order
    assert "◆ Damaged: skill.txt does not match its checksum." in rows
    assert "Failures 20 Brier skill −0.05 Calibration slope 0.93" in rows
    assert "Kept, not put in use: it failed skill." in rows
    assert "● In use." in rows
    assert f"Kept; was in use until 2026-02-20 06:00 UTC, although it failed signs, then {SECOND}." in rows
    assert rows.count("promotion report") == 1


def test_the_history_tells_every_change_the_newest_first(known: ConsoleServices, models: DescribingStore) -> None:
    models.rollback(by="ada", why="alarms on every pump")
    page = told(known, models).split("What was in use when")[1]
    changes = [
        f"{FIRST} again, instead of {SECOND} by ada alarms on every pump",
        f"{SECOND} instead of {FIRST} by emil",
    ]
    assert [change in page for change in changes] == [True, True]
    assert page.index(changes[0]) < page.index(changes[1]) < page.index("nothing better serves")


def test_models_of_a_release_without_a_journal_are_no_error(known: ConsoleServices, tmp_path: Path) -> None:
    models = DescribingStore(tmp_path / "models")
    assert "None is in use." in told(known, models)
    assert "No version was put in use yet." in told(known, models)
    assert "Nothing has been forecast yet" in told(known, models)
    planner = told(known, models, user="paula")
    assert "An engineer trains one once the history holds failures." in planner
    assert "foreworn train" not in planner
    models.save(TrainedStub("gb-old"))
    models.serve("gb-old")
    page = told(known, models)
    assert "gb-old is in use." in page
    assert "Since when and by whom it was put in use is not written down" in page
    assert "What it was held against is not written down." in page
    assert "although" not in page
    assert "Nothing is written down yet: gb-old was put in use by a release without a journal." in page


def test_a_journal_that_cannot_be_read_hides_only_the_history(
    known: ConsoleServices, models: DescribingStore, tmp_path: Path
) -> None:
    (tmp_path / JOURNAL).write_text("{}\n")
    page = told(known, models)
    assert "The journal of promotions cannot be read" in page
    assert f"{SECOND} is in use." in page
    assert "It cannot be read now." in page


def test_a_serving_version_that_is_gone_leaves_the_console_standing(
    known: ConsoleServices, models: DescribingStore, tmp_path: Path
) -> None:
    (tmp_path / SECOND).rename(tmp_path / ".gone")
    page = told(known, models)
    assert "None can be used, though 3 versions are kept." in page
    assert "The model in use cannot be read no model version" in page


def test_a_report_can_run_no_script_and_reach_nothing_of_the_console(
    known: ConsoleServices, models: DescribingStore
) -> None:
    app = create_app(replace(known, models=models))
    answer = Client(app, user="vera").get(f"/model/{SECOND}/report")
    assert answer.content == REPORT_HTML
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert policy[0].startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert "script-src" not in policy[0]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_report_is_for_who_is_logged_in_and_only_where_one_is_filed(
    known: ConsoleServices, models: DescribingStore
) -> None:
    app = create_app(replace(known, models=models))
    nobody = Client(app, user=None).get(f"/model/{SECOND}/report")
    assert (nobody.status_code, nobody.headers["location"]) == (303, f"/login?next=%2Fmodel%2F{SECOND}%2Freport")
    assert Client(app, user="gateway").get(f"/model/{SECOND}/report").status_code == 403
    for path in (f"/model/{FIRST}/report", "/model/nope/report", "/model/..%2F..%2Fetc/report"):
        assert Client(app, user="vera").get(path).status_code == 404


def test_a_decision_that_passed_but_never_came_in_use_is_kept(known: ConsoleServices, models: DescribingStore) -> None:
    decided(models, WEAK, PASSED, promoted=True)
    assert "Kept; it passed every check." in told(known, models)
    decided(models, WEAK, NO_SKILL, promoted=False)
    assert "Kept; it passed every check." not in told(known, models)


@pytest.mark.parametrize(
    ("figures", "worry"),
    [
        pytest.param({"failures": 12, "caught_12h": 0}, "It caught nothing.", id="nothing caught"),
        pytest.param({"failures": 0, "caught_12h": 0}, "Nothing shows what it would catch.", id="nothing failed"),
        pytest.param(
            {"failures": 9, "caught_12h": 8, "brier_skill": -0.1}, "know no more than the ordinary rate", id="no skill"
        ),
    ],
)
def test_a_report_that_is_no_reason_for_trust_is_said_loudly_though_the_checks_passed(
    known: ConsoleServices, models: DescribingStore, figures: dict[str, float], worry: str
) -> None:
    models.attach(SECOND, REPORT, as_json({"model": SECOND, "figures": figures}))
    page = told(known, models)
    loud = page.index(f"The promotion report of {SECOND}, in use, is no reason to trust it")
    assert worry in page[loud : page.index("How often it was right")]
    assert "Its checks when it was trained did not show that." in page
    assert worry in page[page.index("In use, or why not Report") :]


def test_a_good_report_has_its_headline_beside_the_version(known: ConsoleServices, models: DescribingStore) -> None:
    figures = {"failures": 8, "caught_12h": 7, "false_alarms_per_machine_month": 0.1, "brier_skill": 0.4}
    models.attach(SECOND, REPORT, as_json({"model": SECOND, "figures": figures}))
    page = told(known, models)
    assert "7 of 8 failures told 12 h ahead, 0.1 false alarms per machine and month." in page
    assert "no reason to trust" not in page
