from models.evaluation.fleet_intervals import FleetIntervals
from models.evaluation.judgement import judge
from models.evaluation.notice_recall import could_have_notice, notice_recall, with_notice
from tests.unit.models.evaluation.test_judgement import forecasts
from tests.unit.models.small_fleet import at, history


def test_recall_at_each_notice_is_of_failures_that_could_have_had_it() -> None:
    # m1 at 96: rings from 54 on (42 h). m2 at 40: from 33 (7 h), and was watched for 40 h. m2 at 150: never.
    failures = history(failures=[("m1", at(96), "seal"), ("m2", at(40), "seal"), ("m2", at(150), "seal")]).failures
    table = forecasts({"seal": []}, hours=240)
    early = [
        (m == "m1" and at(54) <= t < at(96)) or (m == "m2" and at(33) <= t < at(40))
        for m, t in zip(table["machine"].to_pylist(), table["time"].to_pylist(), strict=True)
    ]
    table = table.set_column(4, "probability", [[0.9 if rings else 0.1 for rings in early]])
    judged = judge(table, failures, threshold=0.5, start=at(0), end=at(240))
    found = notice_recall(judged.notices, FleetIntervals(judged, ["m1", "m2"], samples=200))
    assert [(n.hours, n.caught, n.failures) for n in found] == [(6, 2, 3), (12, 1, 3), (24, 1, 3), (48, 0, 2)]
    assert found[0].recall == 2 / 3
    assert found[0].interval.low == 0.5
    assert found[0].interval.high == 1.0
    assert [n.machine for n in with_notice(judged.notices, 24)] == ["m1"]
    assert len(could_have_notice(judged.notices, 48)) == 2
    assert judged.caught_12h == 1
