import json
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from benchmarks.models import azure
from benchmarks.models.__main__ import main
from benchmarks.report import BenchmarkReport
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import Backtest
from tests.unit.models.failure.trained import UNTIL, fleet
from tests.unit.models.small_fleet import HOUR

SPLIT = azure.Split(UNTIL, UNTIL + 24 * HOUR, None)
OPTIONS = ["--train-until", SPLIT.train_until.isoformat(), "--test-from", SPLIT.test_from.isoformat()]
SIGNALS = ("vibration", "pressure", "rotate", "volt")
COMPONENTS = {"bearing": "comp1", "seal": "comp2"}


def naive(column: pa.ChunkedArray) -> list[datetime]:
    return [t.replace(tzinfo=None) for t in column.to_pylist()]


def numbers(column: pa.ChunkedArray) -> list[int]:
    return [int(m[1:]) for m in column.to_pylist()]


def as_published(known: FleetHistory, data: Path) -> Path:
    """Write the wearing fleet in the form of Microsoft's files."""
    folder = data / azure.FOLDER
    folder.mkdir()
    machines = [{"machineID": int(m.id[1:]), "model": m.model, "age": 5} for m in known.machines]
    parts = {
        "PdM_machines": pa.Table.from_pylist(machines),
        "PdM_errors": keyed(known.events, errorID=known.events["code"].to_pylist()),
        "PdM_maint": keyed(known.maintenance, comp=[COMPONENTS[c] for c in known.maintenance["component"].to_pylist()]),
        "PdM_failures": keyed(known.failures, failure=[COMPONENTS[c] for c in known.failures["component"].to_pylist()]),
    }
    for name, table in parts.items():
        pyarrow.csv.write_csv(table, folder / f"{name}.csv")
    telemetry = keyed(known.telemetry, **{s: known.telemetry[s if s in known.signals else "pressure"] for s in SIGNALS})
    pyarrow.parquet.write_table(telemetry, folder / "PdM_telemetry.parquet")
    return data


def keyed(table: pa.Table, **columns: object) -> pa.Table:
    return pa.table({"datetime": naive(table["time"]), "machineID": numbers(table["machine"]), **columns})


@pytest.fixture(autouse=True)
def small_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure, "SETTINGS", azure.SETTINGS.model_copy(update={"trees": 40}))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_published(fleet(), tmp_path_factory.mktemp("sets"))


def test_both_variants_are_measured_under_the_agreed_names(data: Path, tmp_path: Path) -> None:
    assert main(["azure", "--data", str(data), *OPTIONS, "--json", str(tmp_path / "r.json")]) == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["benchmark"], report["set"]) == ("models", "azure")
    agreed = {"macro_f1", "recall_12h", "false_alarms_per_machine_month", "brier_skill", "f1_comp1", "f1_comp2"}
    assert agreed <= set(report["figures"])
    assert {name + azure.SUFFIX for name in agreed} <= set(report["figures"])
    others = {"macro_f1_48h", "macro_f1_telemetry_alone", "macro_f1_error_rule"}
    assert others <= set(report["figures"])
    assert 0.5 < report["figures"]["macro_f1_error_rule"] <= 1
    # where every forecast is right no fleet of these machines differs in F1, so it has no interval; a share has one
    assert {"recall_12h_low", "recall_12h_high", "macro_f1_telemetry_alone_low"} <= set(report["figures"])
    assert report["figures"]["macro_f1"] < 1 or "macro_f1_low" not in report["figures"]


def test_one_variant_alone_carries_both_names(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    assert main(["azure", "--data", str(data), *OPTIONS, "--without-events", "--json", str(file)]) == 0
    report = json.loads(file.read_text())
    assert "; without event features;" in report["protocol"]
    assert report["figures"]["macro_f1"] == report["figures"]["macro_f1_without_events"]


def test_permuted_test_labels_change_no_forecast(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["azure", "--data", str(data), *OPTIONS, "--without-events", "--permute-test-labels"]) == 0
    lines = capsys.readouterr().out.splitlines()
    digests = [line.split()[-1] for line in lines if line.startswith("predictions sha256")]
    assert len(digests) == 2
    assert len(set(digests)) == 1


def test_forecasts_that_have_seen_the_test_labels_are_found_out(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    honest = azure.run

    def peeking(history: FleetHistory, split: azure.Split, variant: azure.Variant) -> Backtest:
        later = azure.Split(split.test_from + 240 * HOUR, split.test_from + 240 * HOUR, split.test_to)
        return honest(history, later, variant)

    monkeypatch.setattr(azure, "run", peeking)
    assert main(["azure", "--data", str(data), *OPTIONS, "--without-events", "--permute-test-labels"]) == 1
    assert "DIFFERENT" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "suffixes", "said"),
    [
        pytest.param(["--permute-test-labels"], [""], "1 of 4 variants: with events", id="the first unless told"),
        pytest.param(
            ["--permute-test-labels", "all"],
            ["", "_without_events", "_48h", "_telemetry_alone"],
            "4 of 4 variants: telemetry alone",
            id="all",
        ),
        pytest.param([], [], "", id="none unless asked"),
    ],
)
def test_which_variants_permuted_labels_were_held_against_is_said(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: list[str],
    suffixes: list[str],
    said: str,
) -> None:
    held: list[str] = []

    def blind(_: FleetHistory, __: azure.Split, variant: azure.Variant) -> bool:
        held.append(variant.suffix)
        return variant.suffix != "_48h"

    nothing = BenchmarkReport(benchmark="models", set="azure", protocol="", figures={}, seed=1)
    monkeypatch.setattr(azure, "measure", lambda *_, **__: nothing)
    monkeypatch.setattr(azure, "permutation_changes_nothing", blind)
    assert main(["azure", "--data", str(data), *OPTIONS, *option]) == ("_48h" in suffixes)
    assert held == suffixes
    assert said in capsys.readouterr().out


def test_permuting_deals_out_the_later_failures_and_keeps_the_earlier() -> None:
    known = fleet()
    dealt = azure.permuted_after(known, UNTIL).failures
    before, after = pc.less(known.failures["time"], UNTIL), pc.less(dealt["time"], UNTIL)
    assert known.failures.filter(before).equals(dealt.filter(after).combine_chunks())
    assert len(dealt) == len(known.failures)
    assert not dealt.equals(known.failures)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], "there is no folder azure_pdm in", id="a folder without the set"),
        pytest.param(["--test-from", "2014-01-01"], "there is no folder", id="data is looked for first"),
    ],
)
def test_a_wrong_folder_is_an_error_a_person_can_act_on(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["azure", "--data", str(tmp_path), *arguments]) == 1
    assert message in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / azure.FOLDER).mkdir()
    assert main(["azure", "--data", str(tmp_path)]) == 1
    assert "PdM_machines.csv" in capsys.readouterr().err


def test_a_split_that_overlaps_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["azure", "--data", str(data), "--train-until", "2026-02-10", "--test-from", "2026-02-01"]) == 1
    assert "before the training ends" in capsys.readouterr().err


def test_what_is_no_time_is_refused(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["azure", "--data", str(data), "--train-until", "July"])
    assert stop.value.code == 2
    assert "'July' is not a time" in capsys.readouterr().err
