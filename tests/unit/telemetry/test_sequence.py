"""The ledger of a device's numbers, against a set that simply remembers all of them."""

import hypothesis.strategies as st
import msgspec
from hypothesis import given, settings

from foreworn.telemetry.counter import LARGEST_COUNT
from foreworn.telemetry.sequence import MOST_HOLES, Run, SequenceLedger

TURNS = st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=8), max_size=12)


def runs_of(numbers: list[int]) -> list[Run]:
    runs: list[Run] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


@given(TURNS)
@settings(derandomize=True, max_examples=300)
def test_it_says_what_a_set_of_all_numbers_would_say(turns: list[list[int]]) -> None:
    ledger, came = SequenceLedger(), {0}
    ledger.take([(0, 0)])
    for turn in turns:
        new = set(turn) - came
        assert ledger.take(runs_of(turn)) == len(set(turn)) - len(new)
        came |= new
        assert ledger.missing == max(came) + 1 - len(came)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(ledger), type=SequenceLedger) == ledger


def test_so_many_holes_are_followed_and_the_numbers_of_older_ones_stay_missing() -> None:
    ledger = SequenceLedger()
    ledger.take([(n, n) for n in range(0, 4 * MOST_HOLES, 2)])
    assert (ledger.gaps, ledger.missing, len(ledger.holes)) == (2 * MOST_HOLES - 1, 2 * MOST_HOLES - 1, MOST_HOLES)
    # One that nobody waits for any more neither fills a hole nor counts as a repeat.
    assert ledger.take([(1, 1)]) == 0
    assert ledger.missing == 2 * MOST_HOLES - 1
    # A hole that breaks into many does not get past the bound.
    wide = SequenceLedger()
    wide.take([(0, 0), (1000, 1000)])
    wide.take([(n, n) for n in range(1, 1000, 2)])
    assert (len(wide.holes), wide.missing) == (MOST_HOLES, 499)


def test_a_device_begins_again_only_where_nobody_waits_for_its_numbers() -> None:
    ledger = SequenceLedger()
    ledger.take([(10, 12), (15, 15)])
    assert ledger.begins_again([(0, 2)])
    assert not ledger.begins_again([(0, 2), (13, 13)])
    assert not ledger.begins_again([(12, 16)])
    ledger.begin_again()
    assert ledger.take([(0, 2)]) == 0
    assert (ledger.last, ledger.missing) == (2, 2)


@given(st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 40), min_size=1, max_size=8)), max_size=12))
@settings(derandomize=True, max_examples=300)
def test_a_device_that_begins_again_misses_no_number_that_came_before(turns: list[tuple[bool, list[int]]]) -> None:
    ledger, came = SequenceLedger(), {0}
    ledger.take([(0, 0)])
    for again, turn in turns:
        before = ledger.missing
        if again:
            ledger.begin_again()
            assert ledger.missing == before
        ledger.take(runs_of(turn))
        came |= set(turn)
        assert ledger.missing - before <= len(set(range(max(turn))) - came)


def test_numbers_that_came_before_many_holes_are_not_missed_again() -> None:
    ledger = SequenceLedger()
    last = 6 * MOST_HOLES
    ledger.take([(n, n) for n in range(0, last + 1, 2)])
    gaps, missing = ledger.gaps, ledger.missing
    ledger.begin_again()
    ledger.take([(0, 0)])
    ledger.take([(last + 3, last + 3)])
    assert (ledger.gaps, ledger.missing) == (gaps + 1, missing + 2)


def test_what_is_settled_is_kept_in_bounds() -> None:
    ledger = SequenceLedger()
    for n in range(3 * MOST_HOLES, 0, -1):
        ledger.take([(10 * n, 10 * n)])
        ledger.begin_again()
    assert len(ledger.settled) == MOST_HOLES


def test_what_is_missing_stays_a_number_that_every_store_can_keep() -> None:
    ledger = SequenceLedger(first=0, last=0, lost=LARGEST_COUNT - 1)
    ledger.take([(5, 5)])
    assert ledger.missing == LARGEST_COUNT
    ledger.take([(10 + 2 * n, 10 + 2 * n) for n in range(MOST_HOLES)])
    assert (ledger.lost, ledger.missing) == (LARGEST_COUNT, LARGEST_COUNT)
