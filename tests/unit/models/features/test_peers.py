import math

import numpy as np
import pytest

from foreworn.fleet.history import FleetHistory
from models.features import FeatureSet, PeerDifference, RowIndex, compute
from tests.unit.models.small_fleet import HOUR, at, history, machine

AGAINST = FeatureSet((PeerDifference("vibration", 6 * HOUR),))


def fleet(levels: dict[str, float], *, of_another: tuple[str, ...] = ()) -> FleetHistory:
    return history(
        machines=[machine(m, "pz" if m in of_another else "px") for m in levels],
        telemetry=[
            {"time": at(h), "machine": m, "vibration": v + h}
            for m, v in levels.items()
            if not math.isnan(v)
            for h in range(24)
        ],
    )


@pytest.mark.parametrize(
    ("levels", "another", "difference"),
    [
        pytest.param({"a": 9.0, "b": 1.0, "c": 2.0, "d": 7.0}, (), 7.0, id="an odd number of peers"),
        pytest.param({"a": 9.0, "b": 1.0, "c": 2.0, "d": 4.0, "e": 8.0}, (), 6.0, id="an even number of peers"),
        pytest.param({"a": 3.0, "b": 3.0, "c": 3.0, "d": 3.0}, (), 0.0, id="all alike"),
        pytest.param({"a": 9.0, "b": 1.0, "c": 2.0, "d": 7.0, "x": 99.0}, ("x",), 7.0, id="another model is no peer"),
        pytest.param({"a": 9.0, "b": 1.0, "c": 2.0, "d": math.nan}, (), math.nan, id="too few peers spoke"),
        pytest.param({"a": math.nan, "b": 1.0, "c": 2.0, "d": 3.0}, (), math.nan, id="itself silent"),
    ],
)
def test_a_machine_is_held_against_the_middle_of_its_peers(
    levels: dict[str, float], another: tuple[str, ...], difference: float
) -> None:
    found = compute(AGAINST, fleet(levels, of_another=another), [("a", at(12))]).matrix[0, 0]
    assert found == pytest.approx(difference, nan_ok=True)


def test_what_moves_all_machines_alike_cancels_out() -> None:
    known = fleet({"a": 9.0, "b": 1.0, "c": 2.0, "d": 7.0})
    found = compute(AGAINST, known, [("a", at(h)) for h in (6, 12, 20)]).matrix[:, 0]
    assert found == pytest.approx([7.0, 7.0, 7.0])


def test_one_row_alone_is_the_row_among_many() -> None:
    draw = np.random.default_rng(4)
    known = fleet({f"m{i}": float(v) for i, v in enumerate(draw.normal(size=9))}, of_another=("m3", "m4"))
    index = RowIndex.grid([m.id for m in known.machines], at(3), at(23), HOUR)
    together = compute(AGAINST, known, index).matrix
    for row in range(0, len(index), 17):
        alone = compute(AGAINST, known, [index.pairs()[row]]).matrix[0]
        assert alone.tobytes() == together[row].tobytes()


def test_definitions_survive_the_way_through_data() -> None:
    assert FeatureSet.from_data(AGAINST.as_data()) == AGAINST
