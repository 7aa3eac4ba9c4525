import json
from collections.abc import Callable
from pathlib import Path

import pytest

from foreworn.errors import DamagedModel
from models.failure.artefact import CARD, read_model, write_model
from tests.unit.models.failure.trained import fleet, model
from tests.unit.models.small_fleet import at

NOW = at(45 * 24)


def test_a_model_forecasts_the_same_after_it_was_kept(tmp_path: Path) -> None:
    write_model(model(), tmp_path)
    rows = [(m.id, NOW) for m in fleet().machines]
    kept = read_model(tmp_path)
    assert kept.forecast(fleet(), rows, issued_at=NOW) == model().forecast(fleet(), rows, issued_at=NOW)
    assert (kept.heard, kept.ages) == (model().heard, model().ages)
    assert (kept.version, kept.threshold, kept.describe()) == (model().version, model().threshold, model().describe())


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        write_model(model(), folder)
    assert {f.name: f.read_bytes() for f in first.iterdir()} == {f.name: f.read_bytes() for f in second.iterdir()}


def edited(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        content = json.loads((folder / CARD).read_text())
        change(content)
        (folder / CARD).write_text(json.dumps(content))

    return edit


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda f: (f / CARD).unlink(), "model.json cannot be read", id="the card is gone"),
        pytest.param(lambda f: (f / CARD).write_text("{"), "model.json cannot be read", id="the card is half there"),
        pytest.param(
            lambda f: (f / CARD).write_text("[]"), "model.json cannot be read", id="the card is another thing"
        ),
        pytest.param(
            edited(lambda c: c["card"].update(threshold=0.1)),  # type: ignore[attr-defined]
            "model.json does not match its checksum",
            id="the card was edited",
        ),
        pytest.param(lambda f: (f / "trees-0-0.txt").unlink(), "trees-0-0.txt cannot be read", id="trees are gone"),
        pytest.param(
            lambda f: (f / "trees-1-0.txt").write_text((f / "trees-1-0.txt").read_text().replace("0.", "1.", 1)),
            "trees-1-0.txt does not match its checksum",
            id="trees were edited",
        ),
    ],
)
def test_a_damaged_model_is_not_loaded(tmp_path: Path, damage: Callable[[Path], object], message: str) -> None:
    write_model(model(), tmp_path)
    damage(tmp_path)
    with pytest.raises(DamagedModel, match=message):
        read_model(tmp_path)


def test_a_model_of_another_schema_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.failure.artefact.SCHEMA_VERSION", 3)
    write_model(model(), tmp_path)
    monkeypatch.undo()
    with pytest.raises(DamagedModel, match="schema version is 3, this release reads 5"):
        read_model(tmp_path)
