from datetime import UTC, datetime, timedelta

import pytest

from foreworn.errors import Conflict
from foreworn.health.anomaly import AnomalyScore, SignalShare
from foreworn.health.case import Case, CaseRule, CaseState, Reading

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def score(hour: float, value: float, *, signal: str = "vibration", threshold: float = 1.0) -> AnomalyScore:
    share = SignalShare(signal, 1.0, 9.0, 1.0, 3.0)
    return AnomalyScore("pump", START + hour * HOUR, "t2q-1", value, threshold, 0.001, (share,), "any")


def readings(values: str) -> list[Reading]:
    """Read a drawing: an hour each, `#` above the threshold, `.` at or below it, a blank without a score."""
    drawn = [(hour, 2.0 if mark == "#" else 1.0) for hour, mark in enumerate(values) if mark != " "]
    return [Reading.of(score(hour, value)) for hour, value in drawn]


CASE = Case.opened_by(score(3, 2.0), reason="because")


@pytest.mark.parametrize(
    ("drawing", "opens"),
    [
        pytest.param("...#", False, id="one high row"),
        pytest.param(".#.#", False, id="two of four"),
        pytest.param("#.##", True, id="three of four"),
        pytest.param("###.", False, id="the newest is back below"),
        pytest.param("###", True, id="three are all there are"),
        pytest.param("##...##", False, id="high rows too long ago"),
        pytest.param("##    #", True, id="rows without a score do not count"),
        pytest.param("", False, id="nothing said"),
    ],
)
def test_a_case_opens_when_enough_of_the_last_rows_are_above(drawing: str, opens: bool) -> None:
    assert CaseRule(above=3, of=4).opens(readings(drawing)) is opens


@pytest.mark.parametrize(
    ("drawing", "closes"),
    [
        pytest.param("#....", False, id="not long enough"),
        pytest.param("#.....", True, id="long enough"),
        pytest.param("#..#..", False, id="above once more"),
        pytest.param("#.    .", True, id="below on both ends of a silence"),
        pytest.param("#     .", False, id="silent, then below once"),
        pytest.param("######", False, id="above all the time"),
        pytest.param("", False, id="nothing said"),
    ],
)
def test_a_case_closes_when_it_has_been_back_below_for_a_while(drawing: str, closes: bool) -> None:
    assert CaseRule(quiet=4 * HOUR).closes(readings(drawing)) is closes


@pytest.mark.parametrize("wrong", [{"above": 5, "of": 4}, {"above": 0}, {"quiet": timedelta(0)}])
def test_a_rule_that_cannot_be_kept_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="case"):
        CaseRule(**wrong)  # type: ignore[arg-type]


def test_the_peak_keeps_its_own_contributions() -> None:
    case = CASE.followed_by(score(4, 5.0, signal="pressure")).followed_by(score(5, 3.0, signal="flow"))
    assert (case.first.score, case.peak.score, case.latest.score) == (2.0, 5.0, 3.0)
    assert [c.signal for c in case.contributions] == ["pressure"]


def test_the_peak_is_measured_by_each_scores_own_threshold() -> None:
    assert CASE.followed_by(score(4, 5.0, threshold=4.0)).peak.score == 2.0


def test_late_data_that_changes_what_a_case_rests_on_is_noted() -> None:
    corrected = CASE.followed_by(score(4, 1.5)).corrected_by(score(3, 0.4, signal="flow"))
    assert (corrected.first.score, corrected.peak.score, corrected.latest.score) == (0.4, 0.4, 1.5)
    assert [c.signal for c in corrected.contributions] == ["flow"]
    assert corrected.note == "late data changed the score of 2026-01-01 03:00 UTC from 2 to 0.4"


@pytest.mark.parametrize("other", [score(3, 2.0), score(2, 9.0)], ids=["the same score", "a row it does not rest on"])
def test_late_data_that_changes_nothing_leaves_a_case_as_it_is(other: AnomalyScore) -> None:
    assert CASE.corrected_by(other) == CASE


def test_notes_are_lines() -> None:
    assert CASE.noted("looked at it").noted("ordered a bearing").note == "looked at it\nordered a bearing"


def test_a_closed_case_says_since_when_and_why() -> None:
    closed = CASE.close(START + 9 * HOUR, because="bearing replaced")
    assert (closed.state, closed.closed_at, closed.closed_because) == (
        CaseState.CLOSED,
        START + 9 * HOUR,
        "bearing replaced",
    )


def test_a_case_is_closed_once() -> None:
    with pytest.raises(Conflict, match="cannot be closed again"):
        CASE.close(START + 9 * HOUR, because="a").close(START + 10 * HOUR, because="b")


@pytest.mark.parametrize(
    ("hour", "because", "message"),
    [
        pytest.param(2, "done", "cannot be closed at", id="before it was opened"),
        pytest.param(4, " ", "needs a reason", id="without a reason"),
    ],
)
def test_a_case_is_not_closed_without_sense(hour: int, because: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CASE.close(START + hour * HOUR, because=because)
