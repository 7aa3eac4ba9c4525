"""Finds the servers that benchmarks start."""

import os
import shutil
from pathlib import Path

from ingestion.broker.starting import find_mosquitto


def find(name: str) -> Path | None:
    """Return a programme that `TEST_<NAME>` names or that is on PATH, or None."""
    if name == "mosquitto" and not os.environ.get("TEST_MOSQUITTO"):
        return find_mosquitto()
    found = os.environ.get(f"TEST_{name.upper()}") or shutil.which(name)
    return None if found is None else Path(found)


def missing(*names: str) -> str:
    """Return a sentence that says which of these there are not; empty where all are there."""
    absent = [name for name in names if find(name) is None]
    return "" if not absent else f"no {' and no '.join(absent)} on PATH, and no TEST_{absent[0].upper()} says where"
