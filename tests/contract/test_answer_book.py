"""A request's key stands for one request, whoever asks and how often; on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from foreworn.loop.answers import KEPT, Answer, AnswerBook, Claim
from foreworn.storage.operations.sql.answers import SqlAnswerBook

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
ANSWER = Answer(201, {"Location": "/v1/work-orders/WO-1", "ETag": '"1"'}, '{"id":"WO-1","task":"Lager tauschen ⚙"}')


@pytest.fixture
def book(engine: sa.Engine) -> AnswerBook:
    return SqlAnswerBook(engine)


def test_a_claimed_key_gives_the_kept_answer_to_the_same_user_only(book: AnswerBook) -> None:
    assert book.claim("paula", "k", b"request", now=NOW) == Claim(True, b"request")
    assert book.claim("paula", "k", b"other", now=NOW) == Claim(False, b"request")
    book.keep("paula", "k", ANSWER)
    assert book.claim("paula", "k", b"request", now=NOW) == Claim(False, b"request", ANSWER)
    assert book.claim("theo", "k", b"request", now=NOW).new


def test_of_many_at_once_one_claims_the_key(book: AnswerBook) -> None:
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda n: book.claim("paula", "k", bytes([n]), now=NOW), range(6)))
    (first,) = (claim for claim in claims if claim.new)
    assert {claim.request for claim in claims} == {first.request}


def test_a_released_key_is_free_and_an_answered_one_is_not_released(book: AnswerBook) -> None:
    book.claim("paula", "k", b"request", now=NOW)
    book.release("paula", "k")
    assert book.claim("paula", "k", b"other", now=NOW).new
    book.keep("paula", "k", ANSWER)
    book.release("paula", "k")
    assert book.claim("paula", "k", b"other", now=NOW).answer == ANSWER


def test_a_key_is_forgotten_after_a_day(book: AnswerBook) -> None:
    book.claim("paula", "k", b"request", now=NOW)
    assert not book.claim("paula", "k", b"request", now=NOW + KEPT * 0.99).new
    assert book.claim("paula", "k", b"other", now=NOW + KEPT).new
