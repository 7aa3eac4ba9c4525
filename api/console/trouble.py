"""Why a change of a work order was not made, and what its reader can do about it."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from api.console.forms import Form
from api.console.order_changes import Change
from api.console.words import sentence, when
from api.problems import BadParameter
from foreworn.errors import NotFound
from foreworn.planning import WorkOrder
from foreworn.planning.decline import DECLINE_REASONS

_LABELS = {
    "answer": "the answer",
    "words": "your own words",
    "reason": "the remark",
    "technician": "the technician",
    "start": "the beginning",
    "hours": "the hours",
    "note": "the note",
}
"""What people call what they type."""
_AGAIN = "Change it below and send it again."


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a change was not made; `typed` is what was typed for it, by name."""

    heading: str
    sentence: str
    remedy: str
    status: HTTPStatus
    typed: tuple[tuple[str, str], ...] = ()


def trouble_of(refusal: Exception, change: Change, order: WorkOrder, form: Form, now: datetime) -> Trouble:
    """Return what to say of a refusal; `order` is as it is now."""
    if isinstance(refusal, BadParameter):
        return _unusable(f"{refusal.field}: {refusal.problem}", sentence(refusal.remedy))
    if isinstance(refusal, ValueError | NotFound):
        return _unusable(str(refusal), _AGAIN)
    if form.fields.get("seen") == str(order.version):
        return Trouble("Not possible now", str(refusal), _AGAIN, HTTPStatus.CONFLICT)
    if order.state in change.states:
        remedy = f"You wanted to {change.wish}: look at what has changed, and send it again below if you still want to."
        return Trouble("Somebody changed it first", _present(order, now), remedy, HTTPStatus.CONFLICT)
    remedy = f"You wanted to {change.wish}: that is not possible any more."
    return Trouble("Somebody changed it first", _present(order, now), remedy, HTTPStatus.CONFLICT, _typed(form))


def _unusable(problem: str, remedy: str) -> Trouble:
    return Trouble("That cannot be used", problem, remedy, HTTPStatus.BAD_REQUEST)


def _typed(form: Form) -> tuple[tuple[str, str], ...]:
    """Return what was typed, by what people call it: its form does not come back."""
    usual = dict(DECLINE_REASONS)
    said = ((name, text) for name, text in form.fields.items() if text and name in _LABELS)
    return tuple((_LABELS[name], usual.get(text, text)) for name, text in said)


def _present(order: WorkOrder, now: datetime) -> str:
    state = order.state.replace("_", " ")
    if not order.transitions:
        return f"it is {state} now"
    last = order.transitions[-1]
    because = f" ({last.reason})" if last.reason else ""
    return f"it is {state} now: {last.actor} did that {when(last.time, now)}{because}"
