"""Mutants: each still fits the code it changes, and the runner knows a fault that is caught from one that is not."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.mutant import BadMutant, Mutant, load
from tests.mutants.run import Result, run

ROOT = Path(__file__).parents[2]
MUTANTS = load()
SOUND = "def double(x):\n    return 2 * x\n"
TESTS = """
import pytest
import subject

def test_two(): assert subject.double(1) == 2
def test_nothing(): assert subject
@pytest.mark.skip(reason="no server")
def test_skipped(): assert subject.double(1) == 2
@pytest.fixture
def doubled():
    assert subject.double(1) == 2
def test_setup(doubled): pass
def test_broken(): assert subject.double(1) == 3
"""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_fits_the_code_and_names_a_test_that_exists(mutant: Mutant) -> None:
    mutated = mutant.applied((ROOT / mutant.file).read_text())
    if mutant.file.endswith(".py"):
        ast.parse(mutated)
    file, _, function = mutant.test.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert function.partition("[")[0].split("::")[-1] in functions


def test_there_are_mutants_and_none_is_another() -> None:
    changes = Counter((m.file, m.before, m.after, m.test) for m in MUTANTS)
    assert changes
    assert set(changes.values()) == {1}


def mutant(name: str, test: str, *, before: str = "2 * x", after: str = "3 * x") -> Mutant:
    return Mutant(name, "subject.py", before, after, f"test_subject.py::{test}", "it matters")


JUDGED = [
    (mutant("a fault its test notices", "test_two"), True, "caught"),
    (mutant("a fault nobody notices", "test_nothing"), False, "SURVIVED: its test is passed"),
    (mutant("code that cannot run", "test_two", after="2 *"), False, "SURVIVED: its test is error"),
    (mutant("a test that cannot begin", "test_setup"), False, "SURVIVED: its test is error"),
    (mutant("a test that is skipped", "test_skipped"), False, "is skipped, not passed"),
    (mutant("a test that is red anyway", "test_broken"), False, "is failed, not passed"),
    (mutant("a test that does not exist", "test_gone"), False, "is not found, not passed"),
    (mutant("text that is not there", "test_two", before="4 * x"), False, "stands 0 times"),
    (mutant("text that is there twice", "test_two", before="x"), False, "stands 2 times"),
    (mutant("a fault that changes nothing", "test_two", after="2 * x"), False, "are the same"),
    (mutant("another fault its test notices", "test_two", after="x"), True, "caught"),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    """What the runner says of faults seeded into a small project, all of them in one run."""
    project = tmp_path_factory.mktemp("project")
    (project / "subject.py").write_text(SOUND)
    (project / "test_subject.py").write_text(TESTS)
    (project / "pyproject.toml").write_text("[tool.pytest.ini_options]\npythonpath = ['.']\n")
    told: list[Result] = []
    found = run(project, [one for one, _, _ in JUDGED], told.append)
    assert [result.mutant for result in found] == [one for one, _, _ in JUDGED]
    assert sorted(told, key=lambda r: r.mutant.name) == sorted(found, key=lambda r: r.mutant.name)
    assert (project / "subject.py").read_text() == SOUND
    return {result.mutant.name: result for result in found}


@pytest.mark.parametrize(("one", "caught", "note"), [pytest.param(*row, id=row[0].name) for row in JUDGED])
def test_only_a_test_that_turns_red_itself_catches_a_mutant(
    results: dict[str, Result], one: Mutant, caught: bool, note: str
) -> None:
    assert results[one.name].caught is caught
    assert note in results[one.name].note


def test_a_mutant_with_a_misspelt_entry_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text("wyh = 'typo'\n")
    with pytest.raises(BadMutant, match=r"odd\.toml"):
        load(tmp_path)
