import json
import os
import re
from pathlib import Path

import pytest

from foreworn.data_folder import LOCK, data_folder_lock, empty_data_folder, make_data_folder
from foreworn.errors import ConfigurationError
from foreworn.settings import ApiSettings, Settings


def settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, api=ApiSettings(port=8677))


def test_the_folder_has_one_owner_and_the_second_is_told_who(tmp_path: Path) -> None:
    mine = settings(tmp_path / "a" / "var")
    with data_folder_lock(mine):
        told = f"process {os.getpid()}, console http://127.0.0.1:8677/"
        with pytest.raises(ConfigurationError, match=re.escape(told)), data_folder_lock(mine):
            pytest.fail("two owners")


def test_the_next_owner_gets_it_when_the_first_has_gone(tmp_path: Path) -> None:
    for port in (8001, 8002):
        owner = Settings(data_dir=tmp_path, api=ApiSettings(port=port))
        with data_folder_lock(owner):
            said = json.loads((tmp_path / LOCK).read_text())
            assert said == {"pid": os.getpid(), "console": f"http://127.0.0.1:{port}/"}


def test_an_owner_that_fails_gives_it_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), data_folder_lock(settings(tmp_path)):
        raise ZeroDivisionError
    with data_folder_lock(settings(tmp_path)):
        assert (tmp_path / LOCK).exists()


def test_other_folders_have_other_owners(tmp_path: Path) -> None:
    with data_folder_lock(settings(tmp_path / "a")), data_folder_lock(settings(tmp_path / "b")):
        assert (tmp_path / "a" / LOCK).read_text() == (tmp_path / "b" / LOCK).read_text()


def test_emptying_leaves_nothing_but_the_lock(tmp_path: Path) -> None:
    with data_folder_lock(settings(tmp_path)):
        (tmp_path / "broker").mkdir()
        (tmp_path / "broker" / "mosquitto.db").touch()
        (tmp_path / "telemetry.duckdb").touch()
        empty_data_folder(tmp_path)
        assert [entry.name for entry in tmp_path.iterdir()] == [LOCK]


def test_a_folder_that_cannot_be_is_told_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="set FOREWORN_DATA_DIR to another folder"):
        make_data_folder(settings(tmp_path / "file" / "var"))


def test_making_the_folder_leaves_nothing_in_it(tmp_path: Path) -> None:
    make_data_folder(settings(tmp_path / "var"))
    assert list((tmp_path / "var").iterdir()) == []
