"""The import of Microsoft's set, on a small copy of its form."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from foreworn.errors import MalformedHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.history import read_azure_pdm, read_history, write_history

FILES = {
    "PdM_machines.csv": "machineID,model,age\n2,model4,0\n1,model3,18\n",
    "PdM_telemetry.csv": (
        "datetime,machineID,volt,rotate,pressure,vibration\n"
        "2015-01-01 07:00:00,2,176.2,418.5,113.1,45.1\n"
        "2015-01-01 06:00:00,1,162.9,402.7,95.5,43.4\n"
        "2015-01-01 07:00:00,1,170.9,527.3,75.2,34.2\n"
    ),
    "PdM_errors.csv": "datetime,machineID,errorID\n2015-01-03 07:00:00,1,error1\n",
    "PdM_maint.csv": (
        "datetime,machineID,comp\n2014-06-01 06:00:00,2,comp2\n2015-01-05 06:00:00,1,comp4\n"
        "2015-01-05 06:00:00,1,comp1\n2015-01-05 06:00:00,1,comp3\n2015-01-05 06:00:00,2,comp4\n"
    ),
    "PdM_failures.csv": "datetime,machineID,failure\n2015-01-05 06:00:00,1,comp4\n2015-01-05 06:00:00,1,comp1\n",
}


def _write(folder: Path, files: dict[str, str | None]) -> Path:
    for name, text in files.items():
        if text is not None:
            (folder / name).write_text(text)
    return folder


def test_the_set_becomes_a_fleet_history(tmp_path: Path) -> None:
    fleet = read_azure_pdm(_write(tmp_path, {**FILES}))
    history = fleet.history
    components = ("comp1", "comp2", "comp3", "comp4")

    assert history.machines == (
        Machine("M001", "model3", "azure", datetime(1997, 1, 1, tzinfo=UTC), components),
        Machine("M002", "model4", "azure", datetime(2015, 1, 1, tzinfo=UTC), components),
    )
    assert [m.age_years(datetime(2015, month, 28, tzinfo=UTC)) for m in history.machines for month in (1, 12)] == [
        *(18, 18),
        *(0, 0),
    ]
    assert fleet.attachments[1] == Attachment("M002", "M002", datetime(2015, 1, 1, tzinfo=UTC))
    assert [(row["machine"], row["time"].hour, row["volt"]) for row in history.telemetry.to_pylist()] == [
        ("M001", 6, 162.9),
        ("M001", 7, 170.9),
        ("M002", 7, 176.2),
    ]
    assert history.events.to_pylist() == [
        {
            "time": datetime(2015, 1, 3, 7, tzinfo=UTC),
            "machine": "M001",
            "code": "error1",
            "severity": "warning",
            "message": "",
        }
    ]
    assert {(signal.unit, signal.low, signal.high) for _, signal in fleet.catalogue} == {("", None, None)}


def test_a_replacement_in_the_hour_of_its_components_failure_is_corrective(tmp_path: Path) -> None:
    maintenance = read_azure_pdm(_write(tmp_path, {**FILES})).history.maintenance

    kinds = zip(*(maintenance[name].to_pylist() for name in ("machine", "component", "kind")), strict=True)
    assert list(kinds) == [
        ("M001", "comp1", "corrective"),
        ("M001", "comp3", "preventive"),
        ("M001", "comp4", "corrective"),
        ("M002", "comp2", "preventive"),
        ("M002", "comp4", "preventive"),
    ]


def test_two_components_can_fail_at_once(tmp_path: Path) -> None:
    failures = read_azure_pdm(_write(tmp_path, {**FILES})).history.failures

    assert failures["component"].to_pylist() == ["comp1", "comp4"]
    assert set(failures["mode"].to_pylist()) == {"breakdown"}


def test_telemetry_is_the_same_from_parquet_without_zone(tmp_path: Path) -> None:
    folder = _write(tmp_path, {**FILES})
    from_csv = read_azure_pdm(folder).history.telemetry
    stored = pa_csv.read_csv(folder / "PdM_telemetry.csv")
    stored = stored.set_column(0, "datetime", stored["datetime"].cast(pa.timestamp("ms")))
    pq.write_table(stored, folder / "PdM_telemetry.parquet")
    (folder / "PdM_telemetry.csv").unlink()

    assert read_azure_pdm(folder).history.telemetry == from_csv


def test_what_is_imported_is_a_history_like_any_other(tmp_path: Path) -> None:
    fleet = read_azure_pdm(_write(tmp_path, {**FILES}))

    write_history(fleet, tmp_path / "fleet")

    assert read_history(tmp_path / "fleet") == fleet


@pytest.mark.parametrize(
    ("file", "text", "row", "column", "said"),
    [
        pytest.param("PdM_maint.csv", None, None, None, "missing", id="no maintenance"),
        pytest.param(
            "PdM_errors.csv",
            "datetime,machineID,errorID\n2015-01-03 07:00:00,1,error1\n2015-13-03 07:00:00,1,error1\n",
            3,
            "datetime",
            "no such day",
            id="a thirteenth month",
        ),
        pytest.param(
            "PdM_errors.csv", "datetime,machineID,errorID\nnever,1,error1\n", 2, "datetime", "not a time", id="no time"
        ),
        pytest.param(
            "PdM_errors.csv",
            "datetime,machineID,errorID\n2015-01-03 07:00:00,7,error1\n",
            2,
            "machineID",
            "machine 7 is not known",
            id="an unknown machine",
        ),
        pytest.param(
            "PdM_failures.csv",
            "datetime,machineID,failure\n2015-01-03 07:00:00,1,comp5\n",
            2,
            "failure",
            "one of comp1",
            id="an unknown component",
        ),
        pytest.param("PdM_maint.csv", "datetime,machineID\n", 1, "comp", "missing", id="a missing column"),
        pytest.param("PdM_machines.csv", "machineID,model,age\nM1,m,3\n", 2, "machineID", "whole number", id="a name"),
        pytest.param("PdM_machines.csv", "machineID,model,age\n1,m,-3\n", 2, "age", "not an age", id="not yet born"),
        pytest.param("PdM_machines.csv", "machineID,model,age\n1,m,\n", 2, "age", "empty", id="no age"),
        pytest.param("PdM_machines.csv", "machineID,model,age\n1,m,3\n1,m,4\n", 3, "age", "contradicts", id="two ages"),
        pytest.param(
            "PdM_telemetry.csv",
            "datetime,machineID,volt,rotate,pressure,vibration\n2015-01-01 07:00:00,2,176.2,418.5,x,45.1\n",
            2,
            "pressure",
            "not a number",
            id="a value that is none",
        ),
        pytest.param(
            "PdM_telemetry.csv",
            "datetime,machineID,volt,rotate,pressure,vibration\n"
            + "2015-01-01 07:00:00,2,1,2,3,4\n" * 2
            + "2015-01-01",
            4,
            None,
            "half-written",
            id="cut off",
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_row_and_column(
    tmp_path: Path, file: str, text: str | None, row: int | None, column: str | None, said: str
) -> None:
    folder = _write(tmp_path, {**FILES, file: text})

    with pytest.raises(MalformedHistory) as raised:
        read_azure_pdm(folder)

    problem = raised.value
    assert (Path(problem.file).name, problem.row, problem.column) == (file, row, column)
    assert said in problem.problem
