from pathlib import Path

import pytest

from foreworn.errors import DamagedModel
from models.life import CARD, read_model, write_model
from models.registry import FolderStore
from tests.unit.models.life.wearing_engines import before_failure, engines, model


def test_a_kept_model_says_the_same_from_a_store(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, kind="life model", card=CARD, read=read_model, write=write_model)
    store.save(model())
    store.serve(model().version)
    kept = store.serving()
    assert kept is not None
    rows = [before_failure(name, 12) for name in ("e00", "e07")]
    assert kept.remaining_life(engines(), rows) == model().remaining_life(engines(), rows)
    assert kept.describe() == model().describe()


@pytest.mark.parametrize("name", ["expected_2.txt", "p90.txt", "inputs.json", CARD])
def test_a_changed_byte_is_an_error(tmp_path: Path, name: str) -> None:
    write_model(model(), tmp_path)
    content = (tmp_path / name).read_text()
    (tmp_path / name).write_text(content.replace("1", "2", 1))
    with pytest.raises(DamagedModel, match=name.split(".")[0]):
        read_model(tmp_path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    write_model(model(), tmp_path)
    (tmp_path / "p10.txt").unlink()
    with pytest.raises(DamagedModel, match=r"p10\.txt cannot be read"):
        read_model(tmp_path)
