"""The quarantine as a person reads it on the terminal; what strangers sent cannot act on it."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from api.reading.payload import is_text, payload_hex, payload_preview
from foreworn import terminal
from foreworn.telemetry.quarantine import REASONS, REMEDIES, SKIPPED, QuarantineEntry, ReplayReport

_SHOWN_BYTES = 65_536


def show_entries(entries: Sequence[QuarantineEntry], *, matching: int, dropped: int) -> None:
    """Print entries as a table, and how many there are besides."""
    if not entries:
        terminal.out.print("Nothing in quarantine is meant by that." if matching == 0 else "Nothing to show.")
    else:
        table = Table("id", "received (UTC)", "reason", "device", "signal", "bytes", "detail")
        table.columns[0].justify = table.columns[5].justify = "right"
        table.columns[0].no_wrap = table.columns[1].no_wrap = table.columns[2].no_wrap = True
        for column in table.columns[3:]:
            column.overflow = "fold"
        for entry in entries:
            refused = entry.rejection
            cells = (
                *(str(entry.id), f"{refused.received_at:%Y-%m-%d %H:%M:%S}", refused.reason),
                *(refused.device or "", refused.signal or "", f"{entry.payload_bytes:,}", refused.detail),
            )
            table.add_row(*(Text(readable(cell)) for cell in cells))
        terminal.out.print(table)
    if matching > len(entries):
        terminal.out.print(f"The newest {len(entries):,} of {matching:,}; --limit shows more.", highlight=False)
    if dropped:
        terminal.out.print(f"{dropped:,} older ones had to go: the quarantine is bounded.", highlight=False)


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
    """Print what came of a replay."""
    terminal.out.print(
        f"{report.replayed:,} entries replayed. What is good of them is in the spool: a platform that runs on this "
        "data folder stores it now, otherwise the next one to start does.",
        highlight=False,
    )
    if report.outdated:
        terminal.out.print(f"{report.outdated:,} status messages let go: they are no news.", highlight=False)
    if not report.refused and not report.skipped:
        return
    table = Table("stays", "entries", "what to do", title="Not replayed")
    table.columns[1].justify = "right"
    for reason, count in report.refused.items():
        table.add_row(reason, f"{count:,}", REMEDIES.get(reason, ""))
    for why, count in report.skipped.items():
        table.add_row(why, f"{count:,}", SKIPPED.get(why, ""))
    terminal.out.print(table)


def readable(text: str) -> str:
    r"""Return a text that is only text: what would move a terminal's cursor, or colour it, stands as \xNN.

    Examples
    --------
    >>> print(readable("pump\x1b[31m 7"))
    pump\x1b[31m 7
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
