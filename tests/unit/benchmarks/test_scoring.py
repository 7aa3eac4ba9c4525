"""Figures of scoring: parts on small fleets, and that what is compared is the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scoring import from_samples
from benchmarks.scoring.__main__ import SHORT, measure
from benchmarks.scoring.fleet import COMPONENTS, SIGNALS, FleetPlan, fleet
from benchmarks.scoring.from_samples import Year, check_same, ours, theirs
from benchmarks.scoring.live_hour import STAGES
from benchmarks.scoring.peak_memory import peak_mib
from benchmarks.scoring.turns import alternate, ratio


def test_a_ratio_is_of_one_turn_and_the_median_of_all() -> None:
    found = ratio("ratio_vs_pandas", [80.0, 90.0, 300.0], [10.0, 9.0, 100.0])
    assert found == {"ratio_vs_pandas": 8.0, "ratio_vs_pandas_low": 3.0, "ratio_vs_pandas_high": 10.0}


def test_contenders_take_turns_after_a_warm_up_that_does_not_count() -> None:
    order: list[str] = []
    found = alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, turns=2)
    assert order == ["a", "b", "a", "b", "b", "a"]
    assert {name: len(turns) for name, turns in found.items()} == {"a": 2, "b": 2}


def test_a_component_that_will_fail_shows_it_in_its_signal() -> None:
    known = fleet(FleetPlan(machines=20, days=60, failures_per_year=12))
    assert set(known.components) == set(COMPONENTS)
    assert set(known.signals) == set(SIGNALS)
    assert known.maintenance["time"].equals(known.failures["time"])
    assert known.telemetry["vibration"].to_numpy().max() > 3 * 100 * 1.25


def test_windows_that_are_not_those_of_pandas_are_told() -> None:
    year = Year.of(FleetPlan(machines=2, days=4))
    matrix, ways = ours(year)(), theirs(year)
    assert set(ways) == {"groupby", "per_machine", "one_line", "step", "step_one_line"}
    for way in ways.values():
        check_same(matrix, way())
    matrix[5, from_samples.windows().names.index("vibration spread 24 h")] += 1e-5
    with pytest.raises(RuntimeError, match="not those of pandas"):
        check_same(matrix, ways["groupby"]())


def test_windows_at_every_third_sample_are_not_taken_of_a_fleet_that_is_not_regular() -> None:
    year = Year.of(FleetPlan(machines=2, days=4))
    gap = replace(year.history, telemetry=year.history.telemetry.filter(np.arange(2 * 96) != 40))
    with pytest.raises(ValueError, match="not regular"):
        theirs(Year(gap, year.rows))


def test_peak_memory_is_that_of_the_work() -> None:
    standing = np.ones(2**20)
    assert peak_mib(lambda: np.cumsum(standing[: 2**18]).sum()) == pytest.approx(2.0, abs=0.5)


def test_every_part_is_measured_and_written(tmp_path: Path) -> None:
    report = measure(SHORT, 1, ("predict", "pandas", "day", "hour"), lambda _: None)
    report.write(tmp_path / "report.json")
    wanted = {"ratio_vs_predict", "ratio_vs_pandas", "live_hour_wall_seconds", "caught_up_day_cpu_seconds"}
    assert wanted <= set(report.figures)
    assert all(report.figures[f"live_hour_{stage}_cpu_seconds"] > 0 for stage in STAGES)
    staged = sum(report.figures[f"live_hour_{stage}_cpu_seconds"] for stage in STAGES)
    assert staged <= report.figures["live_hour_cpu_seconds"]
