from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from foreworn.storage.day_one import write_day_one_templates


class MakePlant(Protocol):
    """Writes the templates without a history; files given by name replace their own, None leaves the file out."""

    def __call__(self, files: Mapping[str, str | None] | None = None) -> Path: ...


@pytest.fixture
def make_plant(tmp_path: Path) -> MakePlant:
    def make(files: Mapping[str, str | None] | None = None) -> Path:
        folder = tmp_path / "plant"
        write_day_one_templates(folder, with_history=False)
        for file, content in (files or {}).items():
            if content is None:
                (folder / file).unlink()
            else:
                (folder / file).write_text(content, encoding="utf-8")
        return folder

    return make
