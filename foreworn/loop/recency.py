"""A model never takes the place of one that has learned from newer data."""

from collections.abc import Mapping
from typing import Protocol

from foreworn.errors import DamagedModel, NotFound


class _Described(Protocol):
    @property
    def version(self) -> str: ...

    def describe(self) -> Mapping[str, object]: ...


class _Store(Protocol):
    def serving(self) -> _Described | None: ...


def newer_in_use(store: _Store, model: _Described) -> str | None:
    """Return the version in use that learned from newer data than `model`; None: the model may take its place.

    One that cannot be read is in nobody's way.
    """
    try:
        in_use = store.serving()
    except (DamagedModel, NotFound):
        return None
    if in_use is None or str(in_use.describe()["trained_until"]) <= str(model.describe()["trained_until"]):
        return None
    return in_use.version
