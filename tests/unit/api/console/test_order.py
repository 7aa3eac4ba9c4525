"""A work order's page: every action as a form, what it refuses, and what it keeps of what was typed."""

import re
from datetime import timedelta

import pytest

from api.console.order_changes import CHANGES
from api.services import ConsoleServices
from foreworn.health.label import Outcome
from foreworn.loop.order_steps import leave_trace
from foreworn.loop.revised_evidence import ACTION
from foreworn.planning import TRANSITIONS, WorkOrder, WorkOrderState
from foreworn.planning.findings import Action, Finding
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.seeded_fleet import NOW

BOOKING = {"technician": "theo", "start": "2026-03-03T08:00", "hours": "2.5"}


def order_of(services: ConsoleServices, id: str = "WO-1") -> WorkOrder:
    with services.operations.reading() as tx:
        return tx.orders.get(id)


def send(client: Client, services: ConsoleServices, action: str, /, **fields: str) -> int:
    """Send an action's form as it stands on the present page."""
    form = {"seen": str(order_of(services).version), **fields}
    return client.send(f"/orders/WO-1/{action}", form=form).status_code


def test_an_order_goes_its_whole_way_by_forms(paula: Client, theo: Client, plant: ConsoleServices) -> None:
    assert send(paula, plant, "approve") == 303
    assert send(paula, plant, "schedule", **BOOKING) == 303
    assert send(theo, plant, "start") == 303
    assert send(theo, plant, "pause", words="the pump cannot be stopped") == 303
    assert send(theo, plant, "start") == 303
    assert send(theo, plant, "complete", answer="as_predicted:replaced", note="cage broken") == 303
    assert send(paula, plant, "close") == 303
    order = order_of(plant)
    assert order.state is WorkOrderState.CLOSED
    assert order.outcome is Outcome.FOUND
    page = words(paula.get("/orders/WO-1").text)
    assert "was 62 % likely to fail within 7 days; acting was to save about 3,100 EUR" in page
    assert "As predicted; replaced" in page
    assert "taken: 2 × 6204" in page
    assert "theo in progress → scheduled the pump cannot be stopped" in page
    assert "Found as predicted. It counts in the model's scorecard" in page


def test_the_page_says_who_did_what_when(paula: Client, plant: ConsoleServices) -> None:
    send(paula, plant, "approve", reason="before the holidays")
    page = words(paula.get("/orders/WO-1?did=WO-1").text)
    assert "WO-1, Pump-07 bearing, is approved. Reserved for it: 2 × 6204. Next: schedule it." in page
    assert "approved APPR 06:00 today, paula before the holidays" in page
    assert "● 2 × 6204 ball bearing 6204 on shelf in main, reserved" in page


@pytest.mark.parametrize("state", list(WorkOrderState))
def test_the_actions_on_the_page_are_those_of_the_transition_table(state: WorkOrderState) -> None:
    led_to = {
        "approve": WorkOrderState.APPROVED,
        "decline": WorkOrderState.DECLINED,
        "unschedule": WorkOrderState.APPROVED,
        "start": WorkOrderState.IN_PROGRESS,
        "pause": WorkOrderState.SCHEDULED,
        "complete": WorkOrderState.COMPLETED,
        "close": WorkOrderState.CLOSED,
        "cancel": WorkOrderState.CANCELLED,
    }
    for action, after in led_to.items():
        assert (state in CHANGES[action].states) <= (after in TRANSITIONS[state])
    offered = {led_to[a] for a in led_to if state in CHANGES[a].states}
    by_platform = {WorkOrderState.SUPERSEDED, WorkOrderState.SCHEDULED}
    assert TRANSITIONS[state] - by_platform <= offered


