from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.errors import NotFound
from foreworn.fleet.history import FleetHistory
from models.features import RowIndex, compute, default_features
from tests.naive_features import naive_row
from tests.unit.models.small_fleet import HOUR, at, history, machine, wearing_fleet

FEATURES = default_features(["vibration", "speed"], ["E1", "E2"], ["bearing", "seal"], machine_models=["px", "py"])
MACHINES = ("m1", "m2")
SIGNALS = (("vibration", pa.float64()), ("speed", pa.int64()), ("mode", pa.string()))
MINUTES = st.integers(0, 60 * 72)
VALUES = st.one_of(st.none(), st.floats(-1e6, 1e6, allow_subnormal=False))


@st.composite
def histories(draw: st.DrawFn) -> FleetHistory:
    """Draw two machines with irregular samples, nulls, events, maintenance and failures over three days."""
    stamps = draw(st.lists(st.tuples(st.sampled_from(MACHINES), MINUTES), max_size=60, unique=True))
    telemetry: list[dict[str, Any]] = [
        {
            "machine": m,
            "time": at(t / 60),
            "vibration": draw(VALUES),
            "speed": draw(st.one_of(st.none(), st.integers(-9, 9))),
            "mode": "run",
        }
        for m, t in stamps
    ]
    moments = st.tuples(st.sampled_from(MACHINES), MINUTES)
    kinds = st.sampled_from(["preventive", "corrective"])
    parts = st.sampled_from(["bearing", "seal"])
    return history(
        machines=[machine("m1", "px"), machine("m2", "pz")],
        telemetry=telemetry,
        signals=SIGNALS,
        events=[(m, at(t / 60), c) for (m, t), c in draw(st.lists(st.tuples(moments, st.sampled_from(["E1", "E2"]))))],
        maintenance=[(m, at(t / 60), c, k) for (m, t), c, k in draw(st.lists(st.tuples(moments, parts, kinds)))],
        failures=[(m, at(t / 60), c) for (m, t), c in draw(st.lists(st.tuples(moments, parts)))],
    )


rows = st.lists(st.tuples(st.sampled_from(MACHINES), MINUTES), min_size=1, max_size=12)
examples = settings(derandomize=True, max_examples=30, deadline=None)


@examples
@given(histories(), rows)
def test_rows_are_those_of_the_naive_twin(known: FleetHistory, wanted: list[tuple[str, int]]) -> None:
    pairs = [(m, at(t / 60)) for m, t in wanted]
    found = compute(FEATURES, known, pairs)
    naive = [naive_row(FEATURES, known, m, t) for m, t in pairs]
    np.testing.assert_allclose(found.matrix, naive, rtol=1e-9, atol=1e-6)


@examples
@given(histories(), rows)
def test_what_is_stamped_later_never_changes_a_row(known: FleetHistory, wanted: list[tuple[str, int]]) -> None:
    for name, minute in wanted:
        row = [(name, at(minute / 60))]
        past = known.until(row[0][1] + timedelta(milliseconds=1))
        assert compute(FEATURES, known, row).matrix.tobytes() == compute(FEATURES, past, row).matrix.tobytes()


@examples
@given(histories(), rows)
def test_a_live_window_gives_the_same_bits_as_the_whole_history(
    known: FleetHistory, wanted: list[tuple[str, int]]
) -> None:
    for name, minute in wanted:
        row, now = [(name, at(minute / 60))], at(minute / 60)
        live = known.between(now - FEATURES.lookback, now + timedelta(milliseconds=1))
        live = replace(live, maintenance=known.maintenance)
        assert compute(FEATURES, known, row).matrix.tobytes() == compute(FEATURES, live, row).matrix.tobytes()


@examples
@given(histories(), rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_records_does_not_matter(
    known: FleetHistory, wanted: list[tuple[str, int]], chance: Any
) -> None:
    pairs = [(m, at(t / 60)) for m, t in wanted]
    order = chance.sample(range(len(pairs)), len(pairs))

    def mixed(table: pa.Table) -> pa.Table:
        return table.take(pa.array(chance.sample(range(len(table)), len(table)), pa.int64()))

    shuffled = replace(
        known, telemetry=mixed(known.telemetry), events=mixed(known.events), maintenance=mixed(known.maintenance)
    )
    plain, other = compute(FEATURES, known, pairs), compute(FEATURES, shuffled, [pairs[i] for i in order])
    assert plain.matrix[order].tobytes() == other.matrix.tobytes()
    assert plain.digest() == other.digest()


def test_the_digest_tells_histories_apart_and_overlooks_the_last_bits() -> None:
    rows = compute(FEATURES, wearing_fleet(), [("m01", at(100)), ("m02", at(101))])
    nudged = replace(rows, matrix=rows.matrix * (1 + 1e-14))
    moved = replace(rows, matrix=rows.matrix * (1 + 1e-7))
    assert nudged.digest() == rows.digest() != moved.digest()
    assert rows.digest() != compute(FEATURES, wearing_fleet(), [("m01", at(100)), ("m02", at(102))]).digest()


def test_a_row_of_an_unknown_machine_is_refused() -> None:
    with pytest.raises(NotFound, match="no machine 'm9'; known: m1"):
        compute(FEATURES, history(), [("m9", at(1))])


def test_a_machine_that_never_spoke_has_its_master_data() -> None:
    row = compute(FEATURES, history(), [("m1", at(1))]).matrix[0]
    known = dict(zip(FEATURES.names, row.tolist(), strict=True))
    assert known["machine age"] == 5.0
    assert known["E1 count 24 h"] == 0.0
    assert np.isnan(known["vibration mean 24 h"])


def test_no_rows_give_an_empty_matrix() -> None:
    assert compute(FEATURES, history(), []).matrix.shape == (0, len(FEATURES.names))


def test_a_grid_stands_on_multiples_since_the_epoch() -> None:
    grid = RowIndex.grid(["m1", "m2"], at(1), at(9), 3 * HOUR)
    assert grid.pairs() == [("m1", at(3)), ("m1", at(6)), ("m2", at(3)), ("m2", at(6))]
    assert RowIndex.of(grid.pairs()).time.tolist() == grid.time.tolist()
