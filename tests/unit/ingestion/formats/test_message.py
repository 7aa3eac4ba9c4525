from foreworn.telemetry.quarantine import Rejection
from ingestion.formats.message import MOST_REJECTIONS, Message, condense
from tests.unit.ingestion.plant import NEW_YEAR, TELEMETRY

MESSAGE = Message(TELEMETRY, b"whole payload", NEW_YEAR)


def refused(reason: str, signal: str | None = None, detail: str = "because") -> Rejection:
    return MESSAGE.reject(reason, detail, device="pump-7", signal=signal)


def test_a_rejection_carries_the_whole_message() -> None:
    expected = Rejection(NEW_YEAR, TELEMETRY, b"whole payload", "out_of_range", "because", "pump-7", "vibration")
    assert refused("out_of_range", "vibration") == expected


def test_what_is_refused_once_is_kept_as_it_is() -> None:
    rejections = (refused("out_of_range", "vibration"), refused("out_of_range", "pressure"), refused("bad_time"))
    assert condense(rejections) == rejections


def test_the_same_reason_and_signal_is_one_rejection_that_counts_the_others() -> None:
    (only,) = condense([refused("bad_time", detail=f"element {i}") for i in range(1000)])
    assert only.detail == "element 0 (and 999 more in this message)"


def test_a_message_never_makes_more_than_sixteen_rejections_and_loses_no_count() -> None:
    condensed = condense([refused("unknown_signal", f"s{i}") for i in range(100)])
    assert [r.signal for r in condensed] == [*(f"s{i}" for i in range(15)), None]
    assert condensed[-1].detail == "because (and 84 more in this message)"


def test_sixteen_rejections_are_each_about_their_own_signal() -> None:
    sixteen = tuple(refused("unknown_signal", f"s{i}") for i in range(16))
    assert condense(sixteen) == sixteen


def test_what_was_not_looked_into_keeps_an_entry_about_the_message_however_much_else_is_refused() -> None:
    rest = Message("t", b"", NEW_YEAR).leave("its last 7 entries")
    condensed = condense([*(refused("unknown_signal", f"s{i}") for i in range(100)), rest])
    assert len(condensed) == MOST_REJECTIONS
    assert condensed[-1] == rest
    assert condensed[-2].detail == "because (and 85 more in this message)"


def test_what_two_readers_did_not_look_into_is_told_in_one_entry() -> None:
    message = Message("t", b"", NEW_YEAR)
    (only,) = condense([message.leave("its last 7 entries"), message.leave("the last 3 signals of an entry")])
    assert "its last 7 entries" in only.detail
    assert "the last 3 signals of an entry" in only.detail
