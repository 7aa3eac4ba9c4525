from pathlib import Path

import pytest

from foreworn.errors import DamagedModel, NotFound
from models.failure import GradientBoostedFailureModel, train
from models.registry import FolderModelStore
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet, model
from tests.unit.models.small_fleet import HOUR


@pytest.fixture(scope="module")
def newer() -> GradientBoostedFailureModel:
    return train(fleet(), until=UNTIL + 72 * HOUR, settings=SMALL)


def test_an_empty_store_has_nothing_in_use(tmp_path: Path) -> None:
    store = FolderModelStore(tmp_path / "models")
    assert store.versions() == []
    assert store.serving() is None


def test_a_saved_model_is_loaded_by_its_version(tmp_path: Path) -> None:
    store = FolderModelStore(tmp_path)
    store.save(model())
    assert store.load(model().version).describe() == model().describe()
    assert store.serving() is None


def test_what_a_version_says_about_itself_is_read_without_its_trees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FolderModelStore(tmp_path).save(model())
    store = FolderModelStore(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(store, "load", None)
        assert store.describe(model().version) == model().describe()
    (tmp_path / model().version / "trees-0-0.txt").write_text("")
    with pytest.raises(DamagedModel, match=r"trees-0-0\.txt does not match"):
        FolderModelStore(tmp_path).describe(model().version)


def test_what_another_release_wrote_about_a_version_is_not_taken_for_all_there_is_to_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("models.cards.__version__", "0.0.1")
        earlier.setattr(type(model()), "describe", lambda self: {"rows": 1})
        FolderModelStore(tmp_path).save(model())
    assert FolderModelStore(tmp_path).describe(model().version) == model().describe()


def test_versions_are_told_oldest_first(tmp_path: Path, newer: GradientBoostedFailureModel) -> None:
    store = FolderModelStore(tmp_path)
    store.save(model())
    store.save(newer)
    store.save(model())  # again: it does not grow younger
    assert store.versions() == [model().version, newer.version]


def test_one_version_is_in_use(tmp_path: Path, newer: GradientBoostedFailureModel) -> None:
    store = FolderModelStore(tmp_path)
    for one in (model(), newer):
        store.save(one)
        store.serve(one.version)
    store.serve(model().version)
    serving = FolderModelStore(tmp_path).serving()
    assert serving is not None
    assert serving.version == model().version


def test_an_unknown_version_is_not_found(tmp_path: Path) -> None:
    store = FolderModelStore(tmp_path)
    store.save(model())
    for ask in (store.load, store.serve):
        with pytest.raises(NotFound, match=f"no model version 'gb-0'; known: {model().version}"):
            ask("gb-0")


def test_a_damaged_version_is_not_put_in_use(tmp_path: Path, newer: GradientBoostedFailureModel) -> None:
    store = FolderModelStore(tmp_path)
    for one in (model(), newer):
        store.save(one)
    store.serve(model().version)
    (tmp_path / newer.version / "trees-0-0.txt").write_text("")
    with pytest.raises(DamagedModel, match="train again"):
        store.serve(newer.version)
    serving = store.serving()
    assert serving is not None
    assert serving.version == model().version


def test_saving_again_mends_a_damaged_version(tmp_path: Path) -> None:
    store = FolderModelStore(tmp_path)
    store.save(model())
    (tmp_path / model().version / "trees-0-0.txt").write_text("")
    store.save(model())
    assert store.load(model().version).version == model().version
    assert {f.name for f in tmp_path.iterdir()} == {".lock", model().version}
