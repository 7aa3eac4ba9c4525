"""Champion against challenger on the wearing fleet, which shows every failure a day ahead."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.model_contest import NoContest, _Stretch, hold_contest
from foreworn.telemetry.sample import to_epoch_ms
from models.failure import FailureModelSettings, GradientBoostedFailureModel
from models.features import RowIndex
from tests.unit.loop.remembered_training import train
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet, model
from tests.unit.models.small_fleet import HOUR, at, history, machine

END = at(60 * 24)
BLIND = FailureModelSettings(trees=1, learning_rate=0.01, fewest_rows_in_leaf=10, feature_share=1.0)
"""One tree of no weight: nearly the base rate for every row."""


def trained(settings: FailureModelSettings, until: datetime = UNTIL) -> GradientBoostedFailureModel:
    return train(fleet(), until=until, settings=settings)


@pytest.fixture(scope="module")
def sighted() -> GradientBoostedFailureModel:
    return trained(SMALL.model_copy(update={"trees": 20}))


def test_who_does_not_see_the_signs_is_worse_beyond_doubt_and_catches_less() -> None:
    found = hold_contest(model(), lambda time: trained(BLIND, time), fleet(), until=END, horizon=24 * HOUR)
    assert (found.start, found.end) == (UNTIL, END)
    assert found.machines == 12
    assert found.failures > 15
    assert found.champion.caught >= found.failures - 1
    assert found.challenger.caught < found.champion.caught
    assert found.lost_low > 0.1
    assert found.challenger.brier > found.champion.brier


def test_who_sees_what_the_champion_sees_is_not_told_apart_from_it(sighted: GradientBoostedFailureModel) -> None:
    found = hold_contest(model(), lambda time: sighted, fleet(), until=END, horizon=24 * HOUR)
    assert -0.001 < found.lost_low <= found.lost_high < 0.001
    assert found.challenger.caught == found.champion.caught


def no_recipe(time: datetime) -> GradientBoostedFailureModel:
    raise AssertionError("nothing has to be trained to say that there is no contest")


def thin_recipe(time: datetime) -> GradientBoostedFailureModel:
    raise TooLittleHistory("2 failures")


def test_the_champions_own_recipe_is_no_challenger() -> None:
    with pytest.raises(NoContest, match="only newer history"):
        hold_contest(model(), lambda time: model(), fleet(), until=END, horizon=24 * HOUR)


@pytest.mark.parametrize(
    ("until", "horizon", "why"),
    [
        pytest.param(UNTIL + 24 * HOUR, 24 * HOUR, r"\d failures since .*; 5 are needed", id="too few failures"),
        pytest.param(UNTIL, 24 * HOUR, "nothing was recorded since", id="no time passed"),
        pytest.param(END, 48 * HOUR, "looks 24 h ahead, this one 48 h", id="another horizon"),
    ],
)
def test_what_cannot_be_compared_is_told_before_anything_is_trained(
    until: datetime, horizon: timedelta, why: str
) -> None:
    with pytest.raises(NoContest, match=why):
        hold_contest(model(), no_recipe, fleet(), until=until, horizon=horizon)


def test_a_history_that_begins_too_late_for_the_challenger_is_no_contest() -> None:
    with pytest.raises(NoContest, match="learns nothing from before 2026-02-10 00:00 UTC: 2 failures"):
        hold_contest(model(), thin_recipe, fleet(), until=END, horizon=24 * HOUR)


def test_what_is_said_of_a_component_that_stands_failed_decides_nothing() -> None:
    known = history(
        machines=[machine(f"m{i}") for i in range(6)],
        telemetry=[{"time": at(h), "machine": f"m{i}", "vibration": 1.0} for i in range(6) for h in (0, 480)],
        failures=[(f"m{i}", at(120), "seal") for i in range(6)],
        maintenance=[(f"m{i}", at(360), "seal", "corrective") for i in range(6)],
    )

    def said(while_down: float) -> GradientBoostedFailureModel:
        def probabilities(past: FleetHistory, rows: RowIndex) -> dict[str, NDArray[np.float64]]:
            hours = (rows.time - to_epoch_ms(at(0))) / 3_600_000
            soon, down = (hours >= 96) & (hours < 120), (hours >= 120) & (hours <= 360)
            return {"seal": np.where(down, while_down, np.where(soon, 0.9, 0.001))}

        return SimpleNamespace(  # type: ignore[return-value]
            probabilities=probabilities,
            threshold=0.5,
            features=SimpleNamespace(warm_up=timedelta(0)),
            models_seen={m.model for m in known.machines},
            provenance=SimpleNamespace(settings=SMALL),
            horizon=24 * HOUR,
        )

    found = _Stretch(known, at(24), at(480), said(0.9), said(0.001)).contest()
    assert (found.lost_low, found.lost_high) == (0.0, 0.0)
    assert found.challenger == found.champion
    assert (found.champion.caught, found.champion.false_alarms) == (6, 0)
