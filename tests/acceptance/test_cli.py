"""The `foreworn` command: what it does, and the one line it says when it cannot."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from foreworn import __version__
from foreworn.bootstrap import open_model_store, open_stores, write_history
from foreworn.loop import life_training
from foreworn.loop.life_training import settings_for
from foreworn.settings import Settings
from foreworn.storage.history.writing import spell_time
from simulators import golden
from simulators.golden.script import START as GOLDEN_START
from tests.acceptance.command import INSTALLED, Command
from tests.acceptance.golden_replay import HOUR, model

GOLDEN = golden.folder()
TRAIN_UNTIL, TEST_FROM = "2025-12-10", "2025-12-11"


@pytest.fixture(scope="session")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small fleet's ninety days on disk, with failures enough to train on."""
    folder = tmp_path_factory.mktemp("past") / "fleet"
    write_history(golden.training_fleet(machines=8, days=90), folder)
    return folder


def serving(command: Command) -> str | None:
    found = open_model_store(Settings(data_dir=command.data)).serving()
    return None if found is None else found.version


def test_the_installed_command_tells_its_version() -> None:
    done = subprocess.run([INSTALLED, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"foreworn {__version__}\n"


def test_a_template_is_written_checked_and_loaded(foreworn: Command, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert f"foreworn import check {folder}" in foreworn("import", "template", folder).out
    checked = foreworn("import", "check", folder)
    assert checked.code == 0
    assert checked.err.startswith("Note: costs are assumed, not given, for cp-100/seal")
    assert "machines" in checked.out
    loaded = foreworn("import", "load", folder)
    assert loaded.code == 0
    assert "1 machine registered, 1 sample stored" in loaded.out
    assert "Writing telemetry and events: 1 samples" in loaded.err
    stores = open_stores(Settings(data_dir=foreworn.data))
    try:
        (device,) = stores.progress.all()
    finally:
        stores.close()
    assert device.watermark is not None, "the console says how far the data reaches"
    assert device.last_received_at is None


def test_a_template_never_writes_over_a_folder(foreworn: Command, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    refused = foreworn("import", "template", tmp_path)
    assert refused.code == 1
    assert "exists already" in refused.line


def test_a_broken_history_is_told_by_file_row_and_column(foreworn: Command, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    foreworn("import", "template", folder)
    telemetry = folder / "telemetry.csv"
    telemetry.write_text(telemetry.read_text().replace("2.31", "fast"))
    failures = folder / "failures.csv"
    failures.write_text(failures.read_text().replace("pump-1", "pump-[9]"))
    checked = foreworn("import", "check", folder)
    assert checked.code == 1
    problems = sorted(checked.err.splitlines())
    assert len(problems) == 2
    assert problems[0].startswith(f"foreworn: {failures}, row 2, column 'machine': ")
    assert "pump-[9]" in problems[0]
    assert problems[1].startswith(f"foreworn: {telemetry}, row 2, column 'vibration_rms': ")


def test_a_broken_history_is_not_loaded(foreworn: Command, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    foreworn("import", "template", folder)
    (folder / "failures.csv").unlink()
    refused = foreworn("import", "load", folder)
    assert refused.code == 1
    assert "failures.csv" in refused.last_line


@pytest.fixture
def small_life_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of remaining life with a tenth of their trees: these tests ask only whether there is one."""
    small = {"trees": 20, "quantile_trees": 20, "seeds": 1, "folds": 2}
    monkeypatch.setattr(life_training, "settings_for", lambda *a, **k: settings_for(*a, **k).model_copy(update=small))


@pytest.mark.usefixtures("small_life_models")
def test_too_little_history_says_what_is_missing_and_the_last_good_model_serves_on(
    foreworn: Command, past: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = foreworn("train", past, "--until", "2026-01-01")
    assert good.code == 0
    version = serving(foreworn)
    assert version is not None
    assert version in good.out
    assert "Remaining life, now in use" in good.out
    assert re.search(r"^ +\d+:\d\d  Learning the signs of ", good.err, re.MULTILINE)
    monkeypatch.setenv("FOREWORN_SCORING__REMAINING_LIFE", "false")
    refused = foreworn("train", past, "--until", "2025-10-08")
    assert refused.code == 1
    assert "too little telemetry to learn from before 2025-10-08 00:00 UTC" in refused.last_line
    assert serving(foreworn) == version
    by_age = foreworn("train", past, "--until", "2025-10-20")
    assert by_age.code == 3
    assert "FAILED  signs" in by_age.out
    assert "10 are needed" in by_age.out
    assert serving(foreworn) == version
    again = foreworn("train", past, "--until", "2026-01-01")
    assert again.code == 0
    assert f"Failure model {version}, now in use" in again.out
    assert "the same history, settings and release" in " ".join(again.out.split())
    assert "Remaining life" not in again.out


def backtest(command: Command, past: Path, file: Path, *more: str) -> dict[str, Any]:
    done = command("backtest", past, "--train-until", TRAIN_UNTIL, "--test-from", TEST_FROM, "--json", file, *more)
    assert done.code == 0
    report: dict[str, Any] = json.loads(file.read_text())
    assert f"{report['figures']['macro_f1']:.4g}" in done.out
    return report


def test_a_backtest_writes_its_figures_with_and_without_events(foreworn: Command, past: Path, tmp_path: Path) -> None:
    with_events = backtest(foreworn, past, tmp_path / "with.json")
    figures = with_events["figures"]
    assert {"macro_f1", "recall_12h", "false_alarms_per_machine_month", "brier_skill", "calibration_slope"} <= set(
        figures
    )
    assert figures["caught_12h"] + figures["missed"] == figures["failures"] > 0
    without = backtest(foreworn, past, tmp_path / "without.json", "--without-events")
    assert without["predictions_sha256"] != with_events["predictions_sha256"]
    again = backtest(foreworn, past, tmp_path / "again.json")
    assert again == with_events


def test_a_backtest_by_unit_is_told_on_the_terminal_and_on_a_page(
    foreworn: Command, past: Path, tmp_path: Path
) -> None:
    page, file = tmp_path / "report.html", tmp_path / "r.json"
    done = foreworn("backtest", past, "--by-unit", "3", "--without-plan", "--report", page, "--json", file)
    assert done.code == 0, done.err
    report = json.loads(file.read_text())
    assert report["split"] == "unit"
    assert "split by unit" in done.out
    assert f"{report['notice'][1]['caught']}" in done.out
    assert "without features of the maintenance plan" in report["protocol"]
    html = page.read_text()
    assert html.lower().startswith("<!doctype html>")
    assert report["model"].split(", ")[0] in html


def test_a_leak_that_a_probe_finds_ends_the_backtest_with_exit_code_1(
    foreworn: Command, past: Path, tmp_path: Path
) -> None:
    unrepaired = tmp_path / "unrepaired"
    shutil.copytree(past, unrepaired)
    maintenance = unrepaired / "maintenance.csv"
    maintenance.write_text(maintenance.read_text().splitlines()[0] + "\n")
    split = ("--train-until", TRAIN_UNTIL, "--test-from", TEST_FROM)
    done = foreworn("backtest", unrepaired, *split, "--probes", "--json", tmp_path / "r.json")
    assert done.code == 1
    assert "found a leak. rows after failure: " in done.last_line
    assert "FAILED  rows after failure" in done.out
    assert "What this does not tell" in done.out
    found = {one["name"]: one["passed"] for one in json.loads((tmp_path / "r.json").read_text())["probes"]}
    assert found["rows after failure"] is False
    assert found["gap"] is True


@pytest.mark.server
def test_a_replay_scores_with_the_version_that_is_asked_for(foreworn: Command, tmp_path: Path) -> None:
    open_model_store(Settings(data_dir=foreworn.data)).save(model())
    file = tmp_path / "report.json"
    start, end = spell_time(GOLDEN_START + 48 * HOUR), spell_time(GOLDEN_START + 54 * HOUR)
    done = foreworn("replay", GOLDEN, "--from", start, "--to", end, "--model", model().version, "--json", file)
    assert done.code == 0, done.err
    report = json.loads(file.read_text())
    assert report["model_version"] == model().version
    assert report["readings_stored"] == 3 * 6
    assert report["readings_acknowledged"] == report["readings_sent"]
    assert f"{report['forecasts_issued']:,}" in done.out
    assert "Replaying" in done.err


REPLAY = ("replay", GOLDEN, "--from", "2026-01-06", "--to", "2026-01-07")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param([*REPLAY, "--model", "gb-none"], "no model version 'gb-none'", id="an unknown model"),
        pytest.param(
            [*REPLAY, "--store", "mysql://here"], "'mysql://here' is not a telemetry store: use duckdb:///FILE",
            id="an unknown store",
        ),
        pytest.param(
            [*REPLAY, "--store", "influx://127.0.0.1:1/b?org=o"], "a token in FOREWORN_STORE__INFLUX_TOKEN",
            id="InfluxDB without a token",
        ),
        pytest.param(["train", "nowhere", "--until", "2026-01-01"], "nowhere: there is no such folder", id="no folder"),
        pytest.param(["import", "load", "nowhere"], "nowhere: there is no such folder", id="nothing to load"),
        pytest.param(["import", "cmapss", "cmapss", "FD009", "there"], "known: FD001", id="no such set"),
        pytest.param(
            ["simulate", "cmapss", "--days", "3650"], "cmapss exists already: choose another", id="a full folder"
        ),
        pytest.param(
            ["import", "azure-pdm", "nowhere", "there"], "nowhere/PdM_machines.csv: the file is missing",
            id="no public set",
        ),
        pytest.param(
            ["backtest", GOLDEN, "--train-until", "2026-01-10", "--test-from", "2026-01-05"],
            "the test begins at 2026-01-05 00:00 UTC, before the training ends",
            id="a test before the end of the training",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_exit_code_1(
    arguments: list[str | Path], told: str, foreworn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cmapss").mkdir()
    (tmp_path / "cmapss" / "train_FD001.txt").touch()
    refused = foreworn(*arguments)
    assert refused.code == 1
    assert told in refused.last_line


def test_a_store_that_does_not_answer_is_one_line(foreworn: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWORN_STORE__INFLUX_TOKEN", "secret-token")
    refused = foreworn(*REPLAY, "--store", "influx://127.0.0.1:1/b?org=o")
    assert refused.code == 1
    assert "127.0.0.1:1" in refused.line
    assert "secret-token" not in refused.err


def test_a_stretch_without_telemetry_says_how_far_the_record_reaches(foreworn: Command) -> None:
    open_model_store(Settings(data_dir=foreworn.data)).save(model())
    refused = foreworn("replay", GOLDEN, "--from", "2027-01-01", "--to", "2027-01-02", "--model", model().version)
    assert refused.code == 1
    assert f"it reaches from {GOLDEN_START:%Y-%m-%d}" in refused.last_line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["train", GOLDEN, "--until", "yesterday"], "'yesterday' is not a time", id="not a time"),
        pytest.param(["train", GOLDEN, "--until", "0001-01-01"], "not a time between 1970 and 2200", id="long ago"),
        pytest.param([*REPLAY, "--speed", "-3"], "'-3' is not a speed", id="a speed below 0"),
        pytest.param([*REPLAY, "--json", "no/such/folder.json"], "'no/such/folder.json' is not a file", id="no place"),
        pytest.param(["train", GOLDEN], "Missing option '--until'", id="a missing option"),
        pytest.param(["predict"], "No such command 'predict'", id="an unknown command"),
    ],
)
def test_what_is_typed_wrong_is_told_with_exit_code_2(
    arguments: list[str | Path], told: str, foreworn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = foreworn(*arguments)
    assert refused.code == 2
    assert told in refused.words
    assert not foreworn.data.exists()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        pytest.param("MQTT__HOTS", "x", "did you mean FOREWORN_MQTT__HOST?", id="a misspelt setting"),
        pytest.param("DATADIR", "x", "did you mean FOREWORN_DATA_DIR?", id="a misspelt setting of no group"),
        pytest.param("MQTT__PORT", "0", "FOREWORN_MQTT__PORT: Input should be greater than", id="a port that is none"),
        pytest.param("MQTT", "{host", "has to be a JSON object", id="a group that is no JSON"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    name: str, value: str, told: str, foreworn: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FOREWORN_{name}", value)
    refused = foreworn("up")
    assert refused.code == 1
    assert told in refused.line


def test_a_data_folder_that_cannot_be_is_one_line(
    foreworn: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FOREWORN_DATA_DIR", str(tmp_path / "file" / "var"))
    refused = foreworn("up")
    assert refused.code == 1
    assert "set FOREWORN_DATA_DIR to another folder" in refused.line
