from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.collector.numbering import MOST_AHEAD, MOST_GAPS, Numbering


class NaiveNumbering:
    """The same, number by number, with a set."""

    def __init__(self, through: int) -> None:
        self.through = through
        self.ahead: set[int] = set()

    def take(self, seqs: list[int], *, redelivered: bool) -> bool:
        repeats = False
        for seq in seqs:
            if seq <= self.through:
                repeats = repeats or not redelivered
            elif seq == self.through + 1:
                self.go_on_to(seq)
            elif seq not in self.ahead:
                self.ahead.add(seq)
            elif not redelivered:
                self.go_on_to(min(self.ahead))
        return repeats

    def go_on_to(self, through: int) -> None:
        while through + 1 in self.ahead:
            through += 1
        self.through = through
        self.ahead = {seq for seq in self.ahead if seq > through}


RUNS = st.tuples(st.integers(-3, 25), st.integers(1, 6)).map(lambda run: list(range(run[0], run[0] + run[1])))
TAKEN = st.tuples(RUNS | st.lists(st.integers(-3, 30), min_size=1, max_size=5), st.booleans())


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.lists(TAKEN, max_size=12))
def test_runs_gaps_repeats_and_redeliveries_come_to_what_they_come_to_number_by_number(
    taken: list[tuple[list[int], bool]],
) -> None:
    numbering, naive = Numbering(0), NaiveNumbering(0)
    for seqs, redelivered in taken:
        assert numbering.take(seqs, redelivered=redelivered) == naive.take(seqs, redelivered=redelivered)
        assert numbering.through == naive.through


def test_a_device_that_never_fills_its_gap_is_not_waited_for_for_ever() -> None:
    numbering = Numbering(0)
    numbering.take(range(2, 2 + MOST_AHEAD), redelivered=False)
    assert numbering.through == 0
    numbering.take([2 + MOST_AHEAD], redelivered=False)
    assert numbering.through == MOST_AHEAD + 2


def test_a_device_that_leaves_gap_after_gap_does_not_fill_our_memory() -> None:
    numbering = Numbering(0)
    numbering.take(range(2, 2 * MOST_GAPS + 2, 2), redelivered=False)
    assert numbering.through == 0
    numbering.take([2 * MOST_GAPS + 2], redelivered=False)
    assert numbering.through == 2
