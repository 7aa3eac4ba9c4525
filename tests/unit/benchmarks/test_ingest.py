"""Figures of taking in: ratios within turns, loads that never say the same twice, and what was stored when."""

import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.ingest.bench import DEVICES, load
from benchmarks.ingest.content import SIGNALS, check_same, in_lines, said
from benchmarks.ingest.latency import StoredTimes, due_at
from benchmarks.ingest.process_cost import cpu_seconds
from benchmarks.ingest.turns import paced, ratio, spread
from simulators.load.ledger import Ledger


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


def test_a_message_is_late_since_it_was_due_and_not_since_it_was_sent() -> None:
    plan = load(port=1, rate=100.0, devices=4)
    rounds, begin, delay = 3, 1000.0, 0.5
    device = np.tile(np.arange(4), rounds)
    due = np.array([begin + (r * 4 + c) / 100 for r in range(rounds) for c in range(4)])
    late = np.where(np.arange(len(due)) == 5, delay, 0.0)
    nothing = np.full(len(due), np.nan)
    ledger = Ledger(plan, device.astype(np.uint32), np.repeat(np.arange(rounds), 4) + 1, due + late, nothing, nothing)
    assert due_at(ledger) == pytest.approx(due)


def said_twice() -> Ledger:
    plan = load(port=1, messages=2, devices=2)
    never = np.full(2, np.nan)
    return Ledger(plan, np.array([0, 1], np.uint32), np.array([1, 1]), never, never, never)


def test_what_was_said_is_compared_by_value_and_not_by_count() -> None:
    expected = said([said_twice()])
    check_same(said([said_twice()]), expected)
    place = expected.schema.get_field_index("vibration")
    changed = expected.set_column(place, "vibration", pa.array([1.0, 2.0]))
    with pytest.raises(RuntimeError, match=r"'vibration': 1\.0"):
        check_same(changed, expected)
    with pytest.raises(RuntimeError, match="1 rows are there, not 2"):
        check_same(expected.slice(0, 1), expected)


def test_lines_are_read_back_as_they_were_said(tmp_path: Path) -> None:
    expected = said([said_twice()])
    lines = []
    for row in expected.to_pylist():
        fields = ",".join(f"{name}={row[name]}" for name in SIGNALS)
        lines.append(f"telemetry,device={row['device']},site=load seq=1i,{fields} {row['time']}000000")
    (tmp_path / "rows").write_text("\n".join([*lines, lines[0]]))
    check_same(in_lines(tmp_path / "rows"), expected)


def test_cpu_time_is_counted_finer_than_in_ticks_and_with_threads_that_have_ended() -> None:
    before = cpu_seconds(os.getpid())
    thread = threading.Thread(target=sum, args=(range(2_000_000),))
    thread.start()
    thread.join()
    spent = cpu_seconds(os.getpid()) - before
    assert spent > 0
    assert spent * 100 % 1 != 0
