"""`foreworn models`: which versions there are, what they rest on, and which is in use."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.bootstrap import open_detector_store, open_life_store, open_model_store, write_history
from foreworn.loop.promotion import archive_report, decide, file_decision
from foreworn.settings import Settings
from models import anomaly
from models.failure import GradientBoostedFailureModel
from models.registry import FolderModelStore
from simulators import golden
from tests.acceptance.command import Command
from tests.unit.loop.backtest.judged import done as backtested
from tests.unit.loop.test_life_training import model as life_model
from tests.unit.models.anomaly.pumps import TRAINED_UNTIL, pumps
from tests.unit.models.failure.trained import model

WIDTH = 80
GOOD, WEAK, AGE = "gb-good", "gb-weak", "gb-by-age"
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def made(version: str, skill: float, until: datetime) -> GradientBoostedFailureModel:
    """Return the trained model under another name, as if it had been worth this much and learned until then."""
    parts = {
        name: replace(part, metrics=dict(part.metrics) | {"inner_brier_skill": skill, "inner_calibration_slope": 0.9})
        for name, part in model().components.items()
    }
    origin = replace(model().provenance, trained_until=until)
    return replace(model(), version=version, components=parts, provenance=origin)


@pytest.fixture(autouse=True)
def without_remaining_life(foreworn: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are of failure models: learning how long components last would take most of their time."""
    monkeypatch.setenv("FOREWORN_SCORING__REMAINING_LIFE", "false")


@pytest.fixture
def models(foreworn: Command) -> FolderModelStore:
    """A store with a good model in use, and a weak one that came after it and was not put in use."""
    store = open_model_store(Settings(data_dir=foreworn.data))
    good, weak = made(GOOD, 0.41, LATER), made(WEAK, -0.05, LATER + timedelta(days=9))
    champion = None
    for one in (good, weak):
        store.save(one)
        decision = decide(one, champion, "nothing to compare on")
        file_decision(store, decision)
        if decision.promoted:
            store.promote(one.version, by="ann", why=decision.why)
            champion = one
    return store


def test_the_list_says_which_is_in_use_and_what_each_was_worth(foreworn: Command, models: FolderModelStore) -> None:
    shown = foreworn("models", "list")
    assert shown.code == 0
    (good,) = [line.split() for line in shown.out.splitlines() if GOOD in line]
    assert good == ["*", GOOD, "2030-01-01", "00:00", "0", "h", f"{model().provenance.rows:,}", "57", "0.41", "0.9"]
    told = json.loads(foreworn("models", "list", "--json").out)
    assert [(one["version"], one["in_use"], one["brier_skill"]) for one in told] == [
        (GOOD, True, pytest.approx(0.41)),
        (WEAK, False, pytest.approx(-0.05)),
    ]


def test_to_promote_what_is_in_use_changes_nothing_and_is_told_as_json_too(
    foreworn: Command, models: FolderModelStore
) -> None:
    before = models.promotions()
    assert f"{GOOD} is in use already" in foreworn("models", "promote", GOOD).err
    told = json.loads(foreworn("models", "promote", GOOD, "--json").out)
    assert (told["promoted"], told["in_use_already"], told["version"], told["by"]) == (False, True, GOOD, "ann")
    assert models.promotions() == before


def test_a_mistyped_version_is_told_with_the_one_that_was_meant(foreworn: Command, models: FolderModelStore) -> None:
    assert foreworn("models", "show", "gb-goood").line.endswith("did you mean gb-good?")


def test_detectors_and_models_of_remaining_life_are_listed_and_shown(
    foreworn: Command, models: FolderModelStore
) -> None:
    settings = Settings(data_dir=foreworn.data)
    detector = anomaly.train(pumps(), until=TRAINED_UNTIL)
    open_detector_store(settings).save(detector)
    life = life_model()
    engines = open_life_store(settings).of("engine")
    engines.save(life)
    engines.serve(life.version)
    listed = foreworn("models", "list").out
    assert f"*  remaining life: engine  {life.version}" in listed
    assert f"anomalies               {detector.version}" in listed
    told = json.loads(foreworn("models", "list", "--json").out)
    assert [(one["kind"], one["in_use"]) for one in told] == [
        *(("failure", True), ("failure", False)),
        *(("anomaly", False), ("remaining_life", True)),
    ]
    shown = json.loads(foreworn("models", "show", life.version, "--json").out)
    assert shown["metrics"] == dict(life.metrics)
    assert f"Anomaly detector {detector.version}" in foreworn("models", "show", detector.version).out
    refused = foreworn("models", "promote", life.version)
    assert refused.code == 1
    assert "is no failure model" in refused.line


def test_an_empty_store_says_how_to_fill_it(foreworn: Command) -> None:
    assert "foreworn train" in foreworn("models", "list").out


def test_a_version_shows_what_it_rests_on(foreworn: Command, models: FolderModelStore) -> None:
    archive_report(models, GOOD, "<p>", {"model": GOOD})
    shown = foreworn("models", "show", GOOD)
    assert shown.code == 0
    told = json.loads(foreworn("models", "show", GOOD, "--json").out)
    assert told["files"] == models.seals(GOOD)
    assert told["settings"]["trees"] == 30
    assert told["features"] == list(model().features.names)
    assert [(one["version"], one["by"], one["why"]) for one in told["promotions"]] == [
        (GOOD, "ann", "passed every check that could be made")
    ]
    assert list(told["attachments"]) == ["promotion.json", "report.html", "report.json"]
    for part in (told["fingerprint"], told["attachments"]["report.html"]["sha256"], *told["files"].values()):
        assert part in "".join(shown.out.split())


