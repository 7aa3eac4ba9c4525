"""The import layers: the page, import-linter's settings and the code say the same."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "contracts" / "layers.md"


def _block(name: str) -> list[str]:
    found = re.search(rf"^```{name}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None, f"{PAGE.name} has no block {name!r}"
    return found[1].splitlines()


def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return settings


def _contract(type: str) -> dict[str, Any]:
    (contract,) = (c for c in _settings()["contracts"] if c["type"] == type)
    return dict(contract)


def test_import_linter_checks_the_layers_of_the_page() -> None:
    assert _contract("layers")["layers"] == _block("layers")


def test_import_linter_keeps_the_core_free_of_what_the_page_names() -> None:
    contract = _contract("forbidden")
    assert sorted(contract["source_modules"]) == _block("core")
    assert sorted(contract["forbidden_modules"]) == _block("outside")


def test_no_import_is_excused() -> None:
    assert [c["name"] for c in _settings()["contracts"] if "ignore_imports" in c] == []


def test_every_room_has_a_layer() -> None:
    layered = {room.strip(" ()") for layer in _block("layers") for room in layer.split("|")}
    core = {
        f"foreworn.{p.stem}" for p in (ROOT / "foreworn").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    packages = set(_settings()["root_packages"]) - {"foreworn"}
    assert core | packages <= layered | {"foreworn.__init__", "foreworn.__main__"}


def test_the_code_keeps_the_layers() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"COLUMNS": "200"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
