"""Users and their tokens."""

from typing import Annotated, Self

from pydantic import Field, SecretStr, StringConstraints

from api.instants import Instant
from api.schemas.answer import Answer
from api.schemas.request import Name, Request
from foreworn.access import Key, Role, User
from foreworn.loop.keys import token_id
from foreworn.loop.passwords import LONGEST, SHORTEST
from foreworn.loop.people import LONGEST_NAME

Roles = Annotated[list[Role], Field(min_length=1, max_length=len(Role))]
_PASSWORD = Field(
    default=None, min_length=SHORTEST, max_length=LONGEST, description="Left out: they come in by a one-time link."
)


class UserAnswer(Answer):
    """Somebody who may log in."""

    name: str
    roles: list[Role]
    active: bool = Field(description="Whether they may log in at all.")
    has_password: bool

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the answer for one user."""
        return cls(
            name=user.name, roles=sorted(user.roles), active=user.active, has_password=user.password_hash is not None
        )


class UserList(Answer):
    """Users, by name."""

    items: list[UserAnswer]


class LinkAnswer(Answer):
    """A way in, once, for an hour."""

    path: str = Field(description="Open it in a browser at this server. It is told once.")


class NewUser(Request):
    """Somebody to let in."""

    name: Annotated[
        str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]*$")
    ]
    roles: Roles
    password: SecretStr | None = _PASSWORD


class UserChange(Request):
    """What is to be different about a user; what is left out stays."""

    roles: Roles | None = None
    active: Annotated[bool, Field(strict=True)] | None = None
    password: SecretStr | None = _PASSWORD


class TokenAnswer(Answer):
    """One token; it is known here by its id, which opens nothing."""

    id: str
    user: str
    label: str
    created_at: Instant
    expires_at: Instant | None

    @classmethod
    def of(cls, key: Key) -> Self:
        """Return the answer for one token."""
        return cls(
            id=token_id(key), user=key.user, label=key.label, created_at=key.created_at, expires_at=key.expires_at
        )


class IssuedToken(TokenAnswer):
    """A token that was just made."""

    secret: str | None = Field(
        description="Send it as `Authorization: Bearer SECRET`. It is told once and kept nowhere: null where the same "
        "Idempotency-Key comes again."
    )


class TokenList(Answer):
    """Tokens, oldest first."""

    items: list[TokenAnswer]


class NewToken(Request):
    """A token to be made."""

    label: Name = Field(description="What it is for.")
    expires_in_d: Annotated[int, Field(strict=True, ge=1, le=3650)] | None = Field(
        default=None, description="Left out: until it is revoked. [d]"
    )
    user: Name | None = Field(default=None, description="Whose; an admin may name somebody else. Yours if left out.")
