from dataclasses import asdict
from typing import Any

import pytest

from foreworn.cli import backtest_screen
from foreworn.loop.backtest.probes import Probe
from tests.unit.loop.backtest.judged import done


def shown(report: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    backtest_screen.show_backtest(report)
    return " ".join(capsys.readouterr().out.split())


def test_a_probe_not_run_stands_out_and_components_name_their_denominator(capsys: pytest.CaptureFixture[str]) -> None:
    report = done().report()
    report["probes"] = [asdict(Probe("shuffled labels", None, "too few failures", "does it guess?"))]
    part = report["by_component"][0]
    part["could_have"]["48"] = part["failures"] - 1
    part["caught"]["48"] = 0
    told = shown(report, capsys)
    assert "NOT RUN shuffled labels Does it guess? Nobody knows: too few failures." in told
    assert f"0 of {part['failures'] - 1}" in told


def test_a_leak_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    report = done().report()
    report["probes"] = [asdict(Probe("plan", False, "the calendar tells", "does it?", "Judge again without it."))]
    assert "FAILED plan Does it? Yes: the calendar tells. What to do: Judge again without it." in shown(report, capsys)


def test_options_are_named_here_and_shares_have_the_intervals_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    report = done().report()
    told = shown(report, capsys)
    assert "What would tell more - --without-events" in told
    assert "--price prices acting on such forecasts" in told
    [six, *_] = report["notice"]
    assert six["caught"] == six["failures"]
    assert f"6 h {six['failures']} {six['caught']} 100 % 75 to 100 %" in told
