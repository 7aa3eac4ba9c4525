import io
import json
import platform
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.report import BenchmarkReport, machine_description


def report(**figures: float) -> BenchmarkReport:
    return BenchmarkReport(benchmark="models", set="azure", protocol="as told", figures=figures, seed=3)


def test_the_json_has_the_agreed_shape(tmp_path: Path) -> None:
    report(recall_12h=0.5).write(tmp_path / "r.json")
    content = json.loads((tmp_path / "r.json").read_text())
    assert set(content) == {"benchmark", "set", "protocol", "machine", "seed", "figures", "peers"}
    assert content["figures"] == {"recall_12h": 0.5}
    assert content["peers"] == {}


def test_a_figure_that_is_no_number_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        report(recall_12h=float("nan")).write(tmp_path / "r.json")


def test_a_figure_is_named_in_snake_case() -> None:
    with pytest.raises(ValueError, match="'Recall@12' is not a snake_case figure name"):
        report(**{"Recall@12": 1.0})


def test_an_interval_stands_beside_its_figure() -> None:
    screen = io.StringIO()
    report(skill=0.5, skill_low=0.25, skill_high=0.75).show(Console(file=screen, width=100))
    assert "0.25 .. 0.75" in screen.getvalue()
    assert "skill_low" not in screen.getvalue()


def test_the_machine_is_described_without_its_name() -> None:
    told = machine_description()
    assert platform.python_version() in told
    assert platform.node() not in told.split()
    assert "/" not in told
