from datetime import timedelta

import numpy as np
import pytest

from foreworn.loop.pricing.told import ToldLife, dealt_to_others, with_noise_doubled, without_signals
from tests.unit.loop.pricing.lived import HORIZONS, HOUR, LEAD, START, history, life


def constant(name: str, length: int, probability: float) -> ToldLife:
    time = tuple(START + hour * HOUR for hour in range(length))
    return ToldLife(life(name, length), time, np.full((length, len(HORIZONS)), probability), HORIZONS)


def odds(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_doubled_noise_strays_twice_as_far_from_what_is_said_with_the_same_life_left() -> None:
    worse = with_noise_doubled([constant("a", 60, 0.2), constant("b", 60, 0.8)], lead=LEAD)
    # The mean of their log-odds is 0: 0.2 and 0.8 lie as far below as above.
    assert odds(float(worse[0].probability[7, 0])) == pytest.approx(2 * odds(0.2))
    assert odds(float(worse[1].probability[7, 0])) == pytest.approx(2 * odds(0.8))


def test_a_forecast_that_never_strays_has_no_noise_to_double() -> None:
    (same,) = with_noise_doubled([constant("a", 60, 0.3)], lead=LEAD)
    assert same.probability == pytest.approx(0.3)


def test_a_life_is_given_what_was_said_of_a_stranger_of_the_same_age() -> None:
    told = [constant("a", 30, 0.1), constant("b", 50, 0.5), constant("c", 40, 0.9)]
    dealt = dealt_to_others(told, seed=1)
    assert [one.life for one in dealt] == [one.life for one in told]
    assert sorted(float(one.probability[0, 0]) for one in dealt) == [0.1, 0.5, 0.9]
    for own, given in zip(told, dealt, strict=True):
        assert given.probability[0, 0] != own.probability[0, 0]
        assert all(time < own.life.failed_at for time in given.time)
        assert given.time[1] - given.time[0] == timedelta(hours=1)


def test_a_silent_signal_says_nothing_and_the_rest_stays() -> None:
    record = history([30, 40])
    heard = without_signals(record, ["wear"])
    assert heard.telemetry["wear"].null_count == len(record.telemetry)
    assert heard.telemetry["time"] == record.telemetry["time"]
    assert without_signals(record, []) == record
