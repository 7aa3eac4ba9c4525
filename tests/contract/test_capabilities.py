"""Capabilities: every claim has a test that exists and can run, or the reason why it waits."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CAPABILITIES: list[dict[str, Any]] = tomllib.loads((ROOT / "docs" / "capabilities.toml").read_text())["capability"]
FIELDS = {"shown": {"id", "claim", "status", "test"}, "postponed": {"id", "claim", "status", "reason"}}


def _id(capability: dict[str, Any]) -> str:
    return str(capability["id"])


SHOWN = [c for c in CAPABILITIES if c["status"] == "shown"]


@pytest.mark.parametrize("capability", CAPABILITIES, ids=_id)
def test_a_capability_says_what_it_is_and_how_it_stands(capability: dict[str, Any]) -> None:
    assert set(capability) == FIELDS[capability["status"]]
    assert all(str(value).strip() for value in capability.values())
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", capability["id"])
    assert capability["claim"].endswith(".")


def test_no_capability_is_claimed_twice() -> None:
    assert len({c["id"] for c in CAPABILITIES}) == len(CAPABILITIES)
    assert len({c["claim"] for c in CAPABILITIES}) == len(CAPABILITIES)


@pytest.mark.parametrize("capability", SHOWN, ids=_id)
def test_the_test_of_a_capability_exists_and_is_not_switched_off(capability: dict[str, Any]) -> None:
    file, _, name = capability["test"].partition("::")
    assert file.startswith("tests/")
    assert Path(file).name.startswith("test_"), f"pytest does not collect {file}"
    found = [f for f in _functions(ROOT / file) if f.name == name]
    assert len(found) == 1, f"{file} has no test {name}"
    switches = [ast.unparse(decorator) for decorator in found[0].decorator_list]
    assert [s for s in switches if re.search(r"\b(skip|skipif|xfail)\b", s)] == []
    assert name.startswith("test_")


def _functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(file.read_text())
    return [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
