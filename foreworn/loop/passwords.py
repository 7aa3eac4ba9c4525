"""Passwords: kept as Argon2id, and verified so that a stranger learns nothing from how long it takes."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 1000
"""Length of a password: short ones are guessed, endless ones keep the processor busy. [characters]"""

_AT_ONCE = 2


class Passwords:
    """Hashes and verifies passwords.

    Parameters
    ----------
    hasher
        Argon2id with its costs; RFC 9106's second choice where None (3 passes over 64 MiB).

    Examples
    --------
    >>> cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    >>> kept = cheap.hashed("correct horse battery")
    >>> cheap.match(kept, "correct horse battery"), cheap.match(kept, "wrong"), cheap.match(None, "wrong")
    (True, False, False)
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        # a hash takes as much memory as it is told to: a crowd at the door must not take all of it
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash("nobody has this password")

    def hashed(self, password: str) -> str:
        """Return what is kept of a password.

        Raises
        ------
        ValueError
            If it is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise ValueError(f"a password has {SHORTEST} to {LONGEST} characters, and this one has {len(password)}")
        with self._turn:
            return self._hasher.hash(password)

    def match(self, kept: str | None, password: str) -> bool:
        """Tell whether this is the password; where none is kept, say no after as long as it would have taken."""
        if len(password) > LONGEST:
            return False
        with self._turn:
            try:
                return self._hasher.verify(kept or self._nobodys, password) and kept is not None
            except (VerificationError, InvalidHashError):
                return False

    def outdated(self, kept: str) -> bool:
        """Tell whether it was hashed at other costs than today's."""
        return self._hasher.check_needs_rehash(kept)