def test_a_comparison_tells_only_what_differs(foreworn: Command, models: FolderModelStore) -> None:
    told = json.loads(foreworn("models", "compare", GOOD, WEAK, "--json").out)
    assert {(one["group"], one["name"]) for one in told["differences"]} == {
        ("data", "trained_until"),
        ("figures", "brier_skill"),
        ("figures", "bearing.inner_brier_skill"),
        ("figures", "seal.inner_brier_skill"),
    }
    assert "bearing.inner_brier_skill" in foreworn("models", "compare", GOOD, WEAK).out
    assert "differ in nothing" in foreworn("models", "compare", GOOD, GOOD).out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("list",), id="list"),
        pytest.param(("show", GOOD), id="show"),
        pytest.param(("compare", GOOD, WEAK), id="compare"),
        pytest.param(("promote", WEAK), id="promote"),
    ],
)
def test_no_line_is_wider_than_a_terminal(foreworn: Command, models: FolderModelStore, arguments: tuple[str]) -> None:
    said = foreworn("models", *arguments)
    assert [line for line in (said.out + said.err).splitlines() if len(line.rstrip()) > WIDTH] == []


def test_a_model_that_failed_its_checks_takes_a_reason_and_can_be_rolled_back(
    foreworn: Command, models: FolderModelStore
) -> None:
    refused = foreworn("models", "promote", WEAK)
    assert refused.code == 3
    assert "FAILED  skill" in refused.out
    assert models.serving_version() == GOOD
    assert foreworn("models", "promote", WEAK, "--anyway", "the old one misses the new pumps", "--by", "ben").code == 0
    assert models.serving_version() == WEAK
    last = models.promotions()[-1]
    assert (last.by, last.why) == ("ben", "the old one misses the new pumps")
    assert [check["name"] for check in last.checks] == ["skill"]
    back = json.loads(foreworn("models", "rollback", "--why", "false alarms", "--json").out)
    assert (back["version"], back["from"], back["why"]) == (GOOD, WEAK, "false alarms")
    assert models.serving_version() == GOOD
    nothing = foreworn("models", "rollback")
    assert nothing.code == 1
    assert f"no model that was in use before '{GOOD}'" in nothing.line
    assert models.serving_version() == GOOD


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("show", AGE), id="show"),
        pytest.param(("compare", GOOD, AGE), id="compare"),
        pytest.param(("promote", AGE, "--anyway", "why not"), id="promote"),
    ],
)
def test_an_unknown_version_names_the_known_ones(
    foreworn: Command, models: FolderModelStore, arguments: tuple[str]
) -> None:
    refused = foreworn("models", *arguments)
    assert refused.code == 1
    assert f"no model version '{AGE}'; known: {GOOD}, {WEAK}" in refused.line


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        pytest.param(lambda f: (f / "trees-0-0.txt").write_text(""), "trees-0-0.txt does not match", id="other trees"),
        pytest.param(lambda f: (f / "trees-1-0.txt").unlink(), "trees-1-0.txt is missing", id="trees gone"),
        pytest.param(lambda f: (f / "model.json").write_text("{}"), "model.json does not match", id="another card"),
    ],
)
def test_a_damaged_version_names_the_file_and_is_listed(
    foreworn: Command, models: FolderModelStore, harm: Callable[[Path], object], told: str
) -> None:
    harm(foreworn.data / "models" / WEAK)
    shown = foreworn("models", "show", WEAK)
    assert shown.code == 1
    assert told in shown.line
    assert foreworn("models", "promote", WEAK, "--anyway", "I must").code == 1
    listed = foreworn("models", "list")
    assert listed.code == 0
    assert f"{WEAK} is damaged" in listed.out
    assert models.serving_version() == GOOD


def test_a_trained_model_that_fails_a_check_is_kept_with_exit_code_3_and_the_last_good_one_serves(
    foreworn: Command, models: FolderModelStore, tmp_path: Path
) -> None:
    write_history(golden.training_fleet(machines=8, days=90), tmp_path / "past")
    done = foreworn("train", tmp_path / "past", "--until", "2025-12-10", "--by", "cleo")
    assert done.code == 3
    assert "FAILED  recency" in done.out
    assert f"{GOOD} stays in use" in " ".join(done.err.split())
    assert models.serving_version() == GOOD
    (new,) = set(models.versions()) - {GOOD, WEAK}
    assert f"Failure model {new}, kept, not in use" in done.out
    decision = json.loads(models.attachment(new, "promotion.json"))
    assert (decision["promoted"], decision["against"]) == (False, GOOD)
    refused = foreworn("models", "promote", new, "--json")
    assert refused.code == 3
    assert [check["name"] for check in json.loads(refused.out)["failed"]] == ["recency"]


def test_the_report_of_a_backtest_is_filed_with_the_version_it_is_of(
    foreworn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past, page, data = tmp_path / "past", tmp_path / "page.html", tmp_path / "report.json"
    write_history(golden.training_fleet(machines=2, days=9), past)
    monkeypatch.setattr("foreworn.loop.backtest.backtest", lambda *_, **__: backtested().report())
    unkept = foreworn("backtest", past, "--report", page)
    assert "is not kept, so its report is filed nowhere else" in " ".join(unkept.err.split())
    store, version = open_model_store(Settings(data_dir=foreworn.data)), backtested().model.version
    store.save(backtested().model)
    done = foreworn("backtest", past, "--report", page, "--json", data)
    assert done.code == 0
    assert f"filed with model {version}" in " ".join(done.err.split())
    assert store.attachment(version, "report.html") == page.read_bytes()
    assert store.attachment(version, "report.json") == data.read_bytes()
    shown = foreworn("models", "show", version).out
    assert "Its promotion report says" in shown
    assert "20 of 20 failures told 12 h ahead" in shown
