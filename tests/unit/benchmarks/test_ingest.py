"""Figures of taking in: ratios within turns, loads that never say the same twice, and what was stored when."""

import gzip

import pytest

from benchmarks.ingest.bench import DEVICES, load
from benchmarks.ingest.latency import StoredTimes
from benchmarks.ingest.turns import paced, ratio, spread


def test_a_ratio_is_of_one_turn_and_the_median_of_all() -> None:
    found = ratio("ratio_vs_paho", [80.0, 90.0, 300.0], [10.0, 9.0, 100.0])
    assert found == {"ratio_vs_paho": 8.0, "ratio_vs_paho_low": 3.0, "ratio_vs_paho_high": 10.0}


def test_a_figure_has_the_least_and_the_greatest_turn_beside_it() -> None:
    assert spread("rows", [3.0, 1.0, 2.0]) == {"rows": 2.0, "rows_low": 1.0, "rows_high": 3.0}


@pytest.mark.parametrize("batch", [pytest.param(1, id="single readings"), pytest.param(50, id="batches")])
def test_a_load_that_follows_another_says_none_of_its_readings_again(batch: int) -> None:
    rounds = 5
    first = load(port=1, messages=rounds * DEVICES, batch=batch)
    then = load(port=1, messages=DEVICES, first_seq=1 + rounds * batch, batch=batch)
    assert then.time_of(then.first_seq) == first.time_of(rounds * batch) + (first.time_of(2) - first.time_of(1))


def test_a_paced_load_is_ten_seconds_of_whole_rounds() -> None:
    work = paced(5_000)
    assert (work.messages, work.messages % DEVICES, work.rate) == (50_000, 0, 5_000)


def test_a_reading_counts_as_stored_when_it_was_first() -> None:
    times = StoredTimes()
    times.note(gzip.compress(b"telemetry,device=load-0007 vibration=1.5 1000\ntelemetry,device=load-0008 a=1 1000"))
    times.note(b"telemetry,device=load-0007 vibration=1.5 1000")
    found = times.by_reading()
    assert set(found) == {(7, 1000), (8, 1000)}
    assert found[7, 1000] == found[8, 1000]
