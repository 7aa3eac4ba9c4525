"""One seeded fault, as data: what is changed where, and the test that must notice."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


class BadMutant(Exception):
    """A mutant that cannot be applied; the message says why."""


@dataclass(frozen=True)
class Mutant:
    """A seeded fault.

    Parameters
    ----------
    name
        The name of its file.
    file
        What is changed, relative to the project's root.
    before, after
        The text that is replaced, which stands in the file exactly once, and what stands there then.
    test
        The node id of the test that must turn red.
    why
        What the fault would do to a user, in a sentence.
    """

    name: str
    file: str
    before: str
    after: str
    test: str
    why: str

    def applied(self, source: str) -> str:
        """Return the file's text with the fault in it.

        Raises
        ------
        BadMutant
            If `before` does not stand there exactly once, or the fault changes nothing.
        """
        if self.before == self.after:
            raise BadMutant(f"{self.name}: before and after are the same")
        found = source.count(self.before)
        if found != 1:
            raise BadMutant(f"{self.name}: its text stands {found} times in {self.file}, not once: {self.before!r}")
        return source.replace(self.before, self.after)


def load(folder: Path = FOLDER) -> list[Mutant]:
    """Return every mutant of a folder, sorted by name.

    Raises
    ------
    BadMutant
        If a file lacks an entry or has one too many.
    """
    mutants = []
    for file in sorted(folder.glob("*.toml")):
        try:
            mutants.append(Mutant(name=file.stem, **tomllib.loads(file.read_text())))
        except TypeError as e:
            raise BadMutant(f"{file.name}: {e}") from e
    return mutants
