"""Secrets that stand for users: how they are made, what is kept of them, and whom they open the door to."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.access import Key, KeyKind, User
from foreworn.loop.operations import Transaction

LINK_LIFE = timedelta(hours=1)
SESSION_LIFE = timedelta(days=7)

_PREFIX = {KeyKind.TOKEN: "fwt_", KeyKind.SESSION: "fws_", KeyKind.LINK: "fwl_"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who somebody turned out to be: the user, and the key they came with."""

    user: User
    key: Key


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret: it has 256 random bits, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(secret.encode()).digest()


def token_id(key: Key) -> str:
    """Return what a token is called where it is listed or revoked; it opens nothing."""
    return key.digest.hex()[:16]


def new_key(user: User, kind: KeyKind, label: str, *, now: datetime, life: timedelta | None) -> tuple[str, Key]:
    """Return a new secret, and what is kept of it."""
    secret = _PREFIX[kind] + secrets.token_urlsafe(32)
    return secret, Key(digest_of(secret), user.name, kind, label, now, None if life is None else now + life)


def visitor_of(tx: Transaction, secret: str, kind: KeyKind, *, now: datetime) -> Visitor | None:
    """Return who comes with this secret; None where it opens nothing (any more)."""
    digest = digest_of(secret)
    key = tx.users.key(digest)
    if key is None or not secrets.compare_digest(key.digest, digest) or key.kind is not kind:
        return None
    if _has_expired(key, now):
        return None
    user = tx.users.get(key.user)
    return Visitor(user, key) if user is not None and user.active else None


def end_keys(tx: Transaction, user: str, kinds: Iterable[KeyKind], *, but: bytes | None = None) -> None:
    """Let a user's keys of these kinds open nothing any more, except the one of the digest `but`."""
    for kind in kinds:
        for key in tx.users.keys(user, kind):
            if key.digest != but:
                tx.users.remove_key(key.digest)


def end_expired(tx: Transaction, user: str, kind: KeyKind, *, now: datetime) -> None:
    """Forget a user's keys that have expired."""
    for key in tx.users.keys(user, kind):
        if _has_expired(key, now):
            tx.users.remove_key(key.digest)


def _has_expired(key: Key, now: datetime) -> bool:
    return key.expires_at is not None and key.expires_at <= now
