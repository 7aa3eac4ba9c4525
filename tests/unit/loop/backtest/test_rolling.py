from datetime import timedelta

import pytest

from foreworn.loop.backtest.rolling import rolling_backtests, spreads
from models.evaluation.rolling_origins import rolling_origins
from tests.unit.loop.backtest.judged import QUICK
from tests.unit.models.failure.trained import fleet
from tests.unit.models.small_fleet import at

DAY = timedelta(days=1)


def test_each_origin_is_judged_on_what_follows_it_and_never_on_what_it_learned() -> None:
    steps: list[str] = []
    found = rolling_backtests(
        fleet(), first=at(40 * 24), end=at(60 * 24), count=2, settings=QUICK, on_step=steps.append
    )
    assert [one.test_from for one in found] == [at(40 * 24), at(50 * 24)]
    assert [one.train_until for one in found] == [at(39 * 24), at(49 * 24)]
    assert found[0].test_to == found[1].test_from
    assert all(one.model.provenance.trained_until <= one.train_until for one in found)
    told = spreads(found)
    assert steps[-1] == "stretch 2 of 2: Forecasting and judging 2026-02-20 00:00 UTC to 2026-03-01 23:00 UTC"
    f1 = [one.figures()["macro_f1"] for one in found]
    assert (told["macro_f1"].low, told["macro_f1"].high, told["macro_f1"].origins) == (min(f1), max(f1), 2)
    assert told["macro_f1"].mean == pytest.approx(sum(f1) / 2)
    assert not any(name.endswith("_low") for name in told)


@pytest.mark.parametrize(("days", "count", "gap"), [(0, 2, 1), (5, 0, 1), (5, 2, -1)])
def test_what_is_no_split_is_refused(days: int, count: int, gap: int) -> None:
    with pytest.raises(ValueError, match="are no splits"):
        rolling_origins(at(0), at(24 * days), count=count, gap=gap * DAY)
