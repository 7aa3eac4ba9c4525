import math
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from foreworn.fleet.history import FleetHistory
from models.features import FeatureSet, UseSinceReplacement, compute
from tests.unit.models.small_fleet import HOUR, at, history, machine

USE = FeatureSet((UseSinceReplacement("seal", "hours_run", 100 * HOUR),))


def run(readings: dict[float, float | None], *work: float) -> FleetHistory:
    return history(
        machines=[machine("m0"), machine("m1")],
        telemetry=[{"time": at(h), "machine": "m1", "hours_run": value} for h, value in readings.items()],
        signals=[("hours_run", pa.float64())],
        maintenance=[("m1", at(h), "seal", "preventive") for h in work],
    )


@pytest.mark.parametrize(
    ("known", "use"),
    [
        pytest.param(run({0: 50, 10: 55, 20: 61}, 9), 6.0, id="from the first reading after the work to the newest"),
        pytest.param(run({0: 50, 10: 55, 20: 61}, 5, 9), 6.0, id="since the last work"),
        pytest.param(run({0: 50, 10: 55, 20: 61}, 9, 30), 6.0, id="work at the row itself is not seen"),
        pytest.param(run({10: 55, 20: 61, 22: 2, 29: 4}, 9), 10.0, id="a reset counter counts on"),
        pytest.param(run({10: 55, 20: 61, 22: 2, 24: 5, 25: 1}, 9), 12.0, id="reset twice: 6, then 5, then 1"),
        pytest.param(run({10: 55, 20: None, 22: 58}, 9), 3.0, id="a hole is skipped"),
        pytest.param(run({0: 50, 5: 61}, 9), math.nan, id="silent since the work"),
        pytest.param(run({0: 50, 20: 61}), math.nan, id="no work on record"),
        pytest.param(run({-90: 1, 20: 61}, -80), math.nan, id="work further back than the reach"),
    ],
)
def test_use_is_what_the_counter_moved_since_the_work(known: FleetHistory, use: float) -> None:
    found = compute(USE, known, [("m0", at(30)), ("m1", at(30))]).matrix[:, 0].tolist()
    assert found == pytest.approx([math.nan, use], nan_ok=True)


def test_a_live_window_gives_the_same_bits_as_the_whole_history() -> None:
    draw = np.random.default_rng(2)
    counter = np.cumsum(draw.random(400)) % 37
    known = run({float(h): float(v) for h, v in enumerate(counter)}, 60, 170, 260)
    for hour in range(50, 400, 31):
        live = known.between(at(hour) - USE.lookback, at(hour) + timedelta(milliseconds=1))
        live = FleetHistory(live.machines, live.telemetry, live.events, known.maintenance, live.failures)
        row = [("m1", at(hour))]
        assert compute(USE, known, row).matrix.tobytes() == compute(USE, live, row).matrix.tobytes()


def test_it_carries_the_plan_and_survives_the_way_through_data() -> None:
    assert FeatureSet.from_data(USE.as_data()) == USE
    assert USE.plan_names == ("hours_run since replacement of seal",)
    assert USE.without_plan().names == ()
    assert USE.signals == {"hours_run"}
