"""The port to kept failure models with their past: what each says, when each was in use, what is filed with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from foreworn.health.failure_model import FailureModelStore
from models.promotion_journal import Promotion
from models.version_archive import Filed


class KeptModels(FailureModelStore, Protocol):
    """Keeps trained models by version, and what is written down about each."""

    def describe(self, version: str) -> Mapping[str, object]:
        """Return what a version's `describe` tells; the model is read once for any number of questions.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version or it is damaged.
        """
        ...

    def serving_version(self) -> str | None:
        """Return which version is in use, whether or not it can be read."""
        ...

    def saved_at(self, version: str) -> datetime:
        """Return when a version was first kept."""
        ...

    def promotions(self) -> list[Promotion]:
        """Return every change of the version in use, oldest first; none where none was written down.

        Raises
        ------
        DamagedModel
            If a line is not what was written.
        """
        ...

    def seals(self, version: str) -> dict[str, str]:
        """Return the SHA-256 of every file that the model consists of.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version, or a file is not what was written; the message names it.
        """
        ...

    def attachments(self, version: str) -> dict[str, Filed]:
        """Return what is filed with a version, by name.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version, or what is filed with it cannot be read.
        """
        ...

    def attachment(self, version: str, name: str) -> bytes:
        """Return what was filed with a version.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version or attachment, or it is not what was filed.
        """
        ...
