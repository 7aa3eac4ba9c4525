import json
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from foreworn import bootstrap
from foreworn.cli import app
from foreworn.cli.learning import _pricing
from foreworn.cli.pricing import span
from foreworn.errors import MalformedHistory
from foreworn.fleet.history import FleetHistory, RecordedFleet
from foreworn.fleet.machine import Attachment
from foreworn.loop.pricing import NotRunToFailure, PricingSettings
from foreworn.settings import Settings
from foreworn.telemetry.signal import Signal, SignalCatalogue
from tests.unit.loop.pricing.lived import START, history

COSTS = (
    "model,component,preventive,failure,inspection,downtime_per_hour,planned_downtime_h,unplanned_downtime_h,labour_h,"
    "currency\n*,*,100,1000,0,0,0,0,1,CHF\n"
)


def written(record: FleetHistory, folder: Path) -> Path:
    catalogue = SignalCatalogue({"*": [Signal("wear")]})
    attachments = tuple(Attachment(m.id, m.id, START) for m in record.machines)
    bootstrap.write_history(RecordedFleet(record, catalogue, attachments), folder)
    return folder


def test_a_folder_is_priced_and_the_table_fits_a_terminal_of_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    folder = written(history([70 + (37 * n) % 83 for n in range(26)]), tmp_path / "pumps")
    (folder / "costs.csv").write_text(COSTS)
    file = tmp_path / "priced.json"
    told = CliRunner().invoke(app, ["price", str(folder), "--lead", "6h", "--folds", "2", "--json", str(file)])
    assert told.exit_code == 0, told.output
    priced = json.loads(file.read_text())
    assert (priced["currency"], priced["units"], priced["failures"]["run_to_failure"]) == ("CHF", 26, 26)
    for line in ("acting on the model", "perfect foresight", "best age replacement", "Gap closed", "px/seal"):
        assert line in told.output
    assert max(len(line) for line in told.output.splitlines()) <= 80


def test_a_history_with_repairs_already_made_is_refused_and_it_is_said_why(tmp_path: Path) -> None:
    folder = written(history([80, 90, 100], repairs=[(0, 40, "preventive")]), tmp_path / "kept")
    told = CliRunner().invoke(app, ["price", str(folder), "--lead", "6h"])
    assert isinstance(told.exception, NotRunToFailure)
    assert "1 of 4 ended lives were cut short" in str(told.exception)


def test_costs_in_two_currencies_are_no_price(tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(COSTS + "px,seal,100,1000,0,0,0,0,1,EUR\n")
    told = CliRunner().invoke(app, ["price", str(tmp_path), "--costs", str(file)])
    assert isinstance(told.exception, MalformedHistory)
    assert "CHF and EUR" in str(told.exception)


class _AskedForError(Exception):
    """What pricing was asked for, raised in its place."""


def test_price_and_backtest_price_alike_at_the_lead_time_that_weighs_the_platforms_own_horizon(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object, settings: PricingSettings, **__: object) -> None:
        raise _AskedForError(settings)

    folder = written(history([20, 30]), tmp_path / "pumps")
    priced = _pricing(folder, bootstrap.read_history(folder), lambda said: None)
    settings: PricingSettings = priced.keywords["settings"]  # type: ignore[attr-defined]
    assert settings.terms().horizon == Settings().scoring.horizon
    assert settings.lead == timedelta(hours=16)
    assert "costs are assumed" in capsys.readouterr().err
    monkeypatch.setattr("foreworn.loop.pricing.price", asked)
    told = CliRunner().invoke(app, ["price", str(folder)])
    assert isinstance(told.exception, _AskedForError)
    assert told.exception.args == (settings,)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("36h", timedelta(hours=36), id="hours"),
        pytest.param("10d", timedelta(days=10), id="days"),
        pytest.param("1.5w", timedelta(days=10.5), id="weeks and a half"),
    ],
)
def test_a_span_is_read_as_it_is_said(text: str, meant: timedelta) -> None:
    assert span(text) == meant


@pytest.mark.parametrize("text", ["10", "0d", "ten days", "-3d"])
def test_a_span_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 36h, 10d or 2w"):
        span(text)
