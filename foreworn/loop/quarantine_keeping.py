"""What people do with the quarantine: replay what is mended, let go of what is worth nothing; who did is on record."""

from foreworn.audit import AuditEntry
from foreworn.clock import Clock
from foreworn.errors import Conflict
from foreworn.loop.operations import Operations
from foreworn.telemetry.quarantine import Place, Replay, ReplayReport, Selection

SUBJECT = "quarantine"
"""What the audit trail calls it."""


class QuarantineKeeping:
    """The use cases about what was refused.

    Parameters
    ----------
    operations
        Where the quarantine and the audit trail are kept.
    replaying
        Sends entries through today's rules; None where nothing is taken in from here.
    clock
        The platform's time, which the audit trail goes by.
    """

    def __init__(self, operations: Operations, replaying: Replay | None, clock: Clock) -> None:
        self._operations = operations
        self._replaying = replaying
        self._clock = clock

    def replay(
        self, selection: Selection, *, actor: str, after: Place | None = None, limit: int | None = None
    ) -> ReplayReport:
        """Replay up to `limit` of the selected entries, the newest first; that it was asked for is on record.

        Raises
        ------
        Conflict
            If nothing is taken in from here.
        SpoolFailed, StoreUnavailable
            If something is away; what was replayed until then is, and the rest stays.
        """
        if self._replaying is None:
            raise Conflict("nothing is taken in by this process: replay where a collector runs")
        self._record(actor, "quarantine.replay_asked", dict(selection.said))
        report = self._replaying.replay(selection, after=after, limit=limit)
        told = {
            "replayed": report.replayed,
            "outdated": report.outdated,
            "refused": dict(report.refused),
            "skipped": dict(report.skipped),
        }
        self._record(actor, "quarantine.replayed", told)
        return report

    def purge(self, selection: Selection, *, actor: str) -> int:
        """Forget what is selected; return how many that were."""
        with self._operations.transaction() as tx:
            gone = tx.quarantine.purge(selection)
            if gone:
                detail = {**selection.said, "purged": gone}
                tx.audit.record(AuditEntry(self._clock.now(), actor, "quarantine.purged", SUBJECT, detail))
        return gone

    def _record(self, actor: str, action: str, detail: dict[str, object]) -> None:
        with self._operations.transaction() as tx:
            tx.audit.record(AuditEntry(self._clock.now(), actor, action, SUBJECT, detail))
