"""What the operations store promises of judgements of signals, on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest

from foreworn.storage.operations.sql import SqlOperations
from foreworn.telemetry.quality import QualityBook, SignalQuality
from tests.operations_store import DAY, HOUR, T0


def quality(
    signal: str = "rpm", time: timedelta = timedelta(0), *, device: str = "d1", **parts: float
) -> SignalQuality:
    return SignalQuality(device, signal, T0 + time, **parts)


def put(books: SqlOperations, *judged: SignalQuality) -> None:
    with books.transaction() as tx:
        tx.quality.put(judged)


def test_a_judgement_comes_back_as_it_was_put(books: SqlOperations) -> None:
    whole = quality(completeness=1 / 3, timeliness=1.0, validity=0.0, uniqueness=0.99)
    unknown = quality("state")
    put(books, unknown, whole)
    with books.reading() as tx:
        book: QualityBook = tx.quality
        assert book.latest() == [whole, unknown]
        assert (book.latest()[0].score, book.latest()[1].score) == (0.0, None)


def test_of_one_day_the_last_judgement_stands(books: SqlOperations) -> None:
    first, second = quality(completeness=0.5), quality(time=HOUR, completeness=0.6)
    put(books, second)
    put(books, first)
    with books.reading() as tx:
        assert tx.quality.history("d1", T0 - DAY) == [second]
    put(books, quality(time=2 * HOUR), second)
    with books.reading() as tx:
        assert tx.quality.history("d1", T0 - DAY) == [quality(time=2 * HOUR)]


def test_the_newest_day_of_each_signal_is_the_latest(books: SqlOperations) -> None:
    old, new = quality(completeness=0.1), quality(time=2 * DAY, completeness=0.9)
    other, elsewhere = quality("amp", completeness=0.4), quality("rpm", device="d2", completeness=0.7)
    put(books, old, new, other, elsewhere)
    with books.reading() as tx:
        assert tx.quality.latest() == [other, new, elsewhere]
        assert tx.quality.latest(devices=["d2", "d9"]) == [elsewhere]
        assert tx.quality.latest(devices=[]) == []
        assert tx.quality.history("d1", T0) == [other, old, new]
        assert tx.quality.history("d1", T0 + DAY) == [new]


def test_days_before_are_let_go_of(books: SqlOperations) -> None:
    put(books, quality(), quality(time=DAY), quality(time=2 * DAY))
    with books.transaction() as tx:
        tx.quality.forget(T0 + DAY + 3 * HOUR)
        assert tx.quality.history("d1", T0) == [quality(time=DAY), quality(time=2 * DAY)]


@pytest.mark.parametrize("part", [-0.001, 1.001, float("nan")])
def test_a_part_that_is_no_share_is_refused(books: SqlOperations, part: float) -> None:
    with pytest.raises(ValueError, match="the validity of 'rpm' of 'd1'"):
        put(books, quality("amp"), quality(validity=part))
    with books.reading() as tx:
        assert tx.quality.latest() == []
