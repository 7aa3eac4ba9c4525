from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.economics.weibull_life import WeibullLife
from foreworn.loop.pricing.decisions import Terms, _appraised, _may_pay, acted_after
from foreworn.loop.pricing.told import ToldLife
from tests.unit.loop.pricing.lived import COST, HORIZONS, HOUR, LEAD, START, life, told

TERMS = Terms(LEAD, 2 * LEAD)
BASE = WeibullLife(3.0, 8.0, failures=20)


def after(said: ToldLife, terms: Terms = TERMS, base: WeibullLife | None = BASE) -> int | None:
    return acted_after(said, terms, cost=COST, base=base, version="by-hand")


def test_the_first_forecast_that_makes_acting_pay_is_ordered_and_done_a_lead_time_later() -> None:
    # From hour 80 on a failure within 20 h is as good as certain, and none within 10: ordered then, done after 90.
    assert after(told(life("a", 100), sees_ahead=20)) == 90


def test_what_is_seen_too_late_is_never_ordered() -> None:
    # It will fail before anybody comes.
    assert after(told(life("a", 100), sees_ahead=10)) is None


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param(replace(TERMS, least_saving=1e6), None, id="a saving that is asked for and not there"),
        pytest.param(
            replace(TERMS, settling=85 * HOUR), 95, id="forecasts of a component just fitted are not believed"
        ),
        pytest.param(replace(TERMS, lead=2 * LEAD), None, id="nobody can come within the time that is looked at"),
    ],
)
def test_terms_change_when_it_is_done(terms: Terms, expected: int | None) -> None:
    assert after(told(life("a", 100, renewed=True), sees_ahead=20), terms) == expected


def test_only_a_renewed_component_has_to_settle() -> None:
    assert after(told(life("a", 100), sees_ahead=20), replace(TERMS, settling=85 * HOUR)) == 90


def test_of_a_kind_that_nothing_is_known_of_nothing_is_ordered() -> None:
    assert after(told(life("a", 100), sees_ahead=20), base=None) is None


def test_what_is_said_by_age_is_acted_on_without_the_price_of_a_look_for_nothing() -> None:
    time = tuple(START + hour * HOUR for hour in range(100))
    rising = np.linspace(0.0, 0.5, 100)[:, np.newaxis] * np.linspace(0.5, 1.0, len(HORIZONS))
    by_signs, by_age = (ToldLife(life("a", 100), time, rising, HORIZONS, np.full(100, said)) for said in (False, True))
    cost = replace(COST, inspection=30.0)
    signs, age = (acted_after(one, TERMS, cost=cost, base=BASE, version="by-hand") for one in (by_signs, by_age))
    assert signs is not None
    assert age is not None
    assert age < signs
    assert age == after(by_age)


def test_where_nothing_was_said_nothing_is_ordered() -> None:
    silent = ToldLife(life("a", 100), (), np.empty((0, len(HORIZONS))), HORIZONS)
    assert after(silent) is None


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(st.floats(0.0, 0.999), min_size=len(HORIZONS), max_size=len(HORIZONS)),
    st.floats(0.5, 5.0),
    st.floats(1.0, 100.0),
    st.floats(0.0, 500.0),
    st.booleans(),
)
def test_what_is_passed_over_unweighed_would_not_have_paid(
    steps: list[float], shape: float, scale: float, least_saving: float, by_age: bool
) -> None:
    rising = np.maximum.accumulate(np.array([steps]), axis=1)
    said = ToldLife(life("a", 100), (START + 50 * HOUR,), rising, HORIZONS, np.array([by_age]))
    terms, base = replace(TERMS, least_saving=least_saving), WeibullLife(shape, scale)
    cost = replace(COST, inspection=30.0)
    if not _may_pay(said, terms, cost, base)[0]:
        found = _appraised(said, 0, terms, cost, base, "by-hand").opportunity(ready=said.time[0] + terms.lead)
        assert found.saving <= least_saving + 1e-6


def test_by_the_due_date_work_waits_for_the_time_of_least_cost() -> None:
    sure_of_the_end = told(life("a", 100), sees_ahead=40, certain=0.9)
    soon, due = (after(sure_of_the_end, replace(TERMS, by_due_date=late)) for late in (False, True))
    assert soon is not None
    assert due is not None
    assert soon <= due <= soon + (2 * LEAD - LEAD) / timedelta(hours=1)
