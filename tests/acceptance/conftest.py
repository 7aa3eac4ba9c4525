"""The `foreworn` command for acceptance tests."""

from pathlib import Path

import pytest

from tests.acceptance.command import Command


@pytest.fixture
def foreworn(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """The command, on a data folder of the test's own."""
    return Command(monkeypatch, capsys, tmp_path / "var")
