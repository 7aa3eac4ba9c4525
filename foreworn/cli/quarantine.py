"""Commands about what was refused: look at it, replay it after a fix, purge it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from foreworn import bootstrap, terminal
from foreworn.cli.actor import actor
from foreworn.cli.options import time_option
from foreworn.cli.quarantine_screen import ENTRIES, show_entries, show_entry, show_report
from foreworn.settings import Settings
from foreworn.telemetry.quarantine import REASONS, QuarantineEntry, ReplayReport, Selection

STAYS = 3
"""The exit code where something of what was to be replayed stays in quarantine."""

_LARGEST_ID = 2**63 - 1

app = typer.Typer(no_args_is_help=True, help="What was refused: look at it, replay it after a fix, purge it.")


def _reason(text: str) -> str:
    if text not in REASONS:
        raise typer.BadParameter(f"{text!r} is not a reason; use one of {', '.join(REASONS)}")
    return text


Ids = Annotated[list[int] | None, typer.Argument(min=1, max=_LARGEST_ID, metavar="[ID]...", help="Only these entries.")]
Device = Annotated[str | None, typer.Option(help="Only of this device.")]
Reason = Annotated[str | None, typer.Option(parser=_reason, metavar="REASON", help="Only of this reason.")]
Signal = Annotated[str | None, typer.Option(help="Only about this signal.")]
Since = Annotated[datetime | None, time_option(help="Only received at this time or later.")]
Until = Annotated[datetime | None, time_option(help="Only received before this time.")]
All = Annotated[bool, typer.Option("--all", help="Every entry; needed where nothing else is said.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers, instead of a table.")]


@app.command("list")
def list_(
    device: Device = None,
    reason: Reason = None,
    signal: Signal = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most entries to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show what was refused, the newest first; into a pipe, an entry is one line with tabs between its fields.

    Nothing is changed; a platform may run meanwhile.
    """
    selection = Selection(None, device, reason, signal, since, until)
    with bootstrap.opened_quarantine(Settings(), replays=False) as desk:
        entries = desk.quarantine.find(selection, limit=limit, payload=_shown_bytes() if as_json else 0)
        matching = sum(desk.quarantine.count(selection).values())
        dropped = sum(desk.quarantine.dropped().values())
    if as_json:
        _print_json([_answer(entry) for entry in entries])
    else:
        show_entries(entries, matching=matching, dropped=dropped)


@app.command()
def show(
    id: Annotated[int, typer.Argument(min=1, max=_LARGEST_ID, metavar="ID", help="The entry.")], as_json: AsJson = False
) -> None:
    """Show one entry: why it was refused, what to do about it, and the bytes as they came."""
    with bootstrap.opened_quarantine(Settings(), replays=False) as desk:
        entry = desk.quarantine.get(id)
    if as_json:
        _print_json(_answer(entry))
    else:
        show_entry(entry)


@app.command()
def replay(
    ids: Ids = None,
    device: Device = None,
    reason: Reason = None,
    signal: Signal = None,
    since: Since = None,
    until: Until = None,
    every: All = False,
    as_json: AsJson = False,
) -> None:
    """Read entries again by the rules of today, and store what is good now; a platform may run meanwhile.

    What was stored for the same device, time and signal since then is not written over. What is refused again
    stays, and the exit code is 3.
    """
    selection = _selection(ids, Selection(None, device, reason, signal, since, until), every)
    with bootstrap.opened_quarantine(Settings(), replays=True) as desk, terminal.waiting("Replaying"):
        report = desk.keeping.replay(selection, actor=actor())
    if as_json:
        _print_json(_told(report))
    else:
        show_report(report)
    if report.refused or report.skipped:
        raise typer.Exit(STAYS)


@app.command()
def purge(
    ids: Ids = None,
    device: Device = None,
    reason: Reason = None,
    signal: Signal = None,
    since: Since = None,
    until: Until = None,
    every: All = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Forget entries; what they hold cannot be stored any more."""
    selection = _selection(ids, Selection(None, device, reason, signal, since, until), every)
    with bootstrap.opened_quarantine(Settings(), replays=False) as desk:
        matching = sum(desk.quarantine.count(selection).values())
        if matching and not yes:
            typer.confirm(f"Forget {terminal.counted(matching, *ENTRIES)} for good?", abort=True, err=True)
        purged = desk.keeping.purge(selection, actor=actor())
    if as_json:
        _print_json({"purged": purged})
    else:
        terminal.out.print(f"{terminal.counted(purged, *ENTRIES)} purged.", highlight=False)


def _selection(ids: Sequence[int] | None, given: Selection, every: bool) -> Selection:
    """Return what is meant; that everything is has to be said."""
    selection = Selection(
        tuple(ids) if ids else None, given.device, given.reason, given.signal, given.since, given.until
    )
    if every == bool(selection.said):
        raise typer.BadParameter("say which entries: ids, --device, --reason, --signal, --since, --until, or --all")
    return selection


def _shown_bytes() -> int:
    from api.reading.quarantined import SHOWN_BYTES

    return SHOWN_BYTES


def _answer(entry: QuarantineEntry) -> dict[str, object]:
    from api.schemas.quarantine import RejectionAnswer

    return RejectionAnswer.of(entry).model_dump(mode="json")


def _told(report: ReplayReport) -> dict[str, object]:
    return {
        "replayed": report.replayed,
        "outdated": report.outdated,
        "refused": dict(report.refused),
        "skipped": dict(report.skipped),
    }


def _print_json(answer: object) -> None:
    typer.echo(json.dumps(answer, indent=2))
