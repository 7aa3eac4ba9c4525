"""Quarantine: what was refused, why, and the bytes; and what those who may do with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from api.auth import require
from api.console.forms import Form, go_to
from api.console.guarded import TypedForm
from api.console.notices import notices
from api.console.rendering import address, page
from api.console.words import plural
from api.problems import BadParameter
from api.reading.fleet_state import fleet_state
from api.reading.payload import is_text, payload_hex, payload_preview
from api.reading.quarantined import page_of_entries, sensors_in_doubt
from api.routes.parameters import Services
from foreworn.access import Role, User
from foreworn.errors import NotFound
from foreworn.telemetry.quarantine import REASONS, REMEDIES, QuarantineEntry, Selection

router = APIRouter(include_in_schema=False)
Keeper = Annotated[User, Depends(require(Role.ENGINEER))]

_SHOWN = 50
_PREVIEW = 401
_LOOKED_THROUGH = 1000
_WHOLE_SHOWN = 65_536
_REPLAYED_AT_ONCE = 10_000
_LONGEST = 2000
_MICROSECOND = timedelta(microseconds=1)

Text = Annotated[str, Query(max_length=_LONGEST)]
Count = Annotated[int | None, Query(ge=0)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page is narrowed to; empty texts narrow nothing."""

    reason: str = ""
    device: str = ""
    signal: str = ""

    @property
    def selection(self) -> Selection:
        """The entries that are meant.

        Raises
        ------
        BadParameter
            If there is no such reason.
        """
        if self.reason and self.reason not in REASONS:
            raise BadParameter("reason", f"{self.reason!r} is not a reason", remedy=f"use one of {', '.join(REASONS)}")
        return Selection(None, self.device or None, self.reason or None, self.signal or None)

    @property
    def query(self) -> dict[str, str]:
        """What it is in an address."""
        given = {"reason": self.reason, "device": self.device, "signal": self.signal}
        return {name: value for name, value in given.items() if value}


@router.get("/quarantine")
def quarantine_page(
    request: Request,
    services: Services,
    reason: Text = "",
    device: Text = "",
    signal: Text = "",
    cursor: Annotated[str, Query(max_length=1000)] = "",
    replayed: Count = None,
    stayed: Count = None,
    more: Count = None,
    purged: Count = None,
) -> HTMLResponse:
    """Return what was refused, by reason, device and signal, and the sensors it points at."""
    chosen = Chosen(reason, device.strip(), signal.strip())
    entries, following = page_of_entries(
        services, chosen.selection, limit=_SHOWN, cursor=cursor or None, payload=_PREVIEW
    )
    counts = services.quarantine.count()
    fleet = fleet_state(services)
    return page(
        request,
        "quarantine.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        done=_done(replayed, purged),
        left=_left(replayed, stayed, more, purged),
        entries=entries,
        following=following,
        cursor=cursor,
        counts=dict(sorted(counts.items(), key=lambda item: -item[1])),
        matching=sum(services.quarantine.count(chosen.selection).values()),
        dropped=sum(services.quarantine.dropped().values()),
        sensors=sensors_in_doubt(services, looked_through=_LOOKED_THROUGH),
        looked_through=_LOOKED_THROUGH,
        chosen=chosen,
        reasons=REASONS,
        remedies=REMEDIES,
        until=_just_after(services.quarantine.find(chosen.selection, limit=1, payload=0)),
        preview=payload_preview,
    )


@router.get("/quarantine/{id:int}")
def entry_page(request: Request, services: Services, id: int) -> HTMLResponse:
    """Return one entry with all that is known of it."""
    entry = services.quarantine.get(id)
    fleet, payload = fleet_state(services), entry.rejection.payload
    return page(
        request,
        "quarantine_entry.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        entry=entry,
        rejection=entry.rejection,
        why=REASONS.get(entry.rejection.reason, "a reason this version does not know"),
        remedy=REMEDIES.get(entry.rejection.reason, ""),
        is_text=is_text(payload),
        shown=payload_preview(payload, _WHOLE_SHOWN) if is_text(payload) else payload_hex(payload, _WHOLE_SHOWN),
        cut=entry.payload_bytes > _WHOLE_SHOWN,
        most=_WHOLE_SHOWN,
    )


@router.post("/quarantine/replay")
def replay_entries(services: Services, user: Keeper, form: TypedForm) -> Response:
    """Replay what was chosen, and go back to what is left of it."""
    selection, chosen = _meant(form)
    report = services.quarantine_keeping.replay(selection, actor=user.name, limit=_REPLAYED_AT_ONCE)
    stayed = sum(report.refused.values()) + sum(report.skipped.values())
    told = {"replayed": str(report.replayed + report.outdated), "stayed": str(stayed)}
    if report.following is not None:
        told["more"] = str(_REPLAYED_AT_ONCE)
    return go_to(address("/quarantine", **chosen.query), **told)


@router.post("/quarantine/purge")
def purge_entries(services: Services, user: Keeper, form: TypedForm) -> Response:
    """Forget what was chosen."""
    selection, chosen = _meant(form)
    purged = services.quarantine_keeping.purge(selection, actor=user.name)
    return go_to(address("/quarantine", **chosen.query), purged=str(purged))


def _meant(form: Form) -> tuple[Selection, Chosen]:
    """Return the entries a form is about, and what its page is narrowed to.

    Raises
    ------
    BadParameter
        If it says neither one entry nor up to when its reader saw them.
    NotFound
        If the one entry is gone.
    """
    chosen = Chosen(form.text("reason"), form.text("device"), form.text("signal"))
    if not form.text("id"):
        return replace(chosen.selection, until=_until(form)), chosen
    id = form.whole("id")
    if id >= 2**63:
        raise NotFound("quarantine entry", str(id))
    return Selection(ids=(id,)), chosen


def _just_after(newest: Sequence[QuarantineEntry]) -> str:
    """Return the time up to which a reader has seen entries: what comes while they read is not meant."""
    return "".join((entry.rejection.received_at + _MICROSECOND).isoformat() for entry in newest)


def _until(form: Form) -> datetime:
    said = form.text("until", required=True)
    remedy = "load the page again, and use its buttons"
    try:
        until = datetime.fromisoformat(said)
    except ValueError:
        raise BadParameter("until", f"{said!r} is not a time", remedy=remedy) from None
    if until.tzinfo is None:
        raise BadParameter("until", f"{said!r} has no zone", remedy=remedy)
    return until


def _done(replayed: int | None, purged: int | None) -> str:
    if purged:
        return f"{plural(purged, 'entry was', 'entries were')} purged."
    if replayed:
        said = plural(replayed, "entry was", "entries were")
        return f"{said} replayed and left the quarantine; what is good now is on its way to the store."
    return ""


def _left(replayed: int | None, stayed: int | None, more: int | None, purged: int | None) -> str:
    """Return what a replay or a purge left as it was; empty where there was none, or it left nothing."""
    if purged == 0 or (replayed == 0 and not stayed):
        return "Nothing was done: no entry of this selection is left."
    if replayed is None:
        return ""
    said = []
    if stayed:
        stays = plural(stayed, "entry stays", "entries stay")
        said.append(f"{'' if replayed else 'Nothing could be replayed: '}{stays} here, with the reason of today.")
    if more:
        said.append(f"Only the newest {more:,} were looked at: `foreworn quarantine replay` goes through all.")
    return " ".join(said)
