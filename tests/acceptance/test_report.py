"""`foreworn backtest ... --report FILE.html`: the page says what the figures say."""

import json
from pathlib import Path

from foreworn.bootstrap import write_history
from simulators import golden
from tests.acceptance.command import Command
from tests.unit.report.page import Page


def test_a_backtest_writes_a_page_that_says_what_its_figures_say(foreworn: Command, tmp_path: Path) -> None:
    fleet, page, figures = tmp_path / "fleet", tmp_path / "page.html", tmp_path / "figures.json"
    write_history(golden.training_fleet(machines=8, days=90), fleet)
    split = ("--train-until", "2025-12-10", "--test-from", "2025-12-11")
    assert foreworn("backtest", fleet, *split, "--json", figures, "--report", page).code == 0
    report, html = json.loads(figures.read_text()), page.read_text(encoding="utf-8")
    text = Page(html).text
    best = next(one for one in report["notice"] if one["hours"] == 12)
    told = "all" if best["caught"] == best["failures"] else f"{best['caught']:,}"
    assert f"Of {best['failures']} failure" in text
    assert f"this model would have told {told} at least 12 hours ahead" in text
    assert all(limit.split(":")[0] in text for limit in report["limits"])
    assert text.count(report["predictions_sha256"]) == 1
    assert "Not priced." in text
    assert "http" not in html
