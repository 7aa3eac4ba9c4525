"""Apply each mutant to a copy of the project, and see whether its test turns red."""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutant import BadMutant, Mutant

_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "var", "*.duckdb")
_LONGEST_TEST = 600.0


@dataclass(frozen=True)
class Result:
    """What became of a mutant: whether its test caught it, and if not, why."""

    mutant: Mutant
    caught: bool
    note: str


def run(root: Path, mutants: Sequence[Mutant], tell: Callable[[Result], None]) -> list[Result]:
    """Judge mutants one at a time in copies of `root`, which itself is not touched; one copy per processor."""
    workers = max(1, min(os.cpu_count() or 1, len(mutants)))
    with ThreadPoolExecutor(workers) as pool:
        shares = [pool.submit(_share, root, mutants[i::workers], tell) for i in range(workers)]
        judged = {id(result.mutant): result for share in shares for result in share.result()}
    return [judged[id(mutant)] for mutant in mutants]


def _share(root: Path, mutants: Sequence[Mutant], tell: Callable[[Result], None]) -> list[Result]:
    results = []
    with tempfile.TemporaryDirectory(prefix="foreworn-mutants-") as folder:
        copy = Path(folder) / "project"
        shutil.copytree(root, copy, ignore=_NOT_COPIED)
        for mutant in mutants:
            results.append(_judged(copy, mutant, outcomes(copy, mutant.test)))
            tell(results[-1])
    return results


def _judged(copy: Path, mutant: Mutant, sound: list[str]) -> Result:
    if not sound or set(sound) != {"passed"}:
        return Result(mutant, False, f"without the fault its test is {_summary(sound)}, not passed")
    file = copy / mutant.file
    source = file.read_text()
    try:
        file.write_text(mutant.applied(source))
        mutated = outcomes(copy, mutant.test)
    except BadMutant as e:
        return Result(mutant, False, str(e))
    finally:
        file.write_text(source)
    if "failed" not in mutated:
        return Result(mutant, False, f"SURVIVED: its test is {_summary(mutated)}")
    return Result(mutant, True, "caught")


def outcomes(project: Path, test: str) -> list[str]:
    """Run one test of a project and return passed, failed, skipped or error for each of its cases.

    A test that could not be collected or set up is an error: that proves nothing about it.
    """
    report = project / "mutant-report.xml"
    report.unlink(missing_ok=True)
    # Bytecode is kept by time and size, and a mutant may change neither.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(project)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", test]
    subprocess.run(command, cwd=project, env=environment, capture_output=True, check=False, timeout=_LONGEST_TEST)
    if not report.exists():
        return ["error"]
    return [_outcome(case) for case in ET.parse(report).iter("testcase")]


def _outcome(case: ET.Element) -> str:
    for tag, outcome in {"error": "error", "failure": "failed", "skipped": "skipped"}.items():
        if case.find(tag) is not None:
            return outcome
    return "passed"


def _summary(found: Sequence[str]) -> str:
    return ", ".join(sorted(set(found))) or "not found"
