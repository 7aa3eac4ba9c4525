import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from foreworn.economics.cost_table import CostTable
from foreworn.errors import ConfigurationError, TooLittleHistory
from foreworn.loop.pricing import NotRunToFailure, PricingSettings, price, price_model
from foreworn.loop.pricing.backtest import DecisionBacktest
from foreworn.loop.pricing.figures import priced
from foreworn.loop.pricing.lives import RecordedLives, RunLife, by_machine
from foreworn.loop.pricing.settings import LEAD_FACTORS
from foreworn.loop.pricing.told import ToldLife, dealt_to_others, with_noise_doubled
from models.failure import train
from tests.unit.loop.pricing.lived import COSTS, HOUR, LEAD, START, fold, history, life, told

SETTINGS = PricingSettings(lead=LEAD, folds=2, samples=200)
END = START + 1000 * HOUR
LENGTHS = (100, 120, 150, 180, 210, 260, 300, 350)


def backtest(said: Sequence[ToldLife]) -> tuple[DecisionBacktest, RecordedLives]:
    """Return lives that two folds of by-hand models forecast, each taught by the other's lives."""
    lives: tuple[RunLife, ...] = tuple(one.life for one in said)
    even, odd = range(0, len(lives), 2), range(1, len(lives), 2)
    folds = (fold(even, [lives[i] for i in odd]), fold(odd, [lives[i] for i in even]))
    silent = {f"silent {third}": said for third in range(3)}
    noise = with_noise_doubled(said, lead=LEAD)
    worse = {"noise": noise, "strangers": dealt_to_others(said, seed=1), **silent}
    whole = DecisionBacktest(lives, {"px/seal": 1.0}, folds, {"model": said, **worse}, COSTS, SETTINGS)
    return whole, RecordedLives(lives, 0, ())


def prices(sees_ahead: float) -> dict[str, object]:
    found = priced(*backtest([told(life(f"m{n}", h), sees_ahead=sees_ahead) for n, h in enumerate(LENGTHS)]))
    return found.as_data()


def test_costs_are_those_counted_by_hand() -> None:
    found = prices(sees_ahead=20)
    hours = sum(LENGTHS)
    # A failure within 15 h is as good as certain and the part is there 10 h later: 5 h of each life are given away.
    assert found["cost_per_1000h"]["model"] == pytest.approx(1000 * 8 * 100 / (hours - 8 * 5))  # type: ignore[index]
    assert found["cost_per_1000h"]["perfect"] == pytest.approx(1000 * 8 * 100 / (hours - 8))  # type: ignore[index]
    assert found["cost_per_1000h"]["run_to_failure"] == pytest.approx(1000 * 8 * 1000 / hours)  # type: ignore[index]
    assert found["failures"]["model"] == 0  # type: ignore[index]
    assert found["failures"]["run_to_failure"] == 8  # type: ignore[index]
    assert found["currency"] == "CHF"


def test_a_model_that_sees_enough_closes_most_of_the_gap_and_one_that_sees_too_late_less_than_none() -> None:
    good, blind = (prices(sees_ahead=hours) for hours in (20, 9))
    assert 0.9 < float(str(good["gap_closed"])) < 1
    assert good["gap_closed_low"] < good["gap_closed"] <= good["gap_closed_high"]  # type: ignore[operator]
    assert float(str(blind["gap_closed"])) < 0
    assert blind["failures"]["model"] == 8  # type: ignore[index]


def test_acting_on_what_is_said_of_strangers_is_worse_than_the_best_age() -> None:
    rows = {one["what"]: one for one in prices(sees_ahead=20)["sensitivity"]}  # type: ignore[attr-defined]
    assert rows["forecasts"]["gap_closed"] <= 0
    assert rows["forecasts"]["failures"] > 0


def test_the_table_of_sensitivity_varies_what_the_world_may_be() -> None:
    rows = [(one["what"], one["value"]) for one in prices(sees_ahead=20)["sensitivity"]]  # type: ignore[attr-defined]
    assert [value for what, value in rows if what == "breakdown / planned cost"] == ["3", "5", "10", "20"]
    assert [value for what, value in rows if what == "lead time"] == ["5 h", "10 h", "20 h"]
    assert {what for what, _ in rows} >= {"noise on log-odds", "forecasts", "signals silent"}


