"""The quarantine as a person reads it on the terminal; what strangers sent cannot act on it."""

from collections.abc import Sequence

import typer
from rich.table import Table
from rich.text import Text

from api.reading.payload import is_text, payload_hex, payload_preview
from foreworn import terminal
from foreworn.telemetry.quarantine import REASONS, REMEDIES, SKIPPED, QuarantineEntry, ReplayReport

ENTRIES = ("entry", "entries")
_SHOWN_BYTES = 65_536
_FIELDS = ("id", "received (UTC)", "reason", "device", "signal", "bytes", "detail")


def show_entries(entries: Sequence[QuarantineEntry], *, matching: int, dropped: int) -> None:
    """Print entries, and how many there are besides.

    On a terminal an entry takes two lines, neither wider than the window; elsewhere one, with nothing cut off.
    """
    if not entries:
        terminal.err.print("Nothing in quarantine is meant by that." if matching == 0 else "Nothing to show.")
    elif terminal.out.is_terminal:
        for entry in entries:
            _show_briefly(entry)
    else:
        for fields in (_FIELDS, *map(_fields, entries)):
            typer.echo("\t".join(fields))  # rich would make spaces of the tabs
    if matching > len(entries) > 0:
        terminal.err.print(f"The newest {len(entries):,} of {matching:,}; --limit shows more.", highlight=False)
    if dropped:
        terminal.err.print(f"{dropped:,} older ones had to go: the quarantine is bounded.", highlight=False)


def _fields(entry: QuarantineEntry) -> tuple[str, ...]:
    refused = entry.rejection
    cells = (
        *(str(entry.id), f"{refused.received_at:%Y-%m-%d %H:%M:%S}", refused.reason),
        *(refused.device or "", refused.signal or "", str(entry.payload_bytes), refused.detail),
    )
    return tuple(map(readable, cells))


def _show_briefly(entry: QuarantineEntry) -> None:
    id, received, reason, device, signal, size, detail = _fields(entry)
    head = Text.assemble(f"{id:>6}  {received}  ", (reason, "bold"), "  ", " ".join(filter(None, (device, signal))))
    head.append(f"  {size} B")
    for line in (head, Text(f"{'':6}  {detail}")):
        terminal.out.print(line, no_wrap=True, overflow="ellipsis")


def show_entry(entry: QuarantineEntry) -> None:
    """Print one entry with all that is known of it."""
    refused, payload = entry.rejection, entry.rejection.payload
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    rows = {
        "entry": str(entry.id),
        "received": f"{refused.received_at:%Y-%m-%d %H:%M:%S.%f} UTC",
        "reason": f"{refused.reason}: {REASONS.get(refused.reason, 'this version does not know it')}",
        "detail": refused.detail,
        "what to do": REMEDIES.get(refused.reason, ""),
        "topic": refused.topic,
        "device": refused.device or "",
        "signal": refused.signal or "",
        "payload": f"{entry.payload_bytes:,} bytes",
    }
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, "bold"), Text(readable(value)))
    terminal.out.print(table)
    shown = payload_preview(payload, _SHOWN_BYTES) if is_text(payload) else payload_hex(payload, _SHOWN_BYTES)
    terminal.out.print(Text(shown), soft_wrap=True)
    if len(payload) > _SHOWN_BYTES:
        terminal.out.print(f"The first {_SHOWN_BYTES:,} bytes; --json gives all.", highlight=False)


def show_report(report: ReplayReport) -> None:
    """Print what came of a replay: what is on its way to the store, what stays, and why."""
    if report.replayed:
        what = "it" if report.replayed == 1 else "them"
        _say(
            f"{terminal.counted(report.replayed, *ENTRIES)} replayed. What is good of {what} is in the spool: a "
            "platform that runs on this data folder stores it now, otherwise the next one to start does."
        )
    if report.outdated:
        _say(f"{terminal.counted(report.outdated, 'status message')} let go: a device's state of then is no news.")
    if not report.replayed and not report.outdated:
        _say("Nothing replayed.")
    for reason, count in report.refused.items():
        why = REASONS.get(reason, "this version does not know the reason")
        _say(f"{_staying(count)}, {reason}: {why}. {REMEDIES.get(reason, '')}")
    for name, count in report.skipped.items():
        _say(f"{_staying(count)}, {name}: {SKIPPED.get(name, '')}.")


def _staying(count: int) -> str:
    return f"{terminal.counted(count, *ENTRIES)} stay{'s' if count == 1 else ''}"


def _say(text: str) -> None:
    terminal.out.print(text, highlight=False, soft_wrap=not terminal.out.is_terminal)


def readable(text: str) -> str:
    r"""Return a text that is only text: what would move a terminal's cursor, or colour it, stands as \xNN.

    Examples
    --------
    >>> print(readable("pump\x1b[31m 7"))
    pump\x1b[31m 7
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
