from datetime import timedelta

import numpy as np
import pytest

from models.evaluation.outcomes import Record
from models.failure.alarm_threshold import (
    UnseenForecasts,
    alarms_at,
    caught_by_chance,
    choose_alarm_threshold,
)
from models.features import RowIndex
from tests.unit.models.small_fleet import at, history

FAILURES = (100, 300, 500)
DAY = timedelta(hours=24)


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


@pytest.mark.parametrize(
    ("knows", "by_luck"),
    [
        pytest.param(True, False, id="forecasts that know when"),
        pytest.param(False, True, id="forecasts that know nothing, and ring so often that they catch half"),
    ],
)
def test_what_alarms_of_noise_catch_they_catch_at_other_times_too(knows: bool, by_luck: bool) -> None:
    machines, failures = [f"m{i}" for i in range(10)], (100, 160, 250, 400, 480)
    index = RowIndex.grid(machines, at(0), at(600), timedelta(hours=6))
    failed = history(failures=[(m, at(f + 0.5), "seal") for m in machines for f in failures]).failures
    record = Record.of(failed, None, known_until=at(700))
    probability = np.random.default_rng(1).uniform(0, 1, len(index)) ** 4
    if knows:
        hours = (index.time - index.time[0]) // 3_600_000
        probability[np.isin(hours // 24, [f // 24 - 1 for f in failures])] = 1.0
    unseen = UnseenForecasts("seal", index, probability)
    caught = alarms_at(0.5, unseen, record, horizon=DAY, notice=DAY / 2).caught
    mean, variance = caught_by_chance(0.5, unseen, record, horizon=DAY, notice=DAY / 2)
    assert caught > 10
    assert (caught <= mean + 2.326 * variance**0.5) is by_luck
