from datetime import timedelta

import numpy as np
import pytest

from models.evaluation.outcomes import Record
from models.failure.alarm_threshold import UnseenForecasts, choose_alarm_threshold
from models.features import RowIndex
from tests.unit.models.small_fleet import at, history

FAILURES = (100, 300, 500)


def chosen(at_failures: float, elsewhere: dict[int, float], weight: float = 10.0) -> float:
    """Choose on forecasts of `at_failures` in the day before each failure, and `elsewhere` at some hours."""
    before = {h for f in FAILURES for h in range(f - 24, f)}
    hours = range(0, 700)
    probability = np.array([at_failures if h in before else elsewhere.get(h, 0.005) for h in hours])
    index = RowIndex.of([("m1", at(h)) for h in hours])
    record = Record.of(history(failures=[("m1", at(f), "seal") for f in FAILURES]).failures, None, known_until=at(900))
    unseen = [UnseenForecasts("seal", index, probability)]
    day = timedelta(hours=24)
    return choose_alarm_threshold(unseen, record, horizon=day, notice=day / 2, missed_weight=weight)


def test_between_failures_and_the_rest_the_middle_is_chosen() -> None:
    assert chosen(0.8, {}) == pytest.approx(0.41, abs=0.02)


def test_false_alarms_push_the_threshold_up() -> None:
    noise = {h: 0.6 for h in range(110, 250, 2)} | {h: 0.6 for h in range(310, 450, 2)}
    assert 0.6 < chosen(0.8, noise) <= 0.8


@pytest.mark.parametrize(
    ("weight", "rings"),
    [
        pytest.param(10.0, True, id="dear failures are worth false alarms"),
        pytest.param(0.1, False, id="cheap ones are not"),
    ],
)
def test_the_weight_of_a_missed_failure_decides(weight: float, rings: bool) -> None:
    noise = {h: 0.6 for h in range(110, 270, 2)}
    assert (chosen(0.6, noise, weight) <= 0.6) is rings
