import pyarrow as pa
import pytest

from foreworn.fleet.renewal import changes_course, interventions, renewals, renews

ACTIONS = ("replaced", "overhauled", "", "repaired", " Adjusted", "INSPECTED", "none", None)
KINDS = ("preventive", "corrective")
WORK = pa.table({"action": [a for a in ACTIONS for _ in KINDS], "kind": [k for _ in ACTIONS for k in KINDS]})


@pytest.mark.parametrize(
    ("action", "preventive", "corrective"),
    [
        pytest.param("replaced", True, True, id="a replacement renews"),
        pytest.param("Bearing changed", True, True, id="what is not known by its name is a replacement"),
        pytest.param(None, True, True, id="and so is what has no name"),
        pytest.param("repaired", False, True, id="a repair renews only what had failed"),
        pytest.param(" Adjusted", False, True, id="and so does an adjustment, however it is written"),
        pytest.param("inspected", False, False, id="an inspection renews nothing"),
        pytest.param("none", False, False, id="nor does nothing"),
    ],
)
def test_what_renews(action: str | None, preventive: bool, corrective: bool) -> None:
    assert (renews(action, "preventive"), renews(action, "corrective")) == (preventive, corrective)


def test_a_table_is_read_by_the_same_rule_as_a_record() -> None:
    assert renewals(WORK).to_pylist() == [row for row in WORK.to_pylist() if renews(row["action"], row["kind"])]
    assert interventions(WORK).to_pylist() == [row for row in WORK.to_pylist() if changes_course(row["action"])]


def test_where_no_action_is_told_every_record_is_a_replacement() -> None:
    bare = WORK.select(["kind"])
    assert renewals(bare).equals(bare)
    assert interventions(bare).equals(bare)
