from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.health.forecast import FORECAST_SCHEMA
from models.evaluation.judgement import Judgement, judge
from tests.unit.models.small_fleet import at, history


def forecasts(alarms: dict[str, list[int]], *, hours: int = 240, horizon: float = 24) -> pa.Table:
    """Forecast m1 and m2 every 3 h: 0.8 at the alarms of m1's components, 0.1 elsewhere."""
    rows: list[dict[str, Any]] = [
        {
            "time": at(h),
            "machine": m,
            "component": c,
            "horizon_h": horizon,
            "probability": 0.8 if m == "m1" and h in alarms[c] else 0.1,
            "model_version": "v",
            "revision": 0,
            "issued_at": at(h),
        }
        for c in alarms
        for m in ("m1", "m2")
        for h in range(0, hours, 3)
    ]
    return pa.Table.from_pylist(rows, schema=FORECAST_SCHEMA)


def judged(
    alarms: dict[str, list[int]], failures: list[tuple[str, datetime, str]], *, end: float = 240, **terms: Any
) -> Judgement:
    known = history(failures=failures, maintenance=terms.pop("work", []))
    maintenance = known.maintenance if len(known.maintenance) else None
    return judge(
        forecasts(alarms), known.failures, threshold=0.5, start=at(0), end=at(end), maintenance=maintenance, **terms
    )


def test_every_failure_is_caught_or_missed() -> None:
    found = judged(
        {"seal": [81, 120], "bearing": [81]},
        [("m1", at(96), "seal"), ("m1", at(123), "seal"), ("m2", at(150), "bearing")],
    )
    assert (found.failures, found.caught_12h, found.missed, found.caught_late) == (3, 1, 2, 1)
    assert found.false_alarms == 1
    assert found.recall_12h == pytest.approx(1 / 3)
    assert found.lead_time_h == {"p10": 4.2, "p50": 9.0, "p90": pytest.approx(13.8)}
    assert found.machine_months == pytest.approx(2 * 10 / 30)
    assert found.false_alarms_per_machine_month == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("hour", "failures"),
    [
        pytest.param(11, 0, id="too early to be foretold with 12 h notice"),
        pytest.param(12, 1, id="just foretellable"),
        pytest.param(119, 1, id="in the last hour"),
        pytest.param(120, 0, id="at the end, which is not in the stretch"),
    ],
)
def test_only_failures_that_could_be_foretold_are_counted(hour: int, failures: int) -> None:
    assert judged({"seal": []}, [("m1", at(hour), "seal")], end=120).failures == failures


def said_at(table: pa.Table, hour: float) -> pa.Table:
    """The same forecasts, none of them issued before `hour`, as after a silence."""
    issued = pa.array([max(said, at(hour)) for said in table["issued_at"].to_pylist()], table["issued_at"].type)
    return table.set_column(table.column_names.index("issued_at"), "issued_at", issued)


@pytest.mark.parametrize(
    ("issued", "caught", "leads"),
    [
        pytest.param(0, 1, [15.0], id="said at its own time"),
        pytest.param(84, 1, [12.0], id="said later: the notice counts from then"),
        pytest.param(90, 0, [6.0], id="said too late"),
        pytest.param(96, 0, [], id="said when the failure was there: hindsight"),
        pytest.param(97, 0, [], id="said after the failure: hindsight"),
    ],
)
def test_notice_counts_from_when_an_alarm_was_issued(issued: float, caught: int, leads: list[float]) -> None:
    failures = history(failures=[("m1", at(96), "seal")], maintenance=[]).failures
    found = judge(said_at(forecasts({"seal": [81]}), issued), failures, threshold=0.5, start=at(0), end=at(240))
    assert found.caught_12h == caught
    assert [n.lead_time_h for n in found.notices if n.lead_time_h is not None] == leads


def test_the_same_failure_twice_is_one() -> None:
    assert judged({"seal": []}, [("m1", at(96), "seal")] * 2).failures == 1


def test_what_is_not_over_is_not_judged() -> None:
    found = judged({"seal": [111]}, [], end=120)
    assert (found.false_alarms, found.undecided_alarms) == (0, 1)
    assert found.pending_rows == 2 * 7
    assert judged({"seal": [111]}, [], end=120, known_until=at(140)).false_alarms == 1


