"""`foreworn quarantine`: beside a running platform and without one."""

import base64
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from rich.console import Console
from typer.testing import CliRunner, Result

from foreworn import terminal
from foreworn.bootstrap.stores import bounded_quarantine, operations_address
from foreworn.cli.quarantine import STAYS, app
from foreworn.cli.quarantine_screen import show_entries
from foreworn.data_folder import data_folder_lock
from foreworn.errors import ConfigurationError, NotFound
from foreworn.fleet.machine import Attachment, Machine
from foreworn.settings import Settings
from foreworn.storage.operations.sql import SqlFleetRegistry, SqlOperations, open_operations
from foreworn.telemetry.quarantine import Quarantine, Rejection, Selection
from foreworn.telemetry.sample import Sample
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.wire import encode_sample
from ingestion.spool.spool import SqliteSpool

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """The operations store of a data folder that a platform holds while the test runs."""
    monkeypatch.setenv("FOREWORN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    settings = Settings()
    engine = open_operations(operations_address(settings))
    registry = SqlFleetRegistry(engine)
    registry.add_signals(SignalCatalogue({"px": [Signal("vibration", "mm/s", low=0.0, high=100.0)]}))
    registry.add([Machine("m7", "px", "west", NOW)], [Attachment("pump-7", "m7", NOW)])
    with data_folder_lock(settings):
        yield engine
    engine.dispose()


@pytest.fixture
def quarantine(engine: sa.Engine) -> Quarantine:
    kept = bounded_quarantine(Settings(), engine)
    kept.put([_refused(hour, "out_of_range", "vibration", "pump-7") for hour in range(5)])
    kept.put([_refused(9, "unknown_device", None, "pump-9")])
    return kept


def _refused(hour: int, reason: str, signal: str | None, device: str) -> Rejection:
    time = NOW + timedelta(hours=hour)
    payload = encode_sample(Sample(device, time, {"vibration": 250.0 + hour}))
    return Rejection(time, f"foreworn/v1/west/{device}/telemetry", payload, reason, "why it was", device, signal)


def run(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=answer)


def test_entries_are_listed_the_newest_first_and_narrowed(quarantine: Quarantine) -> None:
    everything = run("list").output
    assert everything.index("unknown_device") < everything.index("out_of_range")
    narrowed = json.loads(run("list", "--device", "pump-7", "--since", "2026-03-01T03:00", "--json").stdout)
    assert [item["received_at"][11:13] for item in narrowed] == ["04", "03"]
    assert "The newest 2 of 5" in run("list", "--reason", "out_of_range", "--limit", "2").output


def test_into_a_pipe_an_entry_is_one_line_and_nothing_is_cut_off(quarantine: Quarantine) -> None:
    quarantine.put([Rejection(NOW, "a/b", b"{}", "unreadable", "why\tand\n" + 300 * "x", None, None)])
    lines = run("list", "--limit", "3", "--until", "2026-03-01T02:00").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines[:2]] == ["id", "2"]
    assert len(lines) == 4
    assert {line.count("\t") for line in lines} == {6}
    assert 300 * "x" in "".join(lines)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_on_a_terminal_an_entry_is_two_lines_no_wider_than_the_window(
    quarantine: Quarantine, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(
        terminal, "out", Console(file=screen, markup=False, force_terminal=True, color_system=None, width=width)
    )
    quarantine.put([Rejection(NOW, "a/b", b"{}", "unreadable", 300 * "x", "pump-" + 60 * "9", None)])
    show_entries(quarantine.find(Selection(reason="unreadable")), matching=1, dropped=0)
    head, detail = screen.getvalue().splitlines()
    assert "unreadable"[: width - 30] in head
    assert {len(head) <= width, len(detail) == width, detail[-1] == "…"} == {True}


def test_an_entry_is_shown_with_its_remedy_and_its_bytes(quarantine: Quarantine) -> None:
    shown = run("show", "1").output
    assert "widen the signal's range" in shown
    assert '{"ts":1772323200000,"values":{"vibration":250.0}}' in shown
    with pytest.raises(NotFound, match="99"):
        CliRunner().invoke(app, ["show", "99"], catch_exceptions=False)


def test_bytes_that_are_no_text_are_shown_in_hexadecimal_and_nothing_reaches_the_terminal_raw(
    quarantine: Quarantine,
) -> None:
    quarantine.put([Rejection(NOW, "a\x1b[2J", b"\x1b\xff", "unknown_topic", "de\x1b[31mtail", "d\x07", None)])
    (entry,) = quarantine.find(Selection(reason="unknown_topic"))
    output = run("show", str(entry.id)).output + run("list").output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert "0000  1b ff" in output
    told = json.loads(run("show", str(entry.id), "--json").stdout)
    assert base64.b64decode(told["payload_base64"]) == b"\x1b\xff"


def test_what_is_good_now_goes_into_the_spool_of_the_running_platform(
    quarantine: Quarantine, engine: sa.Engine, tmp_path: Path
) -> None:
    with SqliteSpool(tmp_path / "spool.sqlite") as spool:  # as the platform holds it
        SqlFleetRegistry(engine).add_signals(SignalCatalogue({"px": [Signal("vibration", low=0.0, high=1e4)]}))
        result = run("replay", "--all", "--json")
        assert (result.exit_code, json.loads(result.stdout)) == (
            STAYS,
            {"replayed": 5, "outdated": 0, "refused": {"unknown_device": 1}, "skipped": {}},
        )
        ((_, batch),) = spool.pending()
    assert [s.values["vibration"] for s in batch.telemetry.samples] == [250.0 + h for h in range(5)]
    assert batch.fills
    assert quarantine.count() == {"unknown_device": 1}


def test_exit_code_0_says_that_nothing_stays(quarantine: Quarantine, engine: sa.Engine) -> None:
    SqlFleetRegistry(engine).add([], [Attachment("pump-9", "m7", NOW)])
    SqlFleetRegistry(engine).add_signals(SignalCatalogue({"px": [Signal("vibration", low=0.0, high=1e4)]}))
    result = run("replay", "--device", "pump-9")
    assert result.exit_code == 0
    assert "1 entry replayed" in result.output


def test_what_stays_is_told_with_what_to_do_about_it(quarantine: Quarantine) -> None:
    result = run("replay", "1", "2")
    assert result.exit_code == STAYS
    assert "Nothing replayed.\n2 entries stay, out_of_range: the value is outside" in result.output
    assert "widen" in result.output
    assert quarantine.count()["out_of_range"] == 5


def test_a_purge_asks_first_and_is_on_record(quarantine: Quarantine, engine: sa.Engine) -> None:
    refused = run("purge", "--device", "pump-7", answer="n\n")
    assert (refused.exit_code, sum(quarantine.count().values())) == (1, 6)
    assert run("purge", "--device", "pump-7", answer="y\n").exit_code == 0
    assert run("purge", "--all", "--yes", "--json").stdout == '{\n  "purged": 1\n}\n'
    with SqlOperations(engine).reading() as tx:
        entries = [entry for _, entry in tx.audit.find(subject="quarantine")]
    assert [e.detail for e in entries] == [{"purged": 1}, {"purged": 5, "device": "pump-7"}]
    assert all("command line" in e.actor for e in entries)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["purge", "--yes"], id="nothing said"),
        pytest.param(["purge", "--yes", "--all", "--device", "pump-7"], id="all and not all"),
        pytest.param(["replay"], id="nothing to replay"),
        pytest.param(["list", "--reason", "odd"], id="a reason that there is not"),
        pytest.param(["show", "0"], id="an id that nothing has"),
    ],
)
def test_a_command_that_says_too_little_does_nothing(quarantine: Quarantine, words: list[str]) -> None:
    assert run(*words).exit_code == 2
    assert sum(quarantine.count().values()) == 6


def test_a_folder_without_a_store_is_not_taken_for_an_empty_quarantine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREWORN_DATA_DIR", str(tmp_path / "mistyped"))
    with pytest.raises(ConfigurationError, match="mistyped"):
        CliRunner().invoke(app, ["list"], catch_exceptions=False)
    assert not (tmp_path / "mistyped").exists()
