from pathlib import Path

import pytest

from foreworn.errors import TooLittleHistory
from foreworn.loop.training import train
from foreworn.settings import ScoringSettings
from models.registry import FolderModelStore
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet
from tests.unit.models.small_fleet import at


def test_a_trained_model_is_kept_and_put_in_use(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    model = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    serving = models.serving()
    assert serving is not None
    assert serving.version == model.version
    assert serving.horizon == ScoringSettings().horizon


def test_with_too_little_history_the_last_good_model_keeps_serving(tmp_path: Path) -> None:
    models = FolderModelStore(tmp_path)
    good = train(fleet(), until=UNTIL, settings=ScoringSettings(), models=models, model_settings=SMALL)
    with pytest.raises(TooLittleHistory, match="are needed"):
        train(fleet(), until=at(50), settings=ScoringSettings(), models=models, model_settings=SMALL)
    serving = models.serving()
    assert serving is not None
    assert serving.version == good.version
    assert models.versions() == [good.version]
