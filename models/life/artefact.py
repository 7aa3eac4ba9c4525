"""A model of remaining life as a folder: LightGBM's own text, and JSON with a schema version. Never a pickle."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lightgbm.basic import LightGBMError

from foreworn.errors import DamagedModel
from models import cards
from models.failure.reasons import UsualRange
from models.life.gradient_boosted import GradientBoostedLifeModel, LifeProvenance
from models.life.inputs import LifeInputs
from models.life.settings import LifeModelSettings
from models.life.trees import LifeTrees
from models.life.widening import Widening

SCHEMA_VERSION: Final = 4
CARD: Final = cards.LIFE_MODEL
INPUTS: Final = "inputs.json"


def write_model(model: GradientBoostedLifeModel, folder: Path) -> None:
    """Write the model's files into an empty folder; the same model gives the same bytes."""
    files = {f"{name}.txt": text.encode() for name, text in model.trees.texts().items()}
    files[INPUTS] = json.dumps(model.inputs.as_data(), sort_keys=True, allow_nan=False).encode()
    for name, written in files.items():
        (folder / name).write_bytes(written)
    card = _card(model) | {"files": {name: hashlib.sha256(written).hexdigest() for name, written in files.items()}}
    cards.write_card(card, folder, CARD)


def read_model(folder: Path) -> GradientBoostedLifeModel:
    """Read a model back.

    Raises
    ------
    DamagedModel
        If a file is missing, is not what was written, or is of a schema that this release cannot read.
    """
    card = cards.read_card(folder, CARD, SCHEMA_VERSION)
    return _model(card, {name: _file(folder, name, digest) for name, digest in card["files"].items()}, folder)


def _card(model: GradientBoostedLifeModel) -> dict[str, Any]:
    origin = model.provenance
    return {
        "schema_version": SCHEMA_VERSION,
        "version": model.version,
        "component": model.component,
        "widening": asdict(model.widening),
        "usual": [[[usual.low, usual.high] for usual in own] for own in model.usual],
        "metrics": dict(model.metrics),
        "trained_from": origin.trained_from.isoformat(),
        "trained_until": origin.trained_until.isoformat(),
        "rows": origin.rows,
        "lives": origin.lives,
        "lives_cut_short": origin.lives_cut_short,
        "fingerprint": origin.fingerprint,
        "library": origin.library,
        "settings": origin.settings.model_dump(mode="json"),
    }


def _file(folder: Path, name: str, digest: str) -> str:
    try:
        content = (folder / name).read_bytes()
    except OSError as problem:
        raise DamagedModel(folder, f"{name} cannot be read: {problem.strerror}") from problem
    if hashlib.sha256(content).hexdigest() != digest:
        raise DamagedModel(folder, f"{name} does not match its checksum")
    return content.decode()


def _model(card: dict[str, Any], files: dict[str, str], folder: Path) -> GradientBoostedLifeModel:
    try:
        trees = LifeTrees.from_texts(
            {name.removesuffix(".txt"): text for name, text in files.items() if name != INPUTS}
        )
    except LightGBMError as problem:
        raise DamagedModel(folder, f"LightGBM cannot read its trees: {problem}") from problem
    return GradientBoostedLifeModel(
        version=card["version"],
        component=card["component"],
        inputs=LifeInputs.from_data(json.loads(files[INPUTS])),
        trees=trees,
        widening=Widening(**card["widening"]),
        usual=tuple(tuple(UsualRange(low, high) for low, high in own) for own in card["usual"]),
        metrics=card["metrics"],
        provenance=LifeProvenance(
            trained_from=datetime.fromisoformat(card["trained_from"]),
            trained_until=datetime.fromisoformat(card["trained_until"]),
            rows=card["rows"],
            lives=card["lives"],
            lives_cut_short=card["lives_cut_short"],
            fingerprint=card["fingerprint"],
            library=card["library"],
            settings=LifeModelSettings.model_validate(card["settings"]),
        ),
    )
