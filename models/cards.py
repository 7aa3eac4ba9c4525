"""The card that every folder of a trained model holds: JSON with a schema version and a checksum, never a pickle."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from foreworn.errors import DamagedModel

FAILURE_MODEL: Final = "model.json"
DETECTOR: Final = "detector.json"
LIFE_MODEL: Final = "life.json"


def write_card(card: dict[str, Any], folder: Path, name: str) -> None:
    """Write a card beside its checksum; the same card gives the same bytes."""
    content = {"card": card, "sha256": _digest(card)}
    (folder / name).write_text(json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_card(folder: Path, name: str, schema_version: int) -> dict[str, Any]:
    """Read a card back.

    Raises
    ------
    DamagedModel
        If it is missing, is not what was written, or is of another schema version.
    """
    try:
        content = json.loads((folder / name).read_text())
        card: dict[str, Any] = content["card"]
        intact = content["sha256"] == _digest(card)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise DamagedModel(folder, f"{name} cannot be read: {problem}") from problem
    if not intact:
        raise DamagedModel(folder, f"{name} does not match its checksum")
    if card.get("schema_version") != schema_version:
        raise DamagedModel(
            folder, f"its schema version is {card.get('schema_version')}, this release reads {schema_version}"
        )
    return card


def _digest(card: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
