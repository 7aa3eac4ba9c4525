"""The one question at the end of a job, and the answers that a thumb can give."""

from dataclasses import dataclass
from datetime import timedelta

from api.console.forms import Form
from api.console.supply import PartNeed
from api.problems import BadParameter
from foreworn.planning import WorkOrder, WorkOrderKind
from foreworn.planning.findings import Action, Finding, Findings


@dataclass(frozen=True, slots=True)
class Answer:
    """One button: what it says was found and done."""

    finding: Finding
    action: Action
    word: str
    deed: str

    @property
    def code(self) -> str:
        """What the button sends."""
        return f"{self.finding}:{self.action}"


ANSWERS = (
    Answer(Finding.AS_PREDICTED, Action.REPLACED, "As suspected", "worn or damaged; I replaced it"),
    Answer(Finding.AS_PREDICTED, Action.REPAIRED, "As suspected, mended", "worn or damaged; I repaired it"),
    Answer(Finding.OTHER, Action.REPAIRED, "Something else", "another thing was wrong; I repaired it"),
    Answer(Finding.NOTHING, Action.NONE, "All in order", "I looked, and left it as it was"),
    Answer(Finding.NOT_INSPECTED, Action.REPLACED, "Did not look", "I replaced it without looking"),
)
_FAILED_FIRST = Answer(Finding.AS_PREDICTED, Action.REPLACED, "Replaced", "it had failed; I replaced it")
_FAILED_MENDED = Answer(Finding.AS_PREDICTED, Action.REPAIRED, "Repaired", "it had failed; I repaired it")


def answers_for(order: WorkOrder) -> tuple[Answer, ...]:
    """Return the answers that make sense for the order."""
    if order.kind is WorkOrderKind.CORRECTIVE:
        return (_FAILED_FIRST, _FAILED_MENDED, *ANSWERS[2:4])
    return ANSWERS


def findings_of(form: Form, order: WorkOrder, needs: list[PartNeed]) -> Findings:
    """Return what the form says was found; what is left open follows from the answer.

    Raises
    ------
    BadParameter
        If the answer is none, or something cannot be read.
    """
    answer = _answer(form)
    action = form.choice("action", Action) if form.text("action") else answer.action
    labour = form.hours("hours") if form.text("hours") else order.labour or timedelta(0)
    return Findings(answer.finding, action, form.text("note"), labour, _parts(form, needs, action))


def _answer(form: Form) -> Answer:
    said = form.text("answer")
    for answer in (*ANSWERS, _FAILED_FIRST, _FAILED_MENDED):
        if answer.code == said:
            return answer
    raise BadParameter("answer", "nothing was chosen", remedy="say what you found with one of the buttons")


def _parts(form: Form, needs: list[PartNeed], action: Action) -> tuple[tuple[str, int], ...]:
    """Return what was taken: as typed, else what the job takes where something was replaced."""
    taken = []
    for need in needs:
        field = f"part:{need.part.id}"
        usual = need.quantity if action.renews and not need.taken else 0
        quantity = form.whole(field) if form.text(field) else usual
        if quantity:
            taken.append((need.part.id, quantity))
    return tuple(sorted(taken))
