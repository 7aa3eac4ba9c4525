from typing import Any

import pytest
from markupsafe import Markup

from foreworn.report.promotion_report import promotion_report
from foreworn.report.record import UnreadableReport
from tests.unit.report.page import Page
from tests.unit.report.sample import full_report


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences are looked at here; the charts have their own tests, and drawing them takes most of the time."""
    monkeypatch.setattr("foreworn.report.charts.drawn", lambda *_, **__: Markup("<svg></svg>"))


def text_of(report: dict[str, Any]) -> str:
    return Page(promotion_report(report)).text


def with_changes(**changes: Any) -> dict[str, Any]:
    return {**full_report(), **changes}


def test_the_first_sentence_says_what_was_caught_of_how_many_with_its_interval() -> None:
    text = text_of(full_report())
    assert (
        "Of 122 failures of 100 machines after 1 Aug 2015, this model would have told 118 at least 12 hours ahead "
        "(97 %; 95 % interval 92 to 100 %)." in text
    )
    assert text.index("Of 122 failures") < text.index("What it caught, and what it missed")


def test_false_alarms_are_told_per_machine_and_month_and_for_the_whole_fleet() -> None:
    assert (
        "0.024 times per machine and month (95 % interval 0.012 to 0.041), 12 false alarms in 500 machine-months: "
        "about 2 a month on 100 machines." in text_of(full_report())
    )


def test_no_false_alarm_at_all_is_still_a_small_sample() -> None:
    report = full_report()
    report["figures"] |= {
        "false_alarms": 0,
        "false_alarms_per_machine_month": 0.0,
        "false_alarms_per_machine_month_low": 0.0,
        "false_alarms_per_machine_month_high": 0.0074,
    }
    assert "never have rung for nothing in 500 machine-months; 95 % interval 0 to 0.0074 per" in text_of(report)


def test_all_caught_of_ten_failures_is_not_certainty() -> None:
    notice = [{"hours": 12, "failures": 10, "caught": 10, "recall": 1.0, "low": 0.722, "high": 1.0}]
    text = text_of(with_changes(notice=notice))
    assert "would have told all at least 12 hours ahead (100 %; 95 % interval 72 to 100 %). These are few" in text
    assert "10 of 10 100 % 72 to 100 %" in text


def test_the_judged_stretch_is_named_where_the_report_has_it() -> None:
    report = full_report()
    report["data"] |= {"test_from": "2015-08-02T00:00:00+00:00", "test_to": "2015-10-01T00:00:00+00:00"}
    assert "Of 122 failures of 100 machines from 2 Aug 2015 to 1 Oct 2015" in text_of(report)


def test_a_failed_probe_is_told_before_everything_else() -> None:
    probes = [
        {"name": "shuffled failures", "passed": True, "said": "as chance"},
        {"name": "the maintenance plan", "passed": False, "said": "the plan finds 5 times what age finds"},
    ]
    page = promotion_report(with_changes(probes=probes))
    text = Page(page).text
    warned = text.index("Do not believe what follows: 1 of 2 checks for leaks failed")
    assert warned < text.index("What this model would have caught")
    assert text.index("The plan finds 5 times what age finds.") < text.index("What this model would have caught")
    listed = text[text.index("Has it seen what it may not know?") :]
    assert listed.index("Failed · the maintenance plan") < listed.index("Passed · shuffled failures")
    assert '<div class="alarmed" role="alert">' in page


def test_a_probe_that_could_not_be_run_has_neither_passed_nor_failed() -> None:
    probes = [
        {"name": "gap", "passed": True, "said": ""},
        {"name": "shuffled labels", "passed": None, "said": "too few failures"},
    ]
    page = promotion_report(with_changes(probes=probes))
    text = Page(page).text
    assert 'class="alarmed"' not in page
    told = text.index("1 of 2 checks for leaks could not be run (shuffled labels)")
    assert told < text.index("What this model would have caught")
    assert text.index("Not run · shuffled labels: Too few failures.") < text.index("Passed · gap")


def test_components_are_told_of_the_failures_that_could_have_had_the_notice() -> None:
    component = {"component": "rotor", "failures": 46, "caught": {"48": 2}, "could_have": {"48": 40}}
    assert "2 of 40" in text_of(with_changes(by_component=[component]))


def test_passed_probes_raise_no_alarm() -> None:
    assert 'class="alarmed"' not in promotion_report(full_report())


def test_money_stands_at_the_top_with_its_interval_and_the_alternatives() -> None:
    text = text_of(full_report())
    money = (
        "Acting on it would have cost 5,210 EUR per machine and 1,000 hours, replacing at the best fixed age 9,880 "
        "EUR, and running to failure 48,500 EUR (100 engines run to failure). That is 93 % of what perfect foresight "
        "would save over replacing at the best fixed age; 95 % interval 79 to 95 %."
    )
    assert text.index(money) < text.index("What it caught, and what it missed")
    assert "Lives that would have failed: 0 of 100 acting on the model, 4 of 100 replacing at the best" in text


def test_a_saving_whose_interval_holds_none_is_called_open() -> None:
    report = full_report()
    report["priced"] |= {"gap_closed": 0.49, "gap_closed_low": -0.02, "gap_closed_high": 0.63}
    assert "Whether that beats replacing at the best fixed age is open: it is 49 %" in text_of(report)


def test_a_model_that_costs_more_than_a_fixed_age_is_said_to() -> None:
    report = full_report()
    report["priced"] |= {"gap_closed": -0.2}
    assert "It did worse than replacing at the best fixed age." in text_of(report)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        pytest.param([], "A price needs failures that nobody prevented", id="the general reason"),
        pytest.param(
            ["one split", "Not priced: no cost table was given."],
            "Not priced. No cost table was given.",
            id="the report's own reason",
        ),
    ],
)
def test_what_is_unpriced_says_why_at_the_top(limits: list[str], said: str) -> None:
    text = text_of(with_changes(priced=None, limits=limits))
    assert text.index(said) < text.index("What it caught, and what it missed")
    assert "EUR" not in text


def test_a_month_outside_of_what_was_expected_is_counted_and_marked() -> None:
    text = text_of(full_report())
    assert "in 4 of 5 months the number lay within what was expected" in text
    assert "2015-11 100 25.0 (17 to 34) 16 (outside)" in text


@pytest.mark.parametrize(
    ("slope", "low", "high", "failures", "said"),
    [
        pytest.param(0.5, 0.4, 0.7, 122, "The forecasts are too bold", id="surely below 1, and far"),
        pytest.param(0.9, 0.85, 0.95, 122, "The forecasts are a little too bold", id="surely below 1, and near"),
        pytest.param(1.5, 1.3, 1.9, 122, "The forecasts are too shy", id="surely above 1"),
        pytest.param(0.97, 0.88, 1.1, 122, "The forecasts are neither too bold nor too shy", id="surely near 1"),
        pytest.param(0.6, 0.4, 1.1, 122, "The forecasts cannot be told from honest ones", id="the interval holds 1"),
        pytest.param(0.6, 0.1, 2.4, 13, "cannot be told: 13 failures are too few", id="holds 1, with few failures"),
        pytest.param(0.6, None, None, 122, "cannot be told (calibration slope 0.6", id="no interval"),
    ],
)
def test_a_calibration_is_only_blamed_where_its_interval_leaves_no_other_choice(
    slope: float, low: float | None, high: float | None, failures: int, said: str
) -> None:
    report = full_report()
    ends = {"calibration_slope": slope, "calibration_slope_low": low, "calibration_slope_high": high}
    report["figures"] |= ends | {"failures": failures}
    assert said in text_of(report)


@pytest.mark.parametrize(
    ("share", "low", "high", "said"),
    [
        pytest.param(0.69, 0.6, 0.78, "98 did: no further apart than chance allows (95 % interval 60 to 78 %)", id="1"),
        pytest.param(0.71, 0.7, 0.715, "101 did: nearly the same (95 % interval 70 to 72 %)", id="a hair apart"),
        pytest.param(0.5, 0.4, 0.6, "71 did: fewer than was said, and more so than chance explains", id="far apart"),
        pytest.param(0.9, 0.8, 0.95, "128 did: more than was said", id="far above"),
    ],
)
def test_what_came_is_held_against_what_was_said_with_chance_allowed_for(
    share: float, low: float, high: float, said: str
) -> None:
    report = full_report()
    report["reliability"][3] |= {"failed_share": share, "share_low": low, "share_high": high}
    assert "Of 142 forecasts of 50 to 90 %, about 102 should have come true by their own word, and" in text_of(report)
    assert said in text_of(report)


def test_a_tiny_probability_is_not_rounded_away() -> None:
    assert "0 to 1 % < 0.1 % 60 of 120,000 < 0.1 % 0 % to < 0.1 %" in text_of(full_report())


def test_two_counts_of_failures_say_what_each_counts() -> None:
    report = full_report()
    report["figures"]["failures"] = 130
    assert (
        "122 of the 130 judged failures are counted here: the other 8 came within 24 hours of where a machine's "
        "forecasts begin, or of where its record ends" in text_of(report)
    )
    assert "are counted here" not in text_of(full_report())


def test_the_worst_say_how_many_are_not_listed() -> None:
    left_out = {"missed": 1, "late": 0, "false_alarm": 12}
    assert "Not listed: 1 missed failure, 12 false alarms." in text_of(with_changes(worst_left_out=left_out))
    assert "Not listed" not in text_of(full_report())


def test_a_part_that_was_asked_for_and_broke_says_why() -> None:
    missing = {"origins": "too few failures before May", "probes": "it broke with KeyError: 'x'"}
    text = text_of(with_changes(origins=[], spread={}, probes=[], missing=missing))
    assert "Others were asked for and could not be judged: Too few failures before May." in text
    assert "Not checked, though it was asked for: It broke with KeyError: 'x'." in text


def test_a_failed_probe_says_what_it_looked_for_and_what_to_do() -> None:
    probe = {"name": "plan", "passed": False, "said": "the calendar tells", "asks": "does the calendar tell?"}
    text = text_of(with_changes(probes=[probe | {"remedy": "Judge again without it."}]))
    warned = text[text.index("Do not believe what follows") : text.index("What this model would have caught")]
    assert "plan : Does the calendar tell? Yes: the calendar tells. What to do: Judge again without it." in warned
    assert "Failed · plan: Does the calendar tell? Yes: the calendar tells." in text


def test_a_page_of_several_folds_is_of_no_one_model() -> None:
    text = text_of(with_changes(model="gb-1, gb-2, gb-3", split="unit"))
    assert "Promotion report · 3 models, each of other machines than it is judged on" in text


def test_a_skill_that_may_as_well_be_none_is_called_open() -> None:
    report = full_report()
    report["figures"] |= {"brier_skill": 0.02, "brier_skill_low": -0.43, "brier_skill_high": 0.33}
    assert "Whether they know more than the ordinary rate of failures is open" in text_of(report)


def test_counts_of_a_component_have_their_denominator_and_few_are_said_to_be_few() -> None:
    text = text_of(full_report())
    assert "bearing 70 69 of 70 68 of 70 40 of 70 0 of 70 5 0.93 0.95 0.86" in text
    assert "filter (by age alone) 6 5 of 6 4 of 6 2 of 6 0 of 6 0 – – –" in text
    assert "Fewer than 10 failures, so say little: filter." in text


def test_components_without_signs_and_without_forecasts_are_named_with_the_reason() -> None:
    text = text_of(full_report())
    assert "filter : forecast by age alone, without signs from sensors or events: 6 failures, 10 are needed" in text
    assert "gearbox : not forecast at all: it never failed." in text


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        pytest.param("notice", "This report does not tell how much notice was given.", id="notice"),
        pytest.param("months", "Expected and observed failures by month are not in this report.", id="months"),
        pytest.param("probes", "Not checked: no probe for leaks was run", id="probes"),
        pytest.param("spread", "it was judged on one stretch only", id="origins"),
        pytest.param("worst", "This report lists none.", id="worst misses"),
        pytest.param("limits", "This report names no limits of its own.", id="limits"),
    ],
)
def test_a_part_that_is_missing_has_its_sentence_and_no_chart(missing: str, said: str) -> None:
    report = full_report()
    del report[missing]
    assert said in text_of(report)
    report[missing] = None
    assert said in text_of(report)


def test_a_report_of_today_without_the_newer_parts_is_a_whole_page() -> None:
    older = {key: full_report()[key] for key in ("model", "protocol", "figures", "left_out", "by_age_alone",
                                                 "predictions_sha256", "reliability")}  # fmt: skip
    page = Page(promotion_report(older))
    assert "Of 122 failures in the judged time, this model would have told 118" in page.text
    assert page.open == []


def test_where_nothing_failed_nobody_claims_a_share() -> None:
    report = full_report()
    report["notice"] = [{"hours": h, "failures": 0, "caught": 0, "recall": None, "low": None, "high": None}
                        for h in (6, 12)]  # fmt: skip
    page = promotion_report(report)
    assert "Nothing failed of 100 machines after 1 Aug 2015: nobody can know" in Page(page).text
    assert "Failures told, by notice" not in page


def test_what_is_no_backtests_report_is_refused_with_the_place() -> None:
    report = full_report()
    report["notice"][1]["caught"] = "most"
    with pytest.raises(UnreadableReport, match=r"notice\[1\]\.caught"):
        promotion_report(report)
