"""How fast a signal may change, judged value by value and by column."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.errors import Rejected
from foreworn.telemetry.signal import Signal, SignalType
from ingestion.reception.rates import RatesOfChange, Track

FLOW = Signal("flow", "l/min", most_per_second=2.0)
CYCLES = Signal("cycles", type=SignalType.COUNTER, most_per_second=2.0)
Said = tuple[str, int, float]  # device, ms, value


def accepted(rates: RatesOfChange, said: Sequence[Said], signal: Signal = FLOW, since: int = 0) -> list[bool]:
    verdicts = []
    for device, time, value in said:
        try:
            rates.take(signal, device, since, time, value)
            verdicts.append(True)
        except Rejected:
            verdicts.append(False)
    return verdicts


@pytest.mark.parametrize(
    ("said", "verdicts"),
    [
        pytest.param([(0, 5.0), (1000, 7.0)], [True, True], id="as fast as possible"),
        pytest.param([(0, 5.0), (1000, 7.1)], [True, False], id="faster, upwards"),
        pytest.param([(0, 5.0), (1000, 2.9)], [True, False], id="faster, downwards"),
        pytest.param([(0, 5.0), (1000, 99.0), (2000, 9.0)], [True, False, True], id="what was refused is no measure"),
        pytest.param([(0, 5.0), (60_000, 99.0)], [True, True], id="a jump is believed once it has had the time"),
        pytest.param([(5000, 5.0), (4000, 99.0)], [True, True], id="what comes late is not judged"),
        pytest.param([(5000, 5.0), (4000, 99.0), (6000, 6.0)], [True] * 3, id="nor does it become the last"),
        pytest.param([(5000, 5.0), (5000, 99.0), (6000, 99.0)], [True] * 3, id="the same time again replaces it"),
    ],
)
def test_a_value_is_held_against_the_last_good_one(said: list[tuple[int, float]], verdicts: list[bool]) -> None:
    assert accepted(RatesOfChange(), [("p", time, value) for time, value in said]) == verdicts


def test_a_counter_may_fall_but_not_rise_faster() -> None:
    said = [("p", 0, 5000.0), ("p", 1000, 0.0), ("p", 2000, 3.0)]
    assert accepted(RatesOfChange(), said, CYCLES) == [True, True, False]


def test_what_was_sent_from_another_machine_is_no_measure() -> None:
    rates = RatesOfChange()
    assert accepted(rates, [("p", 0, 5.0)]) == [True]
    assert accepted(rates, [("p", 1000, 99.0)], since=500) == [True]


def test_devices_and_signals_do_not_mix() -> None:
    rates = RatesOfChange()
    assert accepted(rates, [("p", 0, 5.0), ("q", 1, 99.0)]) == [True, True]
    assert accepted(rates, [("p", 1, 99.0)], CYCLES) == [True]


def test_what_is_remembered_before_an_error_is_forgotten() -> None:
    rates = RatesOfChange()
    accepted(rates, [("p", 0, 5.0)])
    with pytest.raises(IndexError), rates.forgotten_on_error():
        accepted(rates, [("p", 1000, 6.0), ("p", 2000, 7.0), ("q", 0, 1.0)]).pop(99)
    assert accepted(rates, [("p", 1000, 7.1), ("q", 1, 99.0)]) == [False, True]


def track(said: Sequence[Said], devices: Sequence[str], signal: Signal, since: int = 0) -> Track:
    return Track(
        signal,
        devices,
        np.array([devices.index(device) for device, _, _ in said], np.intp),
        np.full(len(said), since, np.int64),
        np.array([time for _, time, _ in said], np.int64),
        np.array([value for _, _, value in said], np.float64),
    )


SAID = st.lists(
    st.tuples(st.sampled_from("pqr"), st.integers(0, 9).map(lambda n: n * 500), st.integers(0, 6).map(float))
)


@given(before=SAID, now=SAID, then=SAID, signal=st.sampled_from([FLOW, CYCLES]))
@settings(max_examples=150, derandomize=True, deadline=None)
def test_devices_without_doubt_are_judged_alike_by_column(
    before: list[Said], now: list[Said], then: list[Said], signal: Signal
) -> None:
    one_by_one, by_column = RatesOfChange(), RatesOfChange()
    accepted(one_by_one, before, signal)
    accepted(by_column, before, signal)
    told = track(now, "pqr", signal)
    doubtful = {"pqr"[place] for place in by_column.doubtful(told).tolist()}
    plain = [one for one in now if one[0] not in doubtful]
    by_column.remember(track(plain, "pqr", signal))
    assert all(accepted(one_by_one, plain, signal))
    assert accepted(by_column, then, signal) == accepted(one_by_one, then, signal)


def test_in_order_and_slow_enough_is_beyond_doubt() -> None:
    rates = RatesOfChange()
    accepted(rates, [("p", 0, 1.0)])
    assert rates.doubtful(track([("p", 1000, 2.0), ("q", 0, 9.0), ("p", 2000, 4.0)], "pq", FLOW)).tolist() == []


def test_by_column_too_another_machine_is_no_measure() -> None:
    rates = RatesOfChange()
    accepted(rates, [("p", 0, 1.0)])
    assert rates.doubtful(track([("p", 1000, 99.0)], "p", FLOW)).tolist() == [0]
    assert rates.doubtful(track([("p", 1000, 99.0)], "p", FLOW, since=500)).tolist() == []


def test_what_comes_late_is_not_judged_by_column() -> None:
    rates = RatesOfChange()
    late = track([("p", 2000, 5.0), ("p", 1000, 0.0), ("q", 0, 1.0)], "pq", CYCLES)
    assert set(rates.doubtful(late).tolist()) == {0}