@pytest.mark.parametrize(
    ("who", "buttons"),
    [
        pytest.param("paula", {"approve", "decline"}, id="a planner decides"),
        pytest.param("theo", set(), id="a technician reads"),
        pytest.param("ines", set(), id="who keeps the parts reads"),
        pytest.param("vera", set(), id="a viewer reads"),
    ],
)
def test_a_page_has_the_buttons_of_its_readers_role(app: object, who: str, buttons: set[str]) -> None:
    page = Client(app, user=who).get("/orders/WO-1").text  # type: ignore[arg-type]
    assert set(re.findall(r'action="/orders/WO-1/(\w+)"', page)) == buttons


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        pytest.param("approve", {}, id="approving"),
        pytest.param("decline", {"answer": "sensor"}, id="declining"),
        pytest.param("schedule", BOOKING, id="scheduling"),
        pytest.param("cancel", {"words": "no"}, id="cancelling"),
        pytest.param("close", {}, id="closing"),
    ],
)
def test_a_technician_may_not_plan(theo: Client, plant: ConsoleServices, action: str, fields: dict[str, str]) -> None:
    assert send(theo, plant, action, **fields) == 403
    assert order_of(plant).version == 1


def test_a_decline_keeps_the_usual_answer_and_the_own_words(paula: Client, plant: ConsoleServices) -> None:
    assert send(paula, plant, "decline", answer="sensor", words="changed last week") == 303
    assert order_of(plant).transitions[-1].reason == "The sensor is wrong, not the machine: changed last week"


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        pytest.param("decline", {}, "a decline needs a reason", id="a decline without a reason"),
        pytest.param("decline", {"answer": "nonsense"}, "a decline needs a reason", id="an answer nobody offered"),
        pytest.param("schedule", {**BOOKING, "start": "soon"}, "is not a time", id="a time that is none"),
        pytest.param("schedule", {**BOOKING, "hours": "-1"}, "hours cannot be", id="hours below 0"),
        pytest.param("schedule", {**BOOKING, "hours": "nan"}, "hours cannot be", id="hours that are no number"),
        pytest.param("schedule", {**BOOKING, "technician": "nobody"}, "known: theo", id="somebody not on the team"),
    ],
)
def test_what_cannot_be_used_comes_back_as_it_was_typed(
    paula: Client, plant: ConsoleServices, action: str, fields: dict[str, str], said: str
) -> None:
    if action == "schedule":
        send(paula, plant, "approve")
    form = {"seen": str(order_of(plant).version), "reason": "before <b>noon</b>", "words": "", **fields}
    answer = paula.send(f"/orders/WO-1/{action}", form=form)
    assert answer.status_code == 400
    assert said in words(answer.text)
    if action == "schedule":
        assert 'value="before &lt;b&gt;noon&lt;/b&gt;"' in answer.text
        assert f'value="{fields["hours"]}"' in answer.text
    assert not order_of(plant).booking


def test_who_comes_second_sees_what_it_is_now_and_may_send_again(paula: Client, plant: ConsoleServices) -> None:
    send(paula, plant, "approve")
    send(paula, plant, "schedule", **BOOKING)
    late = {"seen": "2", **BOOKING, "start": "2026-03-04T10:00", "reason": "with the crane"}
    answer = paula.send("/orders/WO-1/schedule", form=late)
    text = words(answer.text)
    assert answer.status_code == 409
    assert "Somebody changed it first It is scheduled now: paula did that 06:00 today" in text
    assert "look at what has changed, and send it again below" in text
    assert 'value="2026-03-04T10:00"' in answer.text
    assert 'value="with the crane"' in answer.text
    assert send(paula, plant, "schedule", **{**BOOKING, "start": "2026-03-04T10:00"}) == 303
    booking = order_of(plant).booking
    assert booking is not None
    assert (booking.start.day, booking.end - booking.start) == (4, timedelta(hours=2.5))


def test_what_is_not_possible_any_more_keeps_the_words(paula: Client, plant: ConsoleServices) -> None:
    send(paula, plant, "approve")
    form = {"seen": "1", "answer": "sensor", "words": "gauge was changed"}
    answer = paula.send("/orders/WO-1/decline", form=form)
    text = words(answer.text)
    assert answer.status_code == 409
    assert "You wanted to decline it: that is not possible any more." in text
    assert "You had given the answer: The sensor is wrong, not the machine" in text
    assert "You had given your own words: gauge was changed" in text


def test_completing_twice_is_completing_once(theo: Client, paula: Client, plant: ConsoleServices) -> None:
    send(paula, plant, "approve")
    send(theo, plant, "start")
    form = {"seen": str(order_of(plant).version), "answer": "as_predicted:replaced"}
    assert theo.send("/orders/WO-1/complete", form=form).status_code == 303
    assert theo.send("/orders/WO-1/complete", form=form).status_code == 409
    with plant.operations.reading() as tx:
        assert tx.stock.level("6204", "main").on_hand == 2


