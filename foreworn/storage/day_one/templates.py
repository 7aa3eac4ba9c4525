"""A plant to fill in: every file of the first day with one example row, and a fleet history with it where wanted."""

from pathlib import Path

from foreworn.storage.day_one.forms import FORMS
from foreworn.storage.history.devices import DEVICES_FILE
from foreworn.storage.history.machines import MACHINES_FILE
from foreworn.storage.history.signals import SIGNALS_FILE
from foreworn.storage.history.templates import TEMPLATES
from foreworn.storage.history.whole_folder import whole_folder

FOLDER = Path(__file__).parent / "templates"
DAY_ONE_FILES = (DEVICES_FILE, *(form.name for form in FORMS))


def write_day_one_templates(folder: Path, *, with_history: bool = True) -> None:
    """Write the templates; together they tell of a plant that passes every check.

    Parameters
    ----------
    folder
        Where to.
    with_history
        Whether the files of a fleet history, such as telemetry, are among them.

    Raises
    ------
    Conflict
        If `folder` exists and is not an empty folder.
    """
    texts = {name: text for name, text in TEMPLATES.items() if with_history or name in (MACHINES_FILE, SIGNALS_FILE)}
    texts |= {name: (FOLDER / name).read_text(encoding="utf-8") for name in DAY_ONE_FILES}
    with whole_folder(folder) as growing:
        for name, text in texts.items():
            (growing / name).write_text(text, encoding="utf-8", newline="\n")
