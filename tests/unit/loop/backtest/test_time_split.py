import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from foreworn.errors import ConfigurationError, TooLittleHistory
from foreworn.loop.backtest import run_backtest
from foreworn.loop.backtest.time_split import judged
from foreworn.loop.training import train
from foreworn.settings import ScoringSettings
from models.evaluation.classification import f1_score
from models.registry import FolderModelStore
from tests.unit.loop.backtest.judged import QUICK, TEST_FROM, TEST_TO, done, to_the_end
from tests.unit.models.failure.trained import UNTIL, fleet
from tests.unit.models.small_fleet import HOUR, at


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


def test_figures_carry_intervals_by_machine_and_none_where_no_fleet_differs() -> None:
    figures = done().figures()
    for name in ("recall_12h", "false_alarms_per_machine_month"):
        assert figures[f"{name}_low"] <= figures[name] <= figures[f"{name}_high"]
        assert figures[f"{name}_low"] < figures[f"{name}_high"]
    for name in ("macro_f1", "macro_average_precision"):  # every forecast is right, so every fleet's are
        assert figures[name] == 1
        assert f"{name}_low" not in figures
    notice = done().report()["notice"]
    assert all(one["low"] < one["high"] for one in notice)
    assert "Wilson's of as many trials as machines had failures" in done().protocol()


def test_limits_are_said_from_the_facts() -> None:
    told = "\n".join(done().report()["limits"])
    assert f"Few failures were judged, {done().judgement.failures}: one more or less moves the share" in told
    assert "Counts of 2 event codes are among the features" in told
    assert "The calendar of the maintenance plan is read, as in 'hours since" in told
    assert "One split was judged" in told
    assert "--" not in told
    assert "FOREWORN_" not in told
    remedies = "\n".join(done().report()["remedies"])
    assert all(option in remedies for option in ("--origins", "--probes", "--price", "--without-plan", "FOREWORN_"))
    without = QUICK.model_copy(update={"with_events": False, "without_plan": True, "fewest_failures": 30})
    thin = run_backtest(fleet(), train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=without)
    told = "\n".join(thin.report()["limits"])
    assert "event codes" not in told
    assert "maintenance plan" not in told
    assert "bearing is forecast by its age alone (23 failures" in told


def test_failures_of_the_tested_stretch_do_not_reach_the_forecasts() -> None:
    known = fleet()
    calm = replace(known, failures=known.failures.filter(pc.less(known.failures["time"], UNTIL)))
    blind = run_backtest(calm, train_until=UNTIL, test_from=TEST_FROM, test_to=TEST_TO, settings=QUICK)
    assert blind.digest() == done().digest()
    assert blind.judgement.failures == 0


def test_a_backtest_judges_the_very_version_that_training_would_keep(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    kept = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=QUICK)
    assert kept.model.version == done().model.version


def test_the_digest_tells_other_forecasts_apart() -> None:
    known = done().probabilities
    by_a_bit = {name: np.nextafter(told, 1) for name, told in known.items()}
    assert replace(done(), probabilities={**known, "seal": by_a_bit["seal"]}).digest() != done().digest()
    assert replace(done(), probabilities=dict(reversed(known.items()))).digest() == done().digest()


def test_without_an_end_the_record_is_judged_to_its_end() -> None:
    found = to_the_end()
    assert found.test_to == at(60 * 24 - 1) + timedelta(milliseconds=1)
    assert found.judgement.pending_rows > 0


def test_censoring_leaves_rows_before_a_preventive_replacement_out() -> None:
    plain = judged(done().model, fleet(), done().index, UNTIL, TEST_FROM, TEST_TO, censoring=False)
    assert plain.judgement.censored_rows == 0
    assert plain.judgement.rows == done().judgement.rows + done().judgement.censored_rows
    assert plain.digest() == done().digest()


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
            settings=QUICK,
        )
