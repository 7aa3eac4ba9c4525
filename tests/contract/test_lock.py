"""The lock: everything the project asks for, at one version, by its hash, from nowhere in particular."""

import re
import tomllib
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PYTHONS = ("3.11.9", "3.12.9", "3.13.9")


def _pinned() -> list[Requirement]:
    return [Requirement(line) for line in re.findall(r"^([A-Za-z0-9][^\\\n]*?)\s*\\?$", LOCK, re.MULTILINE)]


def _wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [project["project"]["dependencies"], project["build-system"]["requires"]]
    groups += project["project"]["optional-dependencies"].values()
    groups += project["dependency-groups"].values()
    return [Requirement(wanted) for group in groups for wanted in group]


def _name(requirement: Requirement) -> str:
    return re.sub(r"[-_.]+", "-", requirement.name).lower()


def test_what_the_project_asks_for_is_locked_at_a_version_that_will_do() -> None:
    pinned = {_name(pin): pin for pin in _pinned()}
    missing = [str(wanted) for wanted in _wanted() if _name(wanted) not in pinned]
    assert missing == [], "resolve it again with: make lock"
    versions = {name: str(pin.specifier).removeprefix("==") for name, pin in pinned.items()}
    assert [str(w) for w in _wanted() if not w.specifier.contains(versions[_name(w)])] == []


def test_every_python_the_project_runs_on_gets_one_version_of_each() -> None:
    for python in PYTHONS:
        environment: dict[str, Any] = {
            **default_environment(),
            "python_version": python[:4],
            "python_full_version": python,
        }
        pins = [_name(p) for p in _pinned() if p.marker is None or p.marker.evaluate(environment)]
        assert len(pins) == len(set(pins))
        assert {_name(wanted) for wanted in _wanted()} <= set(pins)


def test_every_version_is_held_by_hashes() -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(_pinned())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_names_no_host_and_no_folder() -> None:
    assert re.findall(r"\S*(?://|index-url|find-links|\s/)\S*", LOCK) == []
