"""The card that every folder of a trained model holds: JSON with a schema version and a checksum, never a pickle."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from foreworn import __version__
from foreworn.errors import DamagedModel

FAILURE_MODEL: Final = "model.json"
DETECTOR: Final = "detector.json"
LIFE_MODEL: Final = "life.json"
ABOUT: Final = "about.json"
"""Beside every kept model's card: what the model says about itself, for who only wants to read that."""
SEALS: Final = "files.json"
"""Beside every kept model's card: the SHA-256 of each of its files."""

_SEALS_SCHEMA_VERSION: Final = 1


def write_card(card: dict[str, Any], folder: Path, name: str) -> None:
    """Write a card beside its checksum; the same card gives the same bytes."""
    content = {"card": card, "sha256": _digest(card)}
    (folder / name).write_text(json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_card(folder: Path, name: str, schema_version: int | str) -> dict[str, Any]:
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


def write_description(told: Mapping[str, object], folder: Path) -> None:
    """Write what a model says about itself beside its card; the same says the same."""
    write_card({"schema_version": __version__, "told": dict(told)}, folder, ABOUT)


def read_description(folder: Path) -> Mapping[str, object] | None:
    """Return what a model says about itself; None where this release did not write it: it might say more by now.

    Raises
    ------
    DamagedModel
        If it is not what was written.
    """
    try:
        release = json.loads((folder / ABOUT).read_text())["card"]["schema_version"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise DamagedModel(folder, f"{ABOUT} cannot be read: {problem}") from problem
    if release != __version__:
        return None
    told: dict[str, object] = read_card(folder, ABOUT, __version__)["told"]
    return told


def seal(folder: Path) -> None:
    """Write down the SHA-256 of every file of a folder; the same files give the same bytes."""
    write_card({"schema_version": _SEALS_SCHEMA_VERSION, "files": _hashes(folder)}, folder, SEALS)


def check_seals(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a model, by name; one kept before seals were written has today's.

    Raises
    ------
    DamagedModel
        If a file is missing or is not what was written; names the first such file.
    """
    found = _hashes(folder)
    if not (folder / SEALS).exists():
        return found
    written: dict[str, str] = read_card(folder, SEALS, _SEALS_SCHEMA_VERSION)["files"]
    for name, sha256 in written.items():
        if name not in found:
            raise DamagedModel(folder, f"{name} is missing")
        if found[name] != sha256:
            raise DamagedModel(folder, f"{name} does not match its checksum")
    return written


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(f for f in folder.iterdir() if f.is_file() and f.name != SEALS and not f.name.startswith("."))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _digest(card: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
