import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.models import cmapss, cmapss_decision
from benchmarks.models.__main__ import main
from foreworn.economics.control_limit import ForetoldLife
from foreworn.storage.history.cmapss import SETTINGS
from models.evaluation.remaining_life import LifeForecasts
from models.life import LifeModelSettings

LIFE = (40, 60)


def written(data: Path, engines: int = 16) -> Path:
    """Write engines of short lives in the form of NASA's files: most sensors stand still, two wear."""
    folder = data / cmapss.FOLDER
    folder.mkdir()
    draw = np.random.default_rng(9)
    true: list[int] = []
    parts: dict[str, list[str]] = {"train": [], "test": []}
    for part in parts:
        for unit in range(1, engines + 1):
            life = int(draw.integers(*LIFE))
            seen = life if part == "train" else int(draw.integers(25, life - 8))
            if part == "test":
                true.append(life - seen)
            worn = np.exp((np.arange(1, seen + 1) - life) / 15)
            sensors = np.full((seen, 21), 1.5)
            sensors[:, 1] = 10 + 3 * worn + draw.normal(0, 0.2, seen)
            sensors[:, 10] = 40 - 2 * worn + draw.normal(0, 0.2, seen)
            for cycle in range(seen):
                values = " ".join(f"{v:.4f}" for v in sensors[cycle])
                parts[part].append(f"{unit} {cycle + 1} 0.0010 0.0002 100.0 {values}  \n")
    for part, lines in parts.items():
        (folder / f"{part}_FD001.txt").write_text("".join(lines))
    (folder / "RUL_FD001.txt").write_text("".join(f"{life}\n" for life in true))
    return data


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small = {"trees": 30, "quantile_trees": 20, "fewest_rows_in_leaf": 10, "folds": 3, "nearest": 5}

    def settings(**changes: object) -> LifeModelSettings:
        base = {"unit": "cycles", "operating_settings": SETTINGS, "cap": 40.0}
        return LifeModelSettings.model_validate(base | changes | small | {"learn_up_to": 100.0})

    monkeypatch.setattr(cmapss, "settings_of", settings)
    monkeypatch.setattr(cmapss_decision, "settings_of", settings)
    monkeypatch.setattr(cmapss_decision, "FOLDS", 3)
    return written(tmp_path)


def test_forecasts_are_the_same_whatever_the_true_lives_are(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cmapss", "--data", str(data), "--json", str(tmp_path / "r.json"), "--permute-test-labels"]) == 0
    assert "identical" in capsys.readouterr().out
    figures = json.loads((tmp_path / "r.json").read_text())["figures"]
    assert (figures["engines"], figures["seeds"]) == (16, 3)
    assert {
        "rmse_capped",
        "rmse_raw",
        "phm08_capped",
        "coverage_p10_p90",
        "interval_width",
        "seeds_rmse_capped_most",
        "cut_once_coverage_p10_p90_low",
    } <= set(figures)
    assert figures["rmse_capped_low"] <= figures["rmse_capped"] <= figures["rmse_capped_high"]


def test_the_true_lives_are_needed_for_nothing_but_the_judging(data: Path) -> None:
    folder = data / cmapss.FOLDER
    (folder / "RUL_FD001.txt").unlink()
    _, told = cmapss.run(folder, "FD001")
    assert np.isnan(told.forecasts.true).all()
    assert np.isfinite(told.forecasts.expected).all()


def test_a_decision_is_priced_between_age_replacement_and_foresight(data: Path, tmp_path: Path) -> None:
    assert main(["cmapss-decision", "--data", str(data), "--json", str(tmp_path / "r.json")]) == 0
    figures = json.loads((tmp_path / "r.json").read_text())["figures"]
    assert figures["engines"] == 16
    assert figures["gap_closed"] <= 1
    assert figures["gap_closed_low"] <= figures["gap_closed"] <= figures["gap_closed_high"]
    assert figures["one_more_failure_costs"] > 0
    assert {"gap_closed_noise_doubled", "gap_closed_third_of_sensors_dead", "slack_of_closest_engine"} <= set(figures)
    assert figures["third_of_sensors_dead_moves_forecasts_most"] > 0.5  # two sensors wear: each is a third of its own


def test_engines_cut_once_count_one_row_each() -> None:
    unit = np.array(["a"] * 3 + ["b"], dtype=object)
    told = LifeForecasts(unit, np.array([9.0, 9.0, 9.0, 5.0]), np.array([9.0, 9.0, 9.0, 1.0]), np.full((4, 3), 9.0))
    found = cmapss.cut_once(told)
    assert found["cut_once_rmse_capped"] == pytest.approx(np.sqrt(8))  # of errors 0 and -4, whichever row is drawn
    assert found["cut_once_coverage_p10_p90_low"] == found["cut_once_coverage_p10_p90_high"] == 0.5


def test_an_error_times_two_is_twice_as_far_from_the_truth() -> None:
    life = ForetoldLife("u", 100, np.array([50, 90, 98]), np.array([40.0, 13.0, 0.0]))
    worse = cmapss_decision.with_error_times(life, 2.0)
    assert worse.foretold.tolist() == [30.0, 16.0, 0.0]  # 50 left, told 40; 10 left, told 13; never below 0


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cmapss", "--data", str(tmp_path)]) == 1
    assert "no folder cmapss" in capsys.readouterr().err
