import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.collector.acknowledgement import AckLedger
from ingestion.reception.turn import Heard


def ledger(interval: float = 0.0) -> AckLedger:
    made = AckLedger(interval)
    made.want("pump-7", "west", True)
    return made


def through(made: AckLedger, now: float = 0.0) -> list[int]:
    return [seq for _, _, seq in made.due(now)]


@pytest.mark.parametrize(
    ("seqs", "expected"),
    [
        pytest.param([41, 42, 43], 43, id="in order"),
        pytest.param([41, 43, 42], 43, id="out of order"),
        pytest.param([41, 43, 44], 41, id="a gap holds it back"),
        pytest.param([41, 43, 44, 42], 44, id="until it is filled"),
        pytest.param([41, 41, 40, 7], 41, id="repeats and older ones change nothing"),
        pytest.param([41, 43, 44, 43], 41, id="not because what lies past it comes twice"),
        pytest.param([2**63 - 2, 2**63 - 1], 2**63 - 1, id="the largest numbers"),
    ],
)
def test_what_is_acknowledged(seqs: list[int], expected: int) -> None:
    made = ledger()
    made.take("pump-7", seqs)
    assert through(made) == [expected]


def says(oldest: int) -> list[Heard]:
    return [Heard("pump-7", "west", (), redelivered=False, wants_ack=True, oldest=oldest)]


def test_a_full_queue_that_drops_the_same_messages_twice_closes_no_gap() -> None:
    made = ledger()
    made.take("pump-7", [1])
    assert through(made) == [1]
    for _ in range(3):
        made.take("pump-7", range(202, 402))
        assert through(made) == []
    made.take("pump-7", range(2, 202))
    assert through(made) == [401]


@pytest.mark.parametrize(
    ("oldest", "expected"),
    [
        pytest.param(61, 60, id="what it dropped itself"),
        pytest.param(70, 72, id="up to a gap and over what lies past it"),
        pytest.param(71, 72, id="within what lies past it"),
        pytest.param(51, 50, id="the one that is awaited anyway"),
        pytest.param(1, 50, id="what it was told long ago"),
    ],
)
def test_numbers_that_the_device_says_it_has_no_more_are_not_waited_for(oldest: int, expected: int) -> None:
    made = AckLedger(0.0, {"pump-7": 50})
    made.take("pump-7", [70, 71, 72])
    made.hear(says(oldest))
    assert made.due(0.0) == [("west", "pump-7", expected)]
    assert made.advanced() == ({"pump-7": expected} if expected != 50 else {})


def test_a_gap_past_the_oldest_is_held() -> None:
    made = ledger()
    made.hear([*says(40), Heard("pump-7", "west", [40, 42], redelivered=False, wants_ack=None), *says(40)])
    assert through(made) == [40]


def test_a_device_that_says_what_its_oldest_is_is_told_where_it_stands_before_it_has_sent_anything() -> None:
    made = AckLedger(0.0)
    made.hear(says(1))
    assert made.due(0.0) == [("west", "pump-7", 0)]


def test_a_device_that_begins_at_nought_is_told_nothing_until_something_has_come() -> None:
    made = AckLedger(0.0)
    made.hear(says(0))
    assert (made.due(0.0), made.advanced()) == ([], {})
    made.take("pump-7", [0])
    assert made.due(0.0) == [("west", "pump-7", 0)]


def test_what_was_believed_of_a_device_gives_way_to_its_own_word() -> None:
    made = AckLedger(0.0)
    made.take("pump-7", [51, 52])  # 40 to 50 were let go, or fell out of a full queue, and the first status with them
    made.hear(says(40))
    assert made.due(0.0) == [("west", "pump-7", 39)]
    made.take("pump-7", range(40, 51))
    assert made.due(0.0) == [("west", "pump-7", 52)]


def test_a_device_is_told_where_it_stands_whenever_it_says_that_it_wants_to_know() -> None:
    made = ledger(interval=1.0)
    made.take("pump-7", [1, 2])
    assert through(made, now=10.0) == [2]
    made.want("pump-7", "west", True)
    assert (through(made, now=10.5), through(made, now=11.0), through(made, now=12.0)) == ([], [2], [])


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.permutations(range(8)))
def test_nothing_is_acknowledged_before_all_before_it_has_come(order: list[int]) -> None:
    made = ledger()
    made.take("pump-7", [-1])
    come: set[int] = set()
    for seq in order:
        made.take("pump-7", [seq])
        come.add(seq)
        for told in through(made):
            assert set(range(told + 1)) <= come
    made.take("pump-7", [8])
    assert through(made) == [8]


