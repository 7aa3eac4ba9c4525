import pytest

from foreworn.cli import backtest_screen
from foreworn.loop.backtest import run_backtest
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import HOUR


def test_a_probe_not_run_stands_out_and_components_name_their_denominator(capsys: pytest.CaptureFixture[str]) -> None:
    settings = SMALL.model_copy(update={"curve": (24 * HOUR,)})
    report = run_backtest(fleet(), train_until=UNTIL, test_from=UNTIL + 24 * HOUR, settings=settings).report()
    report["probes"] = [{"name": "shuffled labels", "passed": None, "said": "too few failures"}]
    part = report["by_component"][0]
    part["could_have"]["48"] = part["failures"] - 1
    part["caught"]["48"] = 0
    backtest_screen.show_backtest(report)
    told = capsys.readouterr().out
    assert "NOT RUN  shuffled labels  too few failures" in told
    assert f"0 of {part['failures'] - 1}" in told
