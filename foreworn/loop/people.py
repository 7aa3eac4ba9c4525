"""People: who may log in, with which secrets; every change is in the audit trail, no secret is anywhere."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

from foreworn.access import Key, KeyKind, Role, User
from foreworn.audit import PLATFORM, AuditEntry
from foreworn.clock import Clock, WallClock
from foreworn.errors import Conflict, NotFound
from foreworn.loop.keys import (
    LINK_LIFE,
    SESSION_LIFE,
    Visitor,
    end_expired,
    end_keys,
    new_key,
    token_id,
    visitor_of,
)
from foreworn.loop.operations import Operations, Transaction
from foreworn.loop.passwords import Passwords

FIRST_USER = "admin"
LONGEST_NAME = 64

_NAME = re.compile(r"[^\W_][\w.@-]*")


class People:
    """Use cases about users, and the keys they come with.

    Parameters
    ----------
    operations
        Where users, keys and the audit trail are kept.
    clock
        The platform's time, which the audit trail goes by.
    wall
        What keys expire by: a plant in fast time must not log its visitors out.
    passwords
        How passwords are kept.
    """

    def __init__(
        self,
        operations: Operations,
        clock: Clock,
        *,
        wall: Clock | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self._operations = operations
        self._clock = clock
        self._wall = wall or WallClock()
        self._passwords = passwords or Passwords()

    def first_start(self) -> str | None:
        """Return the secret of a one-time link for an admin, where no admin can log in yet; None where one can.

        Without users the first one is made. Asked again, the link before is void.
        """
        with self._operations.transaction() as tx:
            admins = [user for user in tx.users.all() if user.may(Role.ADMIN)]
            if any(admin.password_hash is not None for admin in admins):
                return None
            admin = admins[0] if admins else User(FIRST_USER, frozenset({Role.ADMIN}))
            tx.users.put(admin)
            return self._issue_link(tx, admin, actor=PLATFORM)

    def invite(self, name: str, *, actor: str) -> str:
        """Return the secret of a one-time link for a user; the link before is void.

        Raises
        ------
        NotFound
            If there is no such user.
        """
        with self._operations.transaction() as tx:
            return self._issue_link(tx, _user(tx, name), actor=actor)

    def redeem(self, secret: str) -> str | None:
        """Return the secret of a session for a link; None where the link was used, has expired, or never was.

        Of two who use one link at once, one gets in.
        """
        with self._operations.transaction() as tx:
            visitor = visitor_of(tx, secret, KeyKind.LINK, now=self._wall.now())
            if visitor is None or not tx.users.remove_key(visitor.key.digest):
                return None
            return self._open_session(tx, visitor.user, "link")

    def log_in(self, name: str, password: str) -> str | None:
        """Return the secret of a session; None where name and password do not belong together."""
        with self._operations.reading() as tx:
            user = tx.users.get(name)
        kept = None if user is None or not user.active else user.password_hash
        # outside of a transaction: a slow hash must not hold up the database
        if not self._passwords.match(kept, password):
            return None
        renewed = self._passwords.hashed(password) if kept is not None and self._passwords.outdated(kept) else None
        with self._operations.transaction() as tx:
            present = tx.users.get(name)
            if present is None or not present.active or present.password_hash != kept:
                return None
            if renewed is not None:
                tx.users.put(replace(present, password_hash=renewed))
            return self._open_session(tx, present, "password")

    def log_out(self, secret: str) -> None:
        """End a session; one that is over stays so."""
        with self._operations.transaction() as tx:
            visitor = visitor_of(tx, secret, KeyKind.SESSION, now=self._wall.now())
            if visitor is not None and tx.users.remove_key(visitor.key.digest):
                self._note(tx, visitor.user.name, "session.ended", visitor.user.name)

    def visitor(self, secret: str, kind: KeyKind) -> Visitor | None:
        """Return who comes with this secret; None where it opens nothing (any more)."""
        with self._operations.reading() as tx:
            return visitor_of(tx, secret, kind, now=self._wall.now())

    def issue_token(self, user: str, label: str, *, actor: str, life: timedelta | None = None) -> tuple[str, Key]:
        """Return the secret of a new token, which nobody can be told again, and what is kept of it.

        Raises
        ------
        NotFound
            If there is no such user.
        """
        with self._operations.transaction() as tx:
            secret, key = new_key(_user(tx, user), KeyKind.TOKEN, label, now=self._wall.now(), life=life)
            tx.users.add_key(key)
            self._note(tx, actor, "token.issued", user, {"token": token_id(key), "label": label})
            return secret, key

    def tokens(self, user: str) -> list[Key]:
        """Return a user's tokens, oldest first.

        Raises
        ------
        NotFound
            If there is no such user.
        """
        with self._operations.reading() as tx:
            _user(tx, user)
            return tx.users.keys(user, KeyKind.TOKEN)

    def revoke_token(self, user: str, token: str, *, actor: str) -> None:
        """Make a token open nothing from now on.

        Raises
        ------
        NotFound
            If the user has no token of this id.
        """
        with self._operations.transaction() as tx:
            for key in tx.users.keys(user, KeyKind.TOKEN):
                if token_id(key) == token and tx.users.remove_key(key.digest):
                    self._note(tx, actor, "token.revoked", user, {"token": token, "label": key.label})
                    return
            raise NotFound("token", token)

    def users(self) -> list[User]:
        """Return all users, sorted by name."""
        with self._operations.reading() as tx:
            return tx.users.all()

    def add_user(self, name: str, roles: Collection[Role], *, actor: str, password: str | None = None) -> User:
        """Add a user; without a password they come in by a link (`invite`).

        Raises
        ------
        Conflict
            If there is a user of this name.
        ValueError
            If the name or the password cannot be.
        """
        user = User(_name(name), frozenset(roles), None if password is None else self._passwords.hashed(password))
        with self._operations.transaction() as tx:
            if tx.users.get(user.name) is not None:
                raise Conflict(f"there is a user {user.name!r} already: choose another name, or change that one")
            tx.users.put(user)
            self._note(tx, actor, "user.added", user.name, {"roles": sorted(user.roles)})
        return user

    def change(
        self,
        name: str,
        *,
        actor: str,
        roles: Collection[Role] | None = None,
        active: bool | None = None,
        password: str | None = None,
    ) -> User:
        """Say what a user may do, let them in or keep them out, give them a password; what is None stays.

        Who is kept out, or has a new password, is logged out everywhere; who is kept out loses their tokens too.

        Raises
        ------
        NotFound
            If there is no such user.
        Conflict
            If nobody would be left who may manage users.
        ValueError
            If the password is too short or too long.
        """
        kept = None if password is None else self._passwords.hashed(password)
        with self._operations.transaction() as tx:
            before = _user(tx, name)
            after = User(
                name,
                before.roles if roles is None else frozenset(roles),
                kept or before.password_hash,
                before.active if active is None else active,
            )
            if after == before:
                return before
            _refuse_without_admin(tx, after)
            tx.users.put(after)
            if not after.active:
                end_keys(tx, name, KeyKind)
            elif kept is not None:
                end_keys(tx, name, (KeyKind.SESSION, KeyKind.LINK))
            self._note(tx, actor, "user.changed", name, _difference(before, after))
            return after

    def set_password(self, name: str, password: str, *, actor: str, but: bytes | None = None) -> None:
        """Give a user a new password; whoever is logged in as them elsewhere is logged out.

        Parameters
        ----------
        name, password
            Whose, and which.
        actor
            Who does it.
        but
            Digest of the session that stays: the one it is done from.

        Raises
        ------
        NotFound
            If there is no such user.
        ValueError
            If the password is too short or too long.
        """
        kept = self._passwords.hashed(password)
        with self._operations.transaction() as tx:
            tx.users.put(replace(_user(tx, name), password_hash=kept))
            end_keys(tx, name, (KeyKind.SESSION, KeyKind.LINK), but=but)
            self._note(tx, actor, "user.password_set", name)

    def knows_password(self, name: str, password: str) -> bool:
        """Tell whether this is the user's present password."""
        with self._operations.reading() as tx:
            user = tx.users.get(name)
        return self._passwords.match(None if user is None else user.password_hash, password)

    def _issue_link(self, tx: Transaction, user: User, *, actor: str) -> str:
        end_keys(tx, user.name, (KeyKind.LINK,))
        secret, key = new_key(user, KeyKind.LINK, "one-time link", now=self._wall.now(), life=LINK_LIFE)
        tx.users.add_key(key)
        self._note(tx, actor, "link.issued", user.name)
        return secret

    def _open_session(self, tx: Transaction, user: User, by: str) -> str:
        now = self._wall.now()
        end_expired(tx, user.name, KeyKind.SESSION, now=now)
        secret, key = new_key(user, KeyKind.SESSION, by, now=now, life=SESSION_LIFE)
        tx.users.add_key(key)
        self._note(tx, user.name, "session.begun", user.name, {"by": by})
        return secret

    def _note(
        self, tx: Transaction, actor: str, action: str, subject: str, detail: Mapping[str, object] | None = None
    ) -> None:
        tx.audit.record(AuditEntry(self._clock.now(), actor, action, subject, detail or {}))


