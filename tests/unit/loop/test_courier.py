"""The outbox is delivered at least once, and nothing in it keeps the rest from arriving."""

from datetime import timedelta
from itertools import pairwise

import pytest

from foreworn.errors import NotFound, StoreUnavailable
from foreworn.loop.courier import LONGEST_PAUSE, Courier, Delivery
from foreworn.loop.outbox import Message
from tests.unit.loop.repair_shop import DAY, NOW, RepairShop


def put(shop: RepairShop, *keys: str, topic: str = "demand") -> None:
    with shop.operations.transaction() as tx:
        for place, key in enumerate(keys):
            tx.outbox.put(Message(key, topic, {"n": place}, NOW + timedelta(milliseconds=place)))


def depth(shop: RepairShop) -> int:
    with shop.operations.reading() as tx:
        return tx.outbox.depth()


def courier(shop: RepairShop, delivery: Delivery) -> Courier:
    return Courier(shop.operations, {"demand": delivery}, shop.clock)


def test_every_message_arrives_once_the_oldest_first(shop: RepairShop) -> None:
    keys = [f"m{n:03d}" for n in range(250)]
    put(shop, *keys)
    arrived: list[str] = []
    own = courier(shop, lambda message: arrived.append(message.key))
    assert (own.deliver_due(), own.deliver_due(), depth(shop)) == (250, 0, 0)
    assert arrived == keys


def test_what_was_delivered_when_the_process_died_is_delivered_again(shop: RepairShop) -> None:
    put(shop, "a")
    arrived: list[str] = []

    def dies(message: Message) -> None:
        arrived.append(message.key)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        courier(shop, dies).deliver_due()
    assert courier(shop, lambda message: arrived.append(message.key)).deliver_due() == 1
    assert arrived == ["a", "a"]


@pytest.mark.parametrize(
    "problem",
    [
        pytest.param(StoreUnavailable("telemetry", "away"), id="the receiver is away"),
        pytest.param(NotFound("part", "x"), id="what the house raises"),
        pytest.param(KeyError("forecasts"), id="a message of another shape"),
        pytest.param(OSError("connection reset"), id="the network"),
    ],
)
def test_a_message_that_cannot_be_delivered_does_not_block_the_others(shop: RepairShop, problem: Exception) -> None:
    put(shop, "a", "bad", "c")
    arrived: list[str] = []

    def deliver(message: Message) -> None:
        if message.key == "bad":
            raise problem
        arrived.append(message.key)

    assert courier(shop, deliver).deliver_due() == 2
    assert (arrived, depth(shop)) == (["a", "c"], 1)


def test_nor_does_one_that_nobody_delivers(shop: RepairShop) -> None:
    put(shop, "odd", topic="unheard of")
    put(shop, "a")
    assert courier(shop, lambda message: None).deliver_due() == 1
    assert depth(shop) == 1


def test_the_pause_grows_up_to_an_hour_and_the_message_arrives_at_last(shop: RepairShop) -> None:
    put(shop, "a")
    tried: list[timedelta] = []
    is_away = True

    def deliver(message: Message) -> None:
        tried.append(shop.clock.now() - NOW)
        if is_away:
            raise StoreUnavailable("telemetry", "away")

    own = courier(shop, deliver)
    while shop.clock.now() < NOW + DAY / 2:
        own.deliver_due()
        shop.wait(timedelta(seconds=1) if len(tried) < 5 else timedelta(minutes=1))
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses[:4] == [timedelta(seconds=2**n) for n in range(4)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    is_away = False
    shop.wait(LONGEST_PAUSE)
    assert own.deliver_due() == 1


def test_receivers_that_take_long_to_refuse_are_each_tried_once(shop: RepairShop) -> None:
    """Else two messages with one dead address would keep the day's other work waiting."""
    put(shop, "a", "b")
    tried: list[str] = []

    def refuse(message: Message) -> None:
        tried.append(message.key)
        shop.wait(timedelta(seconds=30))
        raise StoreUnavailable("an address", "no answer in 30 s")

    assert courier(shop, refuse).deliver_due() == 0
    assert tried == ["a", "b"]
