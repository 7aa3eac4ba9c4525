import threading
from unittest.mock import Mock

from ingestion.session.bulk_socket import BulkSocket
from ingestion.session.frames import Frames
from ingestion.session.haul import Haul
from ingestion.session.haul_queue import Delivered, HaulQueue

OVER = Mock(spec=BulkSocket)


def delivered(messages: int, size: int = 10) -> Delivered:
    return Delivered(Haul(Frames([b"t"] * messages, [b""] * messages, [0x32] * messages), size=size), OVER)


def counts(taken: list[Delivered] | None) -> list[int] | None:
    return None if taken is None else [len(each.haul) for each in taken]


def test_a_turn_is_what_has_come_up_to_its_limit_and_never_nothing() -> None:
    queue = HaulQueue(1000, most_messages=5)
    for messages in (2, 3, 1, 9, 4):
        queue.put(delivered(messages))
    assert [counts(queue.take(lambda: 0.0)) for _ in range(5)] == [[2, 3], [1], [9], [4], []]


def test_what_is_taken_counts_until_it_is_done_with() -> None:
    queue = HaulQueue(100, most_messages=1)
    queue.put(delivered(1, size=60))
    queue.put(delivered(1, size=60))
    assert not queue.has_room
    assert queue.take(lambda: 0.0)
    assert not queue.has_room
    assert queue.take(lambda: 0.0)
    assert queue.has_room


def test_the_reader_is_told_when_there_is_room_again_and_when_the_taker_waits() -> None:
    queue = HaulQueue(100, most_messages=1)
    told: list[tuple[bool, bool]] = []
    queue.on_hungry = lambda: told.append((queue.has_room, queue.is_hungry))
    queue.put(delivered(1, size=100))
    queue.take(lambda: 0.0)
    assert told == []
    queue.take(lambda: 0.0)
    assert told == [(True, False), (True, True)]
    assert not queue.is_hungry


def test_a_rest_ends_early_with_a_turns_worth() -> None:
    queue = HaulQueue(1000, most_messages=3)
    resting = threading.Thread(target=queue.rest, args=(30.0,))
    resting.start()
    queue.put(delivered(2))
    resting.join(0.05)
    assert resting.is_alive()
    queue.put(delivered(1))
    resting.join(10.0)
    assert not resting.is_alive()


def test_a_closed_queue_gives_what_it_has_and_takes_no_more() -> None:
    queue = HaulQueue(1000, most_messages=3)
    queue.put(delivered(2))
    queue.close()
    queue.put(delivered(1))
    assert counts(queue.take(lambda: None)) == [2]
    assert queue.take(lambda: None) is None


def test_a_queue_may_be_closed_without_what_is_in_it() -> None:
    queue = HaulQueue(1000, most_messages=3)
    queue.put(delivered(2))
    queue.close(forget=True)
    assert queue.take(lambda: None) is None


def test_a_turn_is_bounded_by_bytes_too() -> None:
    queue = HaulQueue(1000, most_messages=100, most_bytes_taken=25)
    for size in (10, 10, 10, 40, 5):
        queue.put(delivered(1, size=size))
    assert [counts(queue.take(lambda: 0.0)) for _ in range(4)] == [[1, 1], [1], [1], [1]]


def test_a_rest_ends_early_with_a_turns_worth_of_bytes() -> None:
    queue = HaulQueue(1000, most_messages=100, most_bytes_taken=25)
    resting = threading.Thread(target=queue.rest, args=(30.0,))
    queue.put(delivered(1, size=30))
    resting.start()
    resting.join(10.0)
    assert not resting.is_alive()