def test_failures_after_the_known_end_are_not_looked_at() -> None:
    assert judged({"seal": [111]}, [("m1", at(125), "seal")], end=120).confirmed_alarms == 0
    assert judged({"seal": [111]}, [("m1", at(125), "seal")], end=120, known_until=at(140)).confirmed_alarms == 1


def test_a_preventive_replacement_is_neither_right_nor_wrong() -> None:
    found = judged({"seal": [60]}, [], work=[("m1", at(72), "seal", "preventive")])
    assert (found.false_alarms, found.confirmed_alarms, found.censored_alarms) == (0, 0, 1)
    assert found.censored_rows == 8


def test_a_forecast_at_the_failures_own_moment_is_left_out() -> None:
    calm, failed = (
        judged({"seal": [], "bearing": []}, []),
        judged({"seal": [], "bearing": []}, [("m1", at(96), "seal")]),
    )
    assert calm.rows - failed.rows == 2  # one per component of the machine that stands
    assert failed.failed_rows == 8  # t - 24 h up to t - 3 h


def test_brier_and_skill_are_those_of_the_scored_rows() -> None:
    found = judged({"seal": list(range(72, 96, 3))}, [("m1", at(96), "seal")], base_rates={"seal": 0.5})
    scored = found.scored
    assert found.brier == pytest.approx(np.mean((scored.probability - scored.failed) ** 2))
    assert found.brier_skill == pytest.approx(1 - found.brier / 0.25)


def test_two_revisions_of_one_forecast_are_refused() -> None:
    twice = pa.concat_tables([forecasts({"seal": []})] * 2)
    with pytest.raises(ValueError, match="choose one revision first"):
        judge(twice, history().failures, threshold=0.5, start=at(0), end=at(240))


def test_two_horizons_are_refused() -> None:
    mixed = pa.concat_tables([forecasts({"seal": []}), forecasts({"bearing": []}, horizon=48)])
    with pytest.raises(ValueError, match=r"one horizon .* not of \[24.0, 48.0\] h"):
        judge(mixed, history().failures, threshold=0.5, start=at(0), end=at(240))


def test_no_forecasts_are_no_judgement_and_no_error() -> None:
    found = judge(forecasts({}), history().failures, threshold=0.5, start=at(0), end=at(240))
    assert (found.rows, found.failures, found.false_alarms) == (0, 0, 0)
    assert np.isnan(found.brier)
    assert np.isnan(found.recall_12h)


def test_what_stands_failed_is_neither_right_nor_wrong_until_it_is_repaired() -> None:
    failures = [("m1", at(48), "seal"), ("m1", at(60), "seal"), ("m1", at(150), "seal")]
    repair = ("m1", at(96), "seal", "corrective")
    alarms = {"seal": [51, 75, 96, 99, 141]}
    found = judged(alarms, failures, work=[repair], end=216)
    assert (found.failures, found.caught_late, found.false_alarms, found.confirmed_alarms) == (2, 1, 1, 1)
    assert found.down_rows == 16 + 21  # 51 to 96 h, and from 153 h on: the last failure was never repaired
    assert found.rows == 2 * 72 - found.down_rows - found.pending_rows - 2  # at 48 and 150 h it fails
    assert found.failures_left_out == 1  # at 60 h: that of 48 h, noted again
    at_once = judged(alarms, failures, end=216)
    assert (at_once.failures, at_once.failures_left_out, at_once.down_rows) == (3, 0, 0)


def test_a_repair_on_one_machine_makes_no_failure_of_another_unseen() -> None:
    failures = [*(("m1", at(h), "seal") for h in (48, 120, 192)), ("m2", at(30), "seal")]
    found = judged({"seal": []}, failures, work=[("m2", at(31), "seal", "corrective")])
    assert (found.failures, found.failures_left_out) == (4, 0)
    assert found.down_rows == 15  # of m1 after its last failure, which nothing shows to have been repaired


def test_a_machine_is_watched_from_its_first_forecast_to_its_last() -> None:
    said = forecasts({"seal": []})
    new = pc.and_(pc.equal(said["machine"], "m1"), pc.less(said["time"], pa.scalar(at(216), said["time"].type)))
    found = judge(said.filter(pc.invert(new)), history().failures, threshold=0.5, start=at(0), end=at(240))
    assert found.months_by_machine == pytest.approx({"m1": 1 / 30, "m2": 10 / 30})
