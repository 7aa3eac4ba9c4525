import json
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pyarrow.compute as pc
import pytest

from foreworn.errors import ConfigurationError, TooLittleHistory
from foreworn.loop.backtest import Backtest, backtest, run_backtest
from foreworn.loop.backtest.case import split
from models.evaluation.classification import f1_score
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import HOUR, at

TEST_FROM, TEST_TO = UNTIL + 24 * HOUR, at(55 * 24)


@cache
def done() -> Backtest:
    return run_backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=SMALL)


def test_rows_stand_on_the_grid_of_the_tested_stretch_and_never_at_a_failure() -> None:
    scored = done().judgement.scored
    times = set(scored.time.tolist())
    assert all(t % (3 * 3_600_000) == 0 for t in times)
    assert min(times) == int(TEST_FROM.timestamp() * 1000)
    assert max(times) == int(TEST_TO.timestamp() * 1000) - 3 * 3_600_000
    failures = {(r["machine"], int(r["time"].timestamp() * 1000)) for r in fleet().failures.to_pylist()}
    assert not failures & set(zip(scored.machine.tolist(), scored.time.tolist(), strict=True))


def test_figures_are_those_of_the_scored_rows() -> None:
    figures, scored = done().figures(), done().judgement.scored
    by_hand = [
        f1_score(scored.of(c).probability, scored.of(c).failed, done().thresholds[c]) for c in ("bearing", "seal")
    ]
    assert [figures["f1_bearing"], figures["f1_seal"]] == by_hand
    assert figures["macro_f1"] == pytest.approx(np.mean(by_hand))
    assert figures["macro_f1_low"] <= figures["macro_f1"] <= figures["macro_f1_high"]
    assert figures["caught_12h"] + figures["missed"] == figures["failures"] > 5
    assert figures["recall_12h"] > 0.8


def test_the_report_is_json_and_names_its_protocol() -> None:
    report = json.loads(json.dumps(done().report(), allow_nan=False))
    assert "trained on what was stamped before 2026-02-10 00:00 UTC" in report["protocol"]
    assert "[2026-02-11 00:00 UTC, 2026-02-25 00:00 UTC)" in report["protocol"]
    assert report["model"] == done().model.version
    assert sum(b["forecasts"] for b in report["reliability"]) == report["figures"]["rows"]


def test_the_report_has_every_part_and_its_parts_agree() -> None:
    report = json.loads(json.dumps(done().report(), allow_nan=False))
    figures = report["figures"]
    assert (report["split"], report["horizon_h"], report["priced"]) == ("time", 24, None)
    assert (report["origins"], report["spread"], report["probes"]) == ([], {}, [])
    assert [n["hours"] for n in report["notice"]] == [6, 12, 24, 48]
    assert report["notice"][1]["caught"] == figures["caught_12h"]
    for notice in report["notice"]:
        told = [part["caught"][str(notice["hours"])] for part in report["by_component"]]
        could = [part["could_have"][str(notice["hours"])] for part in report["by_component"]]
        assert sum(told) == notice["caught"] <= notice["failures"] == sum(could)
    assert sum(part["failures"] for part in report["by_component"]) == figures["failures"]
    assert sum(part["false_alarm_episodes"] for part in report["by_component"]) == figures["false_alarms"]
    kinds = [w["kind"] for w in report["worst"]]
    assert (kinds.count("missed") + kinds.count("late"), kinds.count("false_alarm")) == (
        figures["missed"], min(figures["false_alarms"], 10 - figures["missed"])
    )  # fmt: skip
    assert all(m["low"] <= m["expected"] <= m["high"] for m in report["months"])
    assert sum(m["observed"] for m in report["months"]) <= figures["failures"]
    assert report["lead_time_h"]["p50"] == figures["lead_time_p50_h"]
    assert report["data"]["failures"] == len(fleet().failures)
    assert report["data"]["fingerprint"] == done().model.provenance.fingerprint
    assert report["data"]["components"] == ["bearing", "seal"]


def test_row_figures_carry_intervals_by_machine() -> None:
    figures = done().figures()
    for name in ("macro_f1", "macro_average_precision", "recall_12h", "false_alarms_per_machine_month", "brier_skill"):
        assert figures[f"{name}_low"] <= figures[name] <= figures[f"{name}_high"]


def test_limits_are_said_from_the_facts() -> None:
    told = "\n".join(done().report()["limits"])
    assert f"{done().judgement.failures} failures judged: one of them moves recall by" in told
    assert "Counts of 2 event codes are among the features" in told
    assert "2 features carry the calendar of the maintenance plan" in told
    assert "One split was judged" in told
    without = SMALL.model_copy(update={"with_events": False, "without_plan": True, "fewest_failures": 30})
    thin = run_backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=without)
    told = "\n".join(thin.report()["limits"])
    assert "event codes" not in told
    assert "maintenance plan" not in told
    assert "bearing is forecast by its age alone (23 failures" in told


def test_a_split_that_is_not_given_is_made() -> None:
    day = 24 * HOUR
    assert split(fleet(), None, None, day) == (at(42 * 24), at(43 * 24))
    assert split(fleet(), UNTIL, None, day) == (UNTIL, UNTIL + day)
    assert split(fleet(), None, UNTIL, day) == (UNTIL - day, UNTIL)


def test_origins_by_unit_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="ask for --origins or for --by-unit"):
        backtest(fleet(), by_unit=2, origins=2)


def test_failures_of_the_tested_stretch_do_not_reach_the_forecasts() -> None:
    known = fleet()
    calm = replace(known, failures=known.failures.filter(pc.less(known.failures["time"], UNTIL)))
    blind = run_backtest(calm, train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=SMALL)
    assert blind.digest() == done().digest()
    assert blind.judgement.failures == 0


def test_the_digest_tells_other_forecasts_apart() -> None:
    other = SMALL.model_copy(update={"trees": 5})
    found = run_backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=other)
    assert found.digest() != done().digest()


def test_without_an_end_the_record_is_judged_to_its_end() -> None:
    found = run_backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, settings=SMALL)
    assert found.test_to == at(60 * 24 - 1) + timedelta(milliseconds=1)
    assert found.judgement.pending_rows > 0


def test_censoring_leaves_rows_before_a_preventive_replacement_out() -> None:
    plain = run_backtest(
        fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=SMALL, censoring=False
    )
    assert plain.judgement.censored_rows == 0
    assert plain.judgement.rows == done().judgement.rows + done().judgement.censored_rows
    assert plain.digest() == done().digest()


def test_the_use_case_trains_with_the_default_settings() -> None:
    with_events = backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO)
    without = backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, with_events=False)
    assert "; with event features;" in with_events["protocol"]
    assert "; without event features;" in without["protocol"]
    assert with_events["model"] != without["model"]


@pytest.mark.parametrize(
    ("test_from", "test_to", "error", "message"),
    [
        pytest.param(UNTIL - HOUR, None, ConfigurationError, "before the training ends", id="test inside training"),
        pytest.param(TEST_TO, TEST_FROM, ConfigurationError, "before it begins", id="test ends before it begins"),
        pytest.param(at(90 * 24), None, TooLittleHistory, "the telemetry ends at", id="test after the record"),
    ],
)
def test_a_split_that_judges_nothing_is_refused(
    test_from: object, test_to: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run_backtest(
            fleet(),
            train_until=UNTIL,
            test_from=test_from,  # type: ignore[arg-type]
            test_to=test_to,  # type: ignore[arg-type]
            settings=SMALL,
        )
