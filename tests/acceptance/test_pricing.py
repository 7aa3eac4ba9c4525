"""`foreworn price` as a person uses it."""

from pathlib import Path

from tests.acceptance.command import Command
from tests.unit.cli.test_pricing import written
from tests.unit.loop.pricing.lived import history


def test_a_history_whose_repairs_were_already_made_is_not_priced(foreworn: Command, tmp_path: Path) -> None:
    folder = written(history([80, 90, 100], repairs=[(0, 40, "preventive")]), tmp_path / "kept")
    refused = foreworn("price", folder, "--lead", "6h", "--json", tmp_path / "priced.json")
    assert refused.code == 1
    assert "1 of 4 ended lives were cut short by a replacement before they failed (seal 1)" in refused.words
    assert "Gap closed" not in refused.out
    assert not (tmp_path / "priced.json").exists()
