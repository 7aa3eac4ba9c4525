import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.collector.numbering import MOST_GAPS, Numbering


class NaiveNumbering:
    """The same, number by number, with a set."""

    def __init__(self, through: int) -> None:
        self.through = through
        self.ahead: set[int] = set()

    def take(self, seqs: list[int], *, redelivered: bool) -> bool:
        repeats = any(seq <= self.through for seq in self.passing(seqs))
        return repeats and not redelivered

    def passing(self, seqs: list[int]) -> list[int]:
        """Take numbers, and return those that had come before."""
        known = []
        for seq in seqs:
            if seq <= self.through:
                known.append(seq)
            self.ahead.add(seq)
            self.go_on()
        return known

    def waive_before(self, oldest: int) -> None:
        self.through = max(self.through, oldest - 1)
        self.go_on()

    def go_on(self) -> None:
        while self.through + 1 in self.ahead:
            self.through += 1


RUNS = st.tuples(st.integers(-3, 25), st.integers(1, 6)).map(lambda run: list(range(run[0], run[0] + run[1])))
TAKEN = st.tuples(RUNS | st.lists(st.integers(-3, 30), min_size=1, max_size=5), st.booleans())
SAID = st.integers(0, 30)


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.lists(TAKEN | SAID, max_size=12))
def test_runs_gaps_repeats_and_the_oldest_number_come_to_what_they_come_to_number_by_number(
    heard: list[tuple[list[int], bool] | int],
) -> None:
    numbering, naive = Numbering(0), NaiveNumbering(0)
    for one in heard:
        if isinstance(one, int):
            numbering.waive_before(one)
            naive.waive_before(one)
        else:
            seqs, redelivered = one
            assert numbering.take(seqs, redelivered=redelivered) == naive.take(seqs, redelivered=redelivered)
        assert numbering.through == naive.through


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(RUNS, max_size=6), SAID, st.data())
def test_the_oldest_number_says_the_same_before_and_after_the_numbers_of_its_turn(
    runs: list[list[int]], oldest: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(runs)))
    first, other = Numbering(0), Numbering(0)
    first.waive_before(oldest)
    for i, run in enumerate(runs):
        if i == place:
            other.waive_before(oldest)
        first.take(run, redelivered=False)
        other.take(run, redelivered=False)
    other.waive_before(oldest)
    assert first.through == other.through


def test_a_gap_is_held_however_far_a_device_goes_on_past_it() -> None:
    numbering = Numbering(1)
    for first in range(3, 1_000_003, 200):
        numbering.take(range(first, first + 200), redelivered=False)
    assert numbering.through == 1
    numbering.take([2], redelivered=False)
    assert numbering.through == 1_000_002


@pytest.mark.parametrize("backwards", [False, True])
def test_of_a_device_that_leaves_gap_after_gap_the_first_gaps_are_kept_in_mind_and_none_is_closed(
    backwards: bool,
) -> None:
    numbering = Numbering(0)
    evens = list(range(2, 8 * MOST_GAPS + 2, 2))
    for seq in reversed(evens) if backwards else evens:
        numbering.take([seq], redelivered=False)
    assert numbering.through == 0
    assert len(numbering._starts) == MOST_GAPS
    for seq in range(1, 2 * MOST_GAPS, 2):
        numbering.take([seq], redelivered=False)
    assert numbering.through == 2 * MOST_GAPS
    numbering.take(range(2 * MOST_GAPS + 1, 8 * MOST_GAPS + 1), redelivered=False)
    assert numbering.through == 8 * MOST_GAPS
