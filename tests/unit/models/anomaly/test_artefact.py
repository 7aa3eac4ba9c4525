import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foreworn.errors import DamagedModel
from models.anomaly.artefact import CARD, read_detector, write_detector
from tests.unit.models.anomaly.pumps import detector, pumps
from tests.unit.models.small_fleet import at

NOON = at(100 * 24 + 12)


def test_a_detector_scores_the_same_after_it_was_kept(tmp_path: Path) -> None:
    write_detector(detector(), tmp_path)
    kept, rows = read_detector(tmp_path), [(m.id, NOON) for m in pumps().machines]
    assert kept.score(pumps(), rows) == detector().score(pumps(), rows)
    assert (kept.version, kept.lookback, kept.describe()) == (
        detector().version,
        detector().lookback,
        detector().describe(),
    )


def test_the_same_detector_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, one in ((first, detector()), (second, None)):
        folder.mkdir()
        write_detector(one or read_detector(first), folder)
    assert (first / CARD).read_bytes() == (second / CARD).read_bytes()


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        content = json.loads((folder / CARD).read_text())
        change(content)
        (folder / CARD).write_text(json.dumps(content))

    return edit


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda f: (f / CARD).unlink(), "detector.json cannot be read", id="the card is gone"),
        pytest.param(lambda f: (f / CARD).write_text("{"), "detector.json cannot be read", id="the card is half there"),
        pytest.param(
            edited(lambda c: c["card"]["watches"]["px"]["parts"][0].update(threshold=99.0)),
            "does not match its checksum",
            id="a threshold was edited",
        ),
    ],
)
def test_a_damaged_detector_is_not_loaded(tmp_path: Path, damage: Callable[[Path], object], message: str) -> None:
    write_detector(detector(), tmp_path)
    damage(tmp_path)
    with pytest.raises(DamagedModel, match=message):
        read_detector(tmp_path)


def test_a_detector_of_another_schema_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.anomaly.artefact.SCHEMA_VERSION", 99)
    write_detector(detector(), tmp_path)
    monkeypatch.undo()
    with pytest.raises(DamagedModel, match="schema version is 99"):
        read_detector(tmp_path)
