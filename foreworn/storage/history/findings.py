"""What is wrong with a history folder, collected until it is enough."""

from foreworn.errors import MalformedHistory


class EnoughFound(Exception):
    """As many problems were found as were asked for."""


class Findings:
    """Collects problems; `add` raises `EnoughFound` when `limit` is reached.

    A file with findings has rows that could not be read, so whoever reads on asks `clean_since` first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.problems: list[MalformedHistory] = []

    def add(self, problem: MalformedHistory) -> None:
        """Keep one problem."""
        self.problems.append(problem)
        if len(self.problems) >= self._limit:
            raise EnoughFound

    def __len__(self) -> int:
        return len(self.problems)

    def clean_since(self, count: int) -> bool:
        """Tell whether nothing was found since there were `count` findings."""
        return len(self.problems) == count
