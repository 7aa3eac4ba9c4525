"""Tokens, which programs come with."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import CurrentUser
from api.changes import Created, IdempotencyKey, once
from api.problems import Forbidden
from api.routes.parameters import CREATED, PRINTABLE, Key, Services, problems
from api.schemas.person import IssuedToken, NewToken, TokenAnswer, TokenList
from foreworn.access import Role, User

router = APIRouter(prefix="/tokens", tags=["users"])
Owner = Annotated[str | None, Query(description="Whose, for an admin; yours if left out.", max_length=200), PRINTABLE]


@router.get("", summary="Tokens", responses=problems(400, 404, 503))
def list_tokens(services: Services, user: CurrentUser, of: Owner = None) -> TokenList:
    """Return your tokens, or for an admin somebody else's; never a secret."""
    return TokenList(items=[TokenAnswer.of(key) for key in services.people.tokens(_owner(user, of))])


@router.post(
    "",
    summary="Make a token",
    status_code=201,
    response_model=IssuedToken,
    responses=CREATED | problems(400, 404, 409, 422, 503),
)
def create_token(
    services: Services, request: Request, asked: NewToken, user: CurrentUser, key: IdempotencyKey
) -> Response:
    """Make a token with all the roles of its user; its secret is told once."""
    owner = _owner(user, asked.user)

    def make() -> Created:
        life = None if asked.expires_in_d is None else timedelta(days=asked.expires_in_d)
        secret, made = services.people.issue_token(owner, asked.label, actor=user.name, life=life)
        told = IssuedToken(**TokenAnswer.of(made).model_dump(), secret=secret)
        return Created(told, f"/v1/tokens?of={owner}", {}, secrets=("secret",))

    return once(services, request, asked, user=user.name, key=key, make=make)


@router.delete("/{id}", summary="Revoke a token", status_code=204, responses=problems(400, 404, 503))
def revoke_token(services: Services, id: Key, user: CurrentUser, of: Owner = None) -> None:
    """Make a token open nothing from now on."""
    services.people.revoke_token(_owner(user, of), id, actor=user.name)


def _owner(user: User, named: str | None) -> str:
    if named not in (None, user.name) and not user.may(Role.ADMIN):
        raise Forbidden(user.name, [str(Role.ADMIN)])
    return named or user.name
