from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from foreworn.cli.options import factor, in_a_folder, instant


@pytest.mark.parametrize(
    ("text", "time"),
    [
        pytest.param("2015-08-01", datetime(2015, 8, 1, tzinfo=UTC), id="a date is its midnight in UTC"),
        pytest.param("2015-08-01T06:00", datetime(2015, 8, 1, 6, tzinfo=UTC), id="no zone is UTC"),
        pytest.param("2015-08-01T06:00Z", datetime(2015, 8, 1, 6, tzinfo=UTC), id="UTC"),
        pytest.param("2015-08-01T06:00+02:00", datetime(2015, 8, 1, 4, tzinfo=UTC), id="another zone"),
    ],
)
def test_a_time_is_read_in_utc(text: str, time: datetime) -> None:
    assert instant(text) == time
    assert instant(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "today", "2015-13-01", "1969-12-31", "2200-01-01", "0001-01-01T00:00+05:00"])
def test_what_is_no_time_that_can_be_meant_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not a time"):
        instant(text)


@pytest.mark.parametrize(("text", "speed"), [("max", None), ("3600", 3600.0), ("0.5", 0.5)])
def test_a_speed_is_a_number_or_max(text: str, speed: float | None) -> None:
    assert factor(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast", ""])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write a number above 0"):
        factor(text)


def test_a_file_to_write_needs_a_folder_that_is_there(tmp_path: Path) -> None:
    assert in_a_folder(None) is None
    assert in_a_folder(tmp_path / "new.json") == tmp_path / "new.json"
    for place in (tmp_path, tmp_path / "nowhere" / "new.json"):
        with pytest.raises(typer.BadParameter, match="is not a file in a folder that is there"):
            in_a_folder(place)
