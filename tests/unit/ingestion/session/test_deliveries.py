import threading

from ingestion.session.deliveries import Delivery, DeliveryQueue
from tests.unit.ingestion.plant import TELEMETRY


def delivery(number: int, size: int = 0) -> Delivery:
    return Delivery(TELEMETRY, b"x" * size, number, 1, connection=1)


def test_everything_queued_is_taken_at_once_and_in_order() -> None:
    queue = DeliveryQueue(10, 1000)
    for i in range(3):
        queue.put(delivery(i))
    assert queue.take(lambda: 0.0) == [delivery(0), delivery(1), delivery(2)]
    assert queue.take(lambda: 0.0) == []


def test_who_puts_into_a_full_queue_waits_until_there_is_room() -> None:
    queue = DeliveryQueue(1, 1000)
    queue.put(delivery(0))
    putting = threading.Thread(target=queue.put, args=(delivery(1),))
    putting.start()
    putting.join(0.1)
    assert putting.is_alive()
    assert queue.take(lambda: 5.0) == [delivery(0)]
    putting.join(5.0)
    assert queue.take(lambda: 5.0) == [delivery(1)]


def test_a_queue_is_full_of_bytes_too_and_takes_any_one_message() -> None:
    queue = DeliveryQueue(10, 1000)
    queue.put(delivery(0, size=5000))
    putting = threading.Thread(target=queue.put, args=(delivery(1),))
    putting.start()
    putting.join(0.1)
    assert putting.is_alive()
    assert queue.take(lambda: 5.0) == [delivery(0, size=5000)]
    putting.join(5.0)
    assert queue.take(lambda: 5.0) == [delivery(1)]


def test_closing_lets_the_one_who_waits_go_without_its_message() -> None:
    queue = DeliveryQueue(1, 1000)
    queue.put(delivery(0))
    putting = threading.Thread(target=queue.put, args=(delivery(1),))
    putting.start()
    queue.close()
    putting.join(5.0)
    assert not putting.is_alive()
    assert queue.take(lambda: None) == [delivery(0)]
    assert queue.take(lambda: None) is None


def test_a_queue_may_be_closed_without_what_is_in_it() -> None:
    queue = DeliveryQueue(10, 1000)
    queue.put(delivery(0))
    queue.close(forget=True)
    assert queue.take(lambda: None) is None
