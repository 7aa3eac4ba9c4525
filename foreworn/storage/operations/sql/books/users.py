"""Users and their keys in SQL."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from foreworn.access import Key, KeyKind, Role, User
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.tables import KEYS, USER_ROLES, USERS
from foreworn.storage.operations.sql.transactions import upsert


class SqlUserBook:
    """Keeps users and keys."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, user: User) -> None:
        """Add or update a user, by name."""
        row = {"name": user.name, "password_hash": user.password_hash, "active": user.active}
        upsert(self._connection, USERS, [row])
        self._connection.execute(sa.delete(USER_ROLES).where(USER_ROLES.c.user_name == user.name))
        roles = [{"user_name": user.name, "role": role.value} for role in sorted(user.roles)]
        upsert(self._connection, USER_ROLES, roles, update={})

    def get(self, name: str) -> User | None:
        """Return a user, or None."""
        found = self._read(USERS.c.name == name, USER_ROLES.c.user_name == name)
        return found[0] if found else None

    def all(self) -> list[User]:
        """Return all users, sorted by name."""
        return self._read(sa.true(), sa.true())

    def add_key(self, key: Key) -> None:
        """Add a key; see `UserBook.add_key`."""
        check_there(self._connection, USERS, "user", key.user)
        row = {"digest": key.digest, "user_name": key.user, "kind": key.kind.value, "label": key.label}
        times = {"created_at": key.created_at, "expires_at": key.expires_at}
        self._connection.execute(sa.insert(KEYS).values(row | times))

    def key(self, digest: bytes) -> Key | None:
        """Return the key of this digest, or None."""
        row = self._connection.execute(sa.select(KEYS).where(KEYS.c.digest == digest)).one_or_none()
        return None if row is None else _key(row)

    def keys(self, user: str, kind: KeyKind) -> list[Key]:
        """Return a user's keys of one kind, oldest first."""
        query = sa.select(KEYS).where(KEYS.c.user_name == user, KEYS.c.kind == kind)
        found = [_key(row) for row in self._connection.execute(query)]
        return sorted(found, key=lambda k: (k.created_at, k.digest))

    def remove_key(self, digest: bytes) -> bool:
        """Remove a key, and tell whether it was there."""
        return self._connection.execute(sa.delete(KEYS).where(KEYS.c.digest == digest)).rowcount == 1

    def _read(self, users: "sa.ColumnElement[bool]", roles: "sa.ColumnElement[bool]") -> list[User]:
        of: defaultdict[str, set[Role]] = defaultdict(set)
        for name, role in self._connection.execute(sa.select(USER_ROLES.c.user_name, USER_ROLES.c.role).where(roles)):
            of[name].add(Role(role))
        rows = self._connection.execute(sa.select(USERS).where(users))
        found = [User(row.name, frozenset(of[row.name]), row.password_hash, row.active) for row in rows]
        return sorted(found, key=lambda u: u.name)


def _key(row: Any) -> Key:
    return Key(row.digest, row.user_name, KeyKind(row.kind), row.label, row.created_at, row.expires_at)
