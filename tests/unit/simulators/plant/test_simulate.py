from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from simulators.plant import Plant, PlantFile, Practice, Simulated, shipped_plants, simulate, write_truth
from simulators.plant.simulate import LIFE_SCHEMA
from tests.unit.simulators.plant.conftest import START

DAY = timedelta(days=1)
BY_AGE = Practice({("fan", "filter"): 6 * DAY})


def simulated(small: PlantFile) -> Simulated:
    return simulate(Plant(small, START), 60 * DAY, BY_AGE)


def test_the_history_is_what_the_rest_of_foreworn_reads(small: PlantFile) -> None:
    history = simulated(small).fleet.history
    assert history.events.schema == EVENT_SCHEMA
    assert history.maintenance.schema == MAINTENANCE_SCHEMA
    assert history.failures.schema == FAILURE_SCHEMA
    assert history.telemetry.column_names[:2] == ["time", "machine"]
    assert set(history.signals) == {"differential_pressure", "vibration_rms", "hours_run", "run_state"}
    assert history.telemetry.num_rows == 2 * 60 * 24
    times = history.telemetry["time"].to_pylist()
    assert (min(times), max(times)) == (START, START + 60 * DAY - timedelta(hours=1))


def test_every_life_that_ended_stands_in_the_record_of_failures_or_maintenance(small: PlantFile) -> None:
    result = simulated(small)
    failures = {(f["machine"], f["component"], f["time"]) for f in result.truth.failures.to_pylist()}
    prevented = {
        (m["machine"], m["component"], m["time"])
        for m in result.fleet.history.maintenance.to_pylist()
        if m["kind"] == "preventive" and m["time"] >= START
    }
    lives = result.truth.lives.to_pylist()
    assert {(x["machine"], x["component"], x["ended"]) for x in lives if x["how"] == "failed"} == failures
    assert {(x["machine"], x["component"], x["ended"]) for x in lives if x["how"] == "replaced"} == prevented
    assert failures
    assert prevented


def test_a_life_cut_short_would_have_failed_later_than_it_ended(small: PlantFile) -> None:
    lives = simulated(small).truth.lives.to_pylist()
    cut = [x for x in lives if x["how"] == "replaced"]
    assert cut
    assert all(x["would_have_failed_at"] > x["ended"] > x["installed"] for x in cut)
    assert all(x["would_have_failed_at"] == x["ended"] for x in lives if x["how"] == "failed")


def test_what_was_fitted_before_the_start_is_part_of_the_record(small: PlantFile) -> None:
    before = [m for m in simulated(small).fleet.history.maintenance.to_pylist() if m["time"] < START]
    assert {(m["machine"], m["component"], m["kind"]) for m in before} == {
        (machine, component, "preventive")
        for machine in ("hall-fan-1", "hall-fan-2")
        for component in ("bearing", "filter")
    }


def test_lost_readings_are_missing_in_the_share_asked_for(pumping_stations: PlantFile) -> None:
    lossy = pumping_stations.model_copy(
        update={"bad_data": pumping_stations.bad_data.model_copy(update={"lost_share": 0.1})}
    )
    rows = simulate(Plant(lossy, START), 20 * DAY).fleet.history.telemetry.num_rows
    assert 0.88 < rows / (22 * 20 * 24) < 0.92


def test_the_truth_is_written_beside_the_data(small: PlantFile, tmp_path: Path) -> None:
    result = simulated(small)
    plant_file = shipped_plants()["pumping_stations"]
    write_truth(result, plant_file, tmp_path)
    truth = tmp_path / "truth"
    assert pq.read_table(truth / "lives.parquet").schema.equals(LIFE_SCHEMA)
    assert pq.read_table(truth / "failures.parquet").equals(result.truth.failures)
    assert (truth / "plant.toml").read_text() == plant_file.read_text()
    assert "seed 3" in (truth / "README.md").read_text()