def _user(tx: Transaction, name: str) -> User:
    user = tx.users.get(name)
    if user is None:
        raise NotFound("user", name)
    return user


def _refuse_without_admin(tx: Transaction, user: User) -> None:
    others = [other for other in tx.users.all() if other.name != user.name]
    if not any(other.may(Role.ADMIN) for other in (*others, user)):
        raise Conflict("nobody would be left who may manage users: make somebody else an admin first")


def _difference(before: User, after: User) -> dict[str, object]:
    """Return what changed, for the audit trail; of a password only that it did."""
    detail: dict[str, object] = {}
    if before.roles != after.roles:
        detail["roles"] = {"from": sorted(before.roles), "to": sorted(after.roles)}
    if before.active != after.active:
        detail["active"] = after.active
    if before.password_hash != after.password_hash:
        detail["password"] = "set"
    return detail


def _name(name: str) -> str:
    """Return the name, or refuse it: it stands in addresses, in the audit trail, and beside the platform's own."""
    if len(name) > LONGEST_NAME or _NAME.fullmatch(name) is None or name == PLATFORM:
        raise ValueError(
            f"{name[:LONGEST_NAME]!r} cannot be a user's name: begin with a letter or digit, go on with up to "
            f"{LONGEST_NAME - 1} letters, digits or . _ - @, and leave {PLATFORM!r} to the platform"
        )
    return name
