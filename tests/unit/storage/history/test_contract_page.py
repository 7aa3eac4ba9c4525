"""`docs/contracts/fleet-history.md` names exactly the columns that the code reads."""

import re
from pathlib import Path

import msgspec
import pytest

from foreworn.storage.history.arrivals import ARRIVALS_FILE, Arrival
from foreworn.storage.history.folder import OTHER_FILES
from foreworn.storage.history.machines import MACHINE_COLUMNS, MACHINES_FILE, OPTIONAL_MACHINE_COLUMNS
from foreworn.storage.history.records import EVENTS, FAILURES, LOGS, MAINTENANCE
from foreworn.storage.history.signals import OPTIONAL_SIGNAL_COLUMNS, SIGNAL_COLUMNS, SIGNALS_FILE
from foreworn.storage.history.telemetry import TELEMETRY_CSV, TELEMETRY_PARQUET
from foreworn.storage.history.templates import TEMPLATES

PAGE = (Path(__file__).parents[4] / "docs/contracts/fleet-history.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
FORMAT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    MACHINES_FILE: (MACHINE_COLUMNS, OPTIONAL_MACHINE_COLUMNS),
    f"{TELEMETRY_PARQUET} or {TELEMETRY_CSV}": (("time", "machine"), ()),
    **{file.name: (tuple(file.schema.names), ()) for file in (EVENTS, LOGS, MAINTENANCE, FAILURES)},
    SIGNALS_FILE: (SIGNAL_COLUMNS, OPTIONAL_SIGNAL_COLUMNS),
}


def _columns(section: str) -> dict[str, str]:
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE))


@pytest.mark.parametrize("file", FORMAT)
def test_the_page_names_the_columns_of_each_file(file: str) -> None:
    needed, optional = FORMAT[file]

    assert _columns(SECTIONS[file]) == dict.fromkeys(needed, "yes") | dict.fromkeys(optional, "no")


def test_the_page_names_the_members_of_an_arrival() -> None:
    assert set(_columns(SECTIONS[ARRIVALS_FILE])) == {field.name for field in msgspec.structs.fields(Arrival)}


def test_the_page_names_every_file() -> None:
    assert set(SECTIONS) == {"All files", *FORMAT, ARRIVALS_FILE, ", ".join(OTHER_FILES)}


def test_there_is_a_template_with_every_column_of_each_file() -> None:
    headers = {name: set(text.splitlines()[0].split(",")) for name, text in TEMPLATES.items()}
    named = {file.split(" or ")[-1]: {*needed, *optional} for file, (needed, optional) in FORMAT.items()}
    named[TELEMETRY_CSV] |= {"vibration_rms"}

    assert headers == named
