import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.demand import prophet
from models.demand.demand_class import DemandClass
from models.demand.history import history_demand
from models.demand.rolling_origin import origins
from models.demand.settings import UsageSettings
from models.demand.usage import UsageSeries

MONTH = timedelta(days=30)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
FEW = UsageSettings(origins=8)


def _usage(quantities: list[float]) -> UsageSeries:
    return UsageSeries(NOW, MONTH, tuple(quantities))


def _seasonal(periods: int, *, mean: float = 60.0) -> list[float]:
    rng = np.random.default_rng(5)
    year = 2 * np.pi * np.arange(periods) * (MONTH / timedelta(days=365.25))
    return [float(q) for q in rng.poisson(mean * (1 + 0.7 * np.sin(year)))]


def test_a_season_with_volume_and_two_years_is_continued_by_prophet() -> None:
    usage = _usage(_seasonal(60))

    demand = history_demand(usage, periods=2, settings=FEW)

    scores = dict(demand.scores)
    assert demand.method == "prophet"
    assert scores["prophet"] < 0.6 * scores["negative_binomial"]
    # the same two months of the season, a year ahead of its phase
    expected = sum(60 * (1 + 0.7 * math.sin(2 * math.pi * t * 30 / 365.25)) for t in (60, 61))
    assert demand.distribution.mean == pytest.approx(expected, rel=0.15)
    assert history_demand(usage, periods=2, settings=FEW) == demand


@pytest.mark.parametrize(
    "quantities",
    [
        pytest.param(_seasonal(23), id="not on record for two years"),
        pytest.param(_seasonal(60, mean=6.0), id="too few a month"),
        pytest.param([0.0, 0.0, 90.0] * 20, id="large, but rare"),
    ],
)
def test_a_season_is_not_even_tried_without_volume_and_years(
    quantities: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prophet.ProphetUsage, "forecast", lambda *_: pytest.fail("a season was tried"))

    assert "prophet" not in dict(history_demand(_usage(quantities), periods=1).scores)


def test_volume_without_a_season_keeps_independent_draws() -> None:
    rng = np.random.default_rng(8)

    demand = history_demand(_usage([float(q) for q in rng.poisson(30, size=48)]), periods=1, settings=FEW)

    assert (demand.method, len(demand.scores)) == ("negative_binomial", 2)


def test_a_part_that_dies_out_is_continued_by_tsb() -> None:
    dying = history_demand(_usage([0.0, 4.0, 0.0, 3.0] * 10 + [0.0] * 30), periods=1)

    assert (dying.method, dying.demand_class) == ("tsb", DemandClass.INTERMITTENT)
    assert dying.distribution.mean < 0.5


def test_too_short_a_past_is_continued_without_a_comparison() -> None:
    demand = history_demand(_usage([0.0, 2.0, 0.0, 1.0]), periods=1)

    assert (demand.method, demand.scores) == ("negative_binomial", ())


def test_a_window_is_scored_only_where_it_is_over() -> None:
    assert origins(_usage([1.0] * 20), periods=2.5, fewest=12, most=24) == [12, 13, 14, 15, 16, 17]
    assert origins(_usage([1.0] * 20), periods=2.5, fewest=12, most=2) == [16, 17]
    assert origins(_usage([1.0] * 14), periods=3, fewest=12, most=2) == []


def test_forecasts_of_the_past_do_not_see_what_came_after() -> None:
    """Changing the last window changes what the scores are measured on, not what was forecast before it."""
    few = UsageSettings(origins=1)
    past = [0.0, 2.0, 0.0, 1.0] * 6

    base, larger = (dict(history_demand(_usage([*past, last]), 1, few).scores) for last in (40.0, 41.0))

    # every quantile lies below both, so each loss grows by its level, and by nothing else
    assert [larger[m] - base[m] for m in base] == pytest.approx([(0.5 + 0.8 + 0.9 + 0.95 + 0.99) / 5] * 2)


def test_prophet_leaves_the_global_generator_as_it_was() -> None:
    np.random.seed(11)
    expected = np.random.random(3)
    np.random.seed(11)

    prophet.ProphetUsage().forecast(_usage(_seasonal(30)), periods=1)

    assert np.random.random(3).tolist() == expected.tolist()


def test_prophet_says_nothing_of_its_fits(capfd: pytest.CaptureFixture[str]) -> None:
    prophet.ProphetUsage().forecast(_usage(_seasonal(30)), periods=1)

    assert capfd.readouterr() == ("", "")