def test_ages_and_lives_that_a_decision_rests_on_come_from_other_machines() -> None:
    whole, _ = backtest([told(life(f"m{n}", h), sees_ahead=20) for n, h in enumerate(LENGTHS)])
    # Even lives are replaced at an age that suits the odd ones, and the other way round.
    used = [outcome.used for outcome in whole.by_age()]
    assert set(used[0::2]).isdisjoint(used[1::2])
    assert max(used[0::2]) <= 349


def test_a_ratio_prices_breakdowns_anew() -> None:
    whole, _ = backtest([told(life(f"m{n}", h), sees_ahead=20) for n, h in enumerate(LENGTHS)])
    assert {one.ratio for one in whole.fleet(3.0).lives} == {3.0}
    assert {one.ratio for one in whole.fleet().lives} == {10.0}
    assert not math.isnan(whole.closed(whole.decided(SETTINGS.terms(), ratio=3.0), 3.0))


def test_one_machine_cannot_be_held_out_of_anything() -> None:
    with pytest.raises(TooLittleHistory, match="1 machines have lives"):
        price(history([0, 0, 90]), costs=COSTS, settings=SETTINGS)


def test_where_nothing_ever_failed_there_is_nothing_to_price() -> None:
    record = history([60, 90])
    with pytest.raises(TooLittleHistory, match="nothing to price"):
        price(replace(record, failures=record.failures.slice(0, 0)), costs=COSTS, settings=SETTINGS)


def test_a_history_that_was_kept_alive_by_repairs_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(NotRunToFailure, match="1 of 4 ended lives"):
        price(history([80, 90, 100], repairs=[(0, 40, "preventive")]), settings=SETTINGS)


def test_a_trained_model_is_priced_on_machines_that_it_has_not_seen() -> None:
    record = history([70 + (37 * n) % 83 for n in range(14)])
    unseen = {f"m{n:02d}" for n in range(7, 14)}
    settings = PricingSettings(lead=6 * HOUR, samples=50, fewest_failures=99)
    taught = by_machine(record, {m.id for m in record.machines} - unseen)
    by_age = train(taught, until=END, horizon=12 * HOUR, settings=settings.model())
    found = price_model(by_age, record, unseen=unseen, costs=COSTS, settings=settings)
    assert (found.units, found.failures["run_to_failure"]) == (7, 7)
    # It knows ages alone: the signals may fall silent.
    rows = {one.what: one for one in found.sensitivity}
    assert rows["signals silent"].gap_closed == found.gap_closed
    with pytest.raises(TooLittleHistory, match="none of 1 machines"):
        price_model(by_age, record, unseen={"m99"}, costs=COSTS, settings=settings)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"lead": timedelta(minutes=30)}, id="a lead time of half an hour"),
        pytest.param({"breakdown_ratio": 1.0}, id="a breakdown that costs no more"),
        pytest.param({"look": 1.0}, id="nothing weighed beyond the lead time"),
    ],
)
def test_settings_that_cannot_be_priced_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        PricingSettings(**{"lead": LEAD, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("look", [1.25, 1.3, 2.0])
def test_the_curve_is_learned_and_read_wherever_a_decision_weighs_it(look: float) -> None:
    chosen = PricingSettings(lead=timedelta(hours=7), look=look)
    weighed = {end for factor in LEAD_FACTORS for end in (chosen.terms(factor).lead, chosen.terms(factor).horizon)}
    assert set(chosen.horizons) == weighed
    assert chosen.model().curve == chosen.horizons


def test_a_trained_model_that_sees_wear_saves_and_one_without_its_signal_does_not() -> None:
    dice = [70 + (37 * n) % 83 for n in range(26)]
    settings = PricingSettings(lead=6 * HOUR, breakdown_ratio=10.0, folds=2, samples=50, fewest_failures=5)
    found = price(history(dice), costs=CostTable(), settings=settings).as_data()
    json.dumps(found, allow_nan=False)
    rows = {one["what"]: one for one in found["sensitivity"]}
    assert found["lives"] == found["units"] == 26
    assert found["gap_closed"] > 0.3
    assert rows["forecasts"]["gap_closed"] < found["gap_closed"]
    assert rows["signals silent"]["gap_closed"] < found["gap_closed"]
