"""Guessing is slow, and nobody can keep somebody else out for long."""

import pytest

from api.auth.attempts import PER_ADDRESS, PER_NAME, PER_PAIR, WINDOW, Attempts
from api.problems import TooManyAttempts


class Seconds:
    """A clock of seconds that stands where it is put."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def attempts(seconds: Seconds) -> Attempts:
    return Attempts(seconds)


def test_it_is_over_after_the_window_and_says_how_long_that_is(attempts: Attempts, seconds: Seconds) -> None:
    for _ in range(PER_PAIR):
        attempts.failed("ines", "192.0.2.7")
        seconds.now += 60
    with pytest.raises(TooManyAttempts) as told:
        attempts.refuse_if_too_many("ines", "192.0.2.7")
    assert told.value.retry_after == WINDOW - PER_PAIR * (WINDOW / 15)
    seconds.now += told.value.retry_after.total_seconds()
    attempts.refuse_if_too_many("ines", "192.0.2.7")


def test_getting_in_forgets_the_failures(attempts: Attempts) -> None:
    for _ in range(PER_PAIR - 1):
        attempts.failed("ines", "192.0.2.7")
    attempts.succeeded("ines", "192.0.2.7")
    attempts.failed("ines", "192.0.2.7")
    attempts.refuse_if_too_many("ines", "192.0.2.7")


def test_one_address_cannot_try_one_name_after_the_other(attempts: Attempts) -> None:
    for n in range(PER_ADDRESS):
        attempts.failed(f"user{n}", "192.0.2.7")
    with pytest.raises(TooManyAttempts):
        attempts.refuse_if_too_many("ines", "192.0.2.7")
    attempts.refuse_if_too_many("ines", "192.0.2.8")


def test_many_addresses_cannot_try_one_name_for_ever(attempts: Attempts) -> None:
    for n in range(PER_NAME):
        attempts.refuse_if_too_many("ines", f"2001:db8::{n:x}")
        attempts.failed("ines", f"2001:db8::{n:x}")
    with pytest.raises(TooManyAttempts):
        attempts.refuse_if_too_many("ines", "2001:db8::ffff")


def test_a_flood_of_names_does_not_fill_the_memory(attempts: Attempts) -> None:
    for n in range(12_000):
        attempts.failed(f"user{n}", "192.0.2.7")
    assert len(attempts._failures) < 12_000
    with pytest.raises(TooManyAttempts):
        attempts.refuse_if_too_many("ines", "192.0.2.7")