def test_a_device_that_does_not_want_acknowledgements_gets_none() -> None:
    made = AckLedger(0.0)
    made.take("pump-7", [1, 2])
    made.want("pump-7", "west", False)
    assert through(made) == []


def test_a_device_that_says_later_that_it_wants_them_is_told_what_has_come() -> None:
    made = AckLedger(0.0)
    made.take("pump-7", [1, 2])
    assert through(made) == []
    made.want("pump-7", "east", True)
    assert made.due(0.0) == [("east", "pump-7", 2)]


def test_a_device_is_told_once() -> None:
    made = ledger()
    made.take("pump-7", [1])
    assert (through(made), through(made)) == ([1], [])


def test_a_device_is_told_at_most_once_per_interval_and_then_all_of_it() -> None:
    made = ledger(interval=1.0)
    made.take("pump-7", [1])
    assert through(made, now=10.0) == [1]
    made.take("pump-7", [2, 3])
    assert through(made, now=10.5) == []
    assert made.next_due_in(10.5) == pytest.approx(0.5)
    assert through(made, now=11.0) == [3]
    assert made.next_due_in(11.0) is None


def test_a_device_that_sends_again_what_it_was_told_is_told_again_but_not_more_often() -> None:
    made = ledger(interval=1.0)
    made.take("pump-7", [1, 2])
    assert through(made, now=10.0) == [2]
    made.take("pump-7", [1])
    assert through(made, now=10.1) == []
    assert through(made, now=11.0) == [2]


def test_each_device_has_its_own_interval() -> None:
    made = ledger(interval=1.0)
    made.want("pump-8", "west", True)
    made.take("pump-7", [1])
    assert len(made.due(10.0)) == 1
    made.take("pump-7", [2])
    made.take("pump-8", [1])
    assert made.due(10.5) == [("west", "pump-8", 1)]


def test_where_devices_stand_is_to_be_made_durable_once_for_those_that_want_or_wanted_to_know() -> None:
    made = AckLedger(0.0, {"pump-8": 5})
    made.want("pump-7", "west", True)
    for device in ("pump-7", "pump-8", "pump-9"):
        made.take(device, [6, 7])
    assert made.advanced() == {"pump-7": 7, "pump-8": 7}
    made.take("pump-7", [7, 9])
    assert made.advanced() == {}


def test_a_device_the_last_process_knew_is_told_nothing_past_a_gap() -> None:
    made = AckLedger(0.0, {"pump-7": 40})
    made.hear([Heard("pump-7", "west", [42, 43], redelivered=False, wants_ack=True)])
    assert made.due(0.0) == [("west", "pump-7", 40)]
    made.hear([Heard("pump-7", "west", [41], redelivered=False, wants_ack=None)])
    assert made.due(0.0) == [("west", "pump-7", 43)]


def test_a_device_that_says_late_that_it_wants_to_know_is_made_durable_too() -> None:
    made = AckLedger(0.0)
    made.take("pump-7", [1, 2])
    assert made.advanced() == {}
    made.want("pump-7", "west", True)
    assert made.advanced() == {"pump-7": 2}


def test_no_more_are_told_at_a_time_than_there_is_room_for_and_the_others_stay_due() -> None:
    made = AckLedger(0.0)
    for i in range(5):
        made.want(f"pump-{i}", "west", True)
        made.take(f"pump-{i}", [i])
    told = [made.due(1.0, most=2), made.due(1.0, most=2)]
    assert made.next_due_in(1.0) == 0.0
    told.append(made.due(1.0))
    assert sorted(through for acks in told for _, _, through in acks) == [0, 1, 2, 3, 4]
    assert made.next_due_in(1.0) is None


def test_what_did_not_arrive_is_told_again() -> None:
    made = ledger(interval=1.0)
    made.take("pump-7", [1])
    assert through(made, now=10.0) == [1]
    made.tell_again(["pump-7", "pump-8"])
    assert (through(made, now=10.5), through(made, now=11.0)) == ([], [1])
