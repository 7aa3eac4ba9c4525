"""Who may do what: users, their roles, and the keys they come with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What somebody is here to do."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    PLANNER = "planner"
    INVENTORY = "inventory"
    ENGINEER = "engineer"
    ADMIN = "admin"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may log in.

    Parameters
    ----------
    name
        Unique; what the audit trail calls them.
    roles
        What they may do; an admin may do everything.
    password_hash
        Argon2id; None: cannot log in with a password.
    active
        Whether they may log in at all.
    """

    name: str
    roles: frozenset[Role]
    password_hash: str | None = None
    active: bool = True

    def may(self, *roles: Role) -> bool:
        """Tell whether one of these roles is theirs; an admin has every role."""
        return self.active and (Role.ADMIN in self.roles or not self.roles.isdisjoint(roles))


class KeyKind(StrEnum):
    """What a secret opens."""

    TOKEN = "token"
    """The API, in an Authorization header, until it is revoked or expires."""
    SESSION = "session"
    """The console, in a cookie."""
    LINK = "link"
    """The console, once."""


@dataclass(frozen=True, slots=True)
class Key:
    """A secret that stands for a user; only its digest is kept.

    Parameters
    ----------
    digest
        SHA-256 of the secret: it has 256 random bits, so it needs no slow hash.
    user, kind, label
        Whose it is, what it opens, and what its owner calls it.
    created_at, expires_at
        None: does not expire.
    """

    digest: bytes
    user: str
    kind: KeyKind
    label: str
    created_at: datetime
    expires_at: datetime | None = None


class UserBook(Protocol):
    """Keeps users and keys; lives in the operations store, inside a transaction."""

    def put(self, user: User) -> None:
        """Add or update a user, by name."""
        ...

    def get(self, name: str) -> User | None:
        """Return a user, or None."""
        ...

    def all(self) -> list[User]:
        """Return all users, sorted by name."""
        ...

    def add_key(self, key: Key) -> None:
        """Add a key.

        Raises
        ------
        NotFound
            If its user does not exist.
        """
        ...

    def key(self, digest: bytes) -> Key | None:
        """Return the key of this digest, or None."""
        ...

    def keys(self, user: str, kind: KeyKind) -> list[Key]:
        """Return a user's keys of one kind, oldest first."""
        ...

    def remove_key(self, digest: bytes) -> bool:
        """Remove a key, and tell whether it was there: of two who use a link at once, one is told False."""
        ...
