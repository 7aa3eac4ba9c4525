"""The import of NASA's turbofan sets, on a small copy of their form."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foreworn.cli import app
from foreworn.errors import MalformedHistory
from foreworn.fleet.machine import Machine
from foreworn.storage.history import read_cmapss, read_history, write_history
from foreworn.storage.history.cmapss import SENSORS, read_remaining_cycles
from foreworn.telemetry.signal import SignalType

START = datetime(2000, 1, 1, tzinfo=UTC)


def row(unit: int | str, cycle: int | str, level: float = 0.5) -> str:
    return " ".join([f"{unit} {cycle} -0.0007 0.0003 100.0", *(f"{level + i:.2f}" for i in range(21))]) + "  \n"


def written(folder: Path, train: str, test: str = row(1, 1)) -> Path:
    (folder / "train_FD001.txt").write_text(train)
    (folder / "test_FD001.txt").write_text(test)
    (folder / "RUL_FD001.txt").write_text("112 \n")
    return folder


def test_a_train_engine_fails_at_its_last_cycle_and_a_test_engine_still_runs(tmp_path: Path) -> None:
    source = written(tmp_path, row(2, 1) + row(1, 2, 7.0) + row(1, 1), row(1, 1) + row(1, 2))
    fleet = read_cmapss(source, "FD001")
    history = fleet.history

    assert history.machines[1] == Machine("train-001", "turbofan", "FD001", START, ("engine",))
    assert [(r["machine"], r["time"], r["component"]) for r in history.failures.to_pylist()] == [
        ("train-001", START + timedelta(hours=2), "engine"),
        ("train-002", START + timedelta(hours=1), "engine"),
    ]
    assert [(r["machine"], r["cycles"], r["sensor_1"]) for r in history.telemetry.to_pylist()] == [
        ("test-001", 1, 0.5),
        ("test-001", 2, 0.5),
        ("train-001", 1, 0.5),
        ("train-001", 2, 7.0),
        ("train-002", 1, 0.5),
    ]
    cycles = fleet.catalogue.find("turbofan", "cycles")
    assert cycles is not None
    assert cycles.type is SignalType.COUNTER
    assert any("one cycle is taken as one hour" in note for note in fleet.notes)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    fleet = read_cmapss(written(tmp_path, row(1, 1) + row(1, 2)), "FD001")
    write_history(fleet, tmp_path / "fleet")
    again = read_history(tmp_path / "fleet")
    assert again.history == fleet.history
    assert list(again.catalogue) == list(fleet.catalogue)


def test_the_true_lives_of_the_test_engines_are_no_part_of_the_history(tmp_path: Path) -> None:
    source = written(tmp_path, row(1, 1))
    known = read_cmapss(source, "FD001")
    assert read_remaining_cycles(source, "FD001").tolist() == [112]
    (source / "RUL_FD001.txt").unlink()
    assert read_cmapss(source, "FD001").history == known.history


def test_one_part_can_be_read_alone(tmp_path: Path) -> None:
    history = read_cmapss(written(tmp_path, row(1, 1)), "FD001", parts=["test"]).history
    assert [m.id for m in history.machines] == ["test-001"]
    assert len(history.failures) == 0


@pytest.mark.parametrize(
    ("train", "message"),
    [
        pytest.param("", "no rows", id="an empty file"),
        pytest.param(row(1, 1) + "1 2 3\n", "row 2: it has 3 numbers, not 26", id="a row that breaks off"),
        pytest.param(row(1, 1) + row(1, "x"), "row 2: could not convert", id="a word among the numbers"),
        pytest.param(row(1, 1).replace("100.0", "nan"), "row 1: a value is not a finite", id="a value that is none"),
        pytest.param(row("1.5", 1), "column 'unit': 1.5 is not a whole number", id="half a unit"),
        pytest.param(row(1, 1) + row(1, 3), "row 2, column 'cycle': 3 does not follow", id="a cycle left out"),
        pytest.param(row(1, 1) + row(1, 1), "row 2, column 'cycle': 1 does not follow", id="a cycle said twice"),
    ],
)
def test_a_broken_file_is_named_with_row_and_column(tmp_path: Path, train: str, message: str) -> None:
    with pytest.raises(MalformedHistory, match=message):
        read_cmapss(written(tmp_path, train), "FD001", parts=["train"])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MalformedHistory, match=r"train_FD009\.txt: it cannot be read"):
        read_cmapss(tmp_path, "FD009", parts=["train"])


def test_the_command_writes_a_history_and_says_what_was_assumed(tmp_path: Path) -> None:
    source = written(tmp_path, row(1, 1) + row(1, 2))
    result = CliRunner().invoke(app, ["import", "cmapss", str(source), "FD001", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "one hour" in " ".join(result.output.split())
    assert read_history(tmp_path / "out").history.signals[-1] == "setting_3"
    assert len(SENSORS) == 21
