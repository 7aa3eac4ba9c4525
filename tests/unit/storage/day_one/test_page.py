"""`docs/howto/day-one.md` and the templates name exactly the columns that are read, and its examples are valid."""

import re
from pathlib import Path

import pytest

from foreworn.storage.day_one import check_day_one
from foreworn.storage.day_one.forms import FORMS, Form
from foreworn.storage.day_one.templates import DAY_ONE_FILES, FOLDER
from foreworn.storage.history.devices import DEVICE_COLUMNS, DEVICES_FILE, OPTIONAL_DEVICE_COLUMNS
from tests.unit.storage.day_one.conftest import MakePlant

PAGE = (Path(__file__).parents[4] / "docs/howto/day-one.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
FILES = (*FORMS, Form(DEVICES_FILE, DEVICE_COLUMNS, OPTIONAL_DEVICE_COLUMNS))
EXAMPLE = re.compile(r"^```csv\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
def test_page_and_template_name_the_columns_of_each_file(form: Form) -> None:
    named = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", SECTIONS[form.name], re.MULTILINE))
    header = (FOLDER / form.name).read_text(encoding="utf-8").splitlines()[0].split(",")

    assert named == dict.fromkeys(form.required, "yes") | dict.fromkeys(form.optional, "no")
    assert set(header) == {*form.required, *form.optional}


def test_every_file_has_its_section_and_its_template() -> None:
    assert set(SECTIONS) == {"machines.csv, signals.csv", *(form.name for form in FILES)}
    assert {path.name for path in FOLDER.iterdir()} == set(DAY_ONE_FILES) == {form.name for form in FILES}


def test_the_examples_of_the_page_are_a_plant_without_problems(make_plant: MakePlant) -> None:
    examples = {
        name: EXAMPLE.findall(text)[0] for name, text in SECTIONS.items() if name != "machines.csv, signals.csv"
    }
    machines = "machine,model,site,installed_at,device,components,area,customer\n" + "".join(
        f"pump-{n},cp-100,north,2024-03-01T00:00:00Z,,bearing;seal,hall-1,waterworks\n" for n in (1, 2)
    )
    assert check_day_one(make_plant(examples | {"machines.csv": machines})) == []