def test_more_parts_than_there_are_is_refused_whole(theo: Client, paula: Client, plant: ConsoleServices) -> None:
    send(paula, plant, "approve")
    send(theo, plant, "start")
    form = {"seen": str(order_of(plant).version), "answer": "other:repaired", "part:6204": "9", "note": "spare"}
    answer = theo.send("/orders/WO-1/complete", form=form)
    assert answer.status_code == 409
    assert 'name="note" maxlength="2000" value="spare"' in answer.text
    assert order_of(plant).state is WorkOrderState.IN_PROGRESS


@pytest.mark.parametrize(
    ("fields", "found", "done", "taken"),
    [
        pytest.param({"answer": "nothing:none"}, Finding.NOTHING, Action.NONE, (), id="all in order takes nothing"),
        pytest.param(
            {"answer": "not_inspected:replaced"},
            Finding.NOT_INSPECTED,
            Action.REPLACED,
            (("6204", 2),),
            id="replacing takes what was reserved",
        ),
        pytest.param(
            {"answer": "as_predicted:replaced", "part:6204": "1"},
            Finding.AS_PREDICTED,
            Action.REPLACED,
            (("6204", 1),),
            id="a typed number stands before the reserved one",
        ),
        pytest.param(
            {"answer": "other:repaired", "action": "adjusted"},
            Finding.OTHER,
            Action.ADJUSTED,
            (),
            id="a chosen deed stands before the answer's",
        ),
    ],
)
def test_one_answer_says_what_was_found_done_and_taken(
    theo: Client,
    paula: Client,
    plant: ConsoleServices,
    fields: dict[str, str],
    found: Finding,
    done: Action,
    taken: tuple[tuple[str, int], ...],
) -> None:
    send(paula, plant, "approve")
    send(theo, plant, "start")
    assert send(theo, plant, "complete", **fields) == 303
    findings = order_of(plant).findings
    assert findings is not None
    assert (findings.finding, findings.action, findings.parts) == (found, done, taken)
    assert findings.labour == timedelta(hours=3)


def test_rework_is_a_new_order_that_is_linked(theo: Client, paula: Client, plant: ConsoleServices) -> None:
    send(paula, plant, "approve")
    send(theo, plant, "start")
    send(theo, plant, "complete", answer="as_predicted:repaired")
    answer = paula.send("/orders/WO-1/rework", form={"words": "align it again", "seen": "4"})
    assert answer.headers["location"] == "/orders/WO-2?did=WO-2"
    assert order_of(plant, "WO-2").follows == "WO-1"
    assert "followed by WO-2" in words(paula.get("/orders/WO-1").text)


def test_evidence_stays_and_says_that_late_data_changed_it(paula: Client, plant: ConsoleServices) -> None:
    order = order_of(plant)
    with plant.operations.transaction() as tx:
        detail = {"revision": 1, "probability": 0.44}
        leave_trace(tx, order, actor="foreworn", time=NOW, reason="late data", detail=detail, action=ACTION)
    said = "changed since Late data changed this forecast: it says 44 % now instead of 62 %."
    page = words(paula.get("/orders/WO-1").text)
    assert said in page
    assert "Chance of failure within 7 days 62 %; no forecast like this has an outcome yet" in page
    assert said in words(paula.get("/").text)


def test_an_order_or_action_that_is_not_there_is_not_found(paula: Client) -> None:
    assert paula.get("/orders/WO-99").status_code == 404
    assert paula.send("/orders/WO-1/explode", form={"seen": "1"}).status_code == 404


@pytest.mark.parametrize("back", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example"])
def test_a_form_leads_back_to_pages_of_ours_only(paula: Client, back: str) -> None:
    answer = paula.send("/orders/WO-1/approve", form={"seen": "1", "back": back})
    assert answer.headers["location"] == "/orders/WO-1?did=WO-1"


def test_a_form_without_this_sessions_token_changes_nothing(paula: Client, plant: ConsoleServices) -> None:
    assert paula.send("/orders/WO-1/approve", form={"seen": "1", "csrf_token": "x"}).status_code == 403
    assert order_of(plant).version == 1
