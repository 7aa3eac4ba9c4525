"""Users, and what they may do."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.auth import CurrentUser, require
from api.changes import Created, IdempotencyKey, once, usable
from api.routes.parameters import CREATED, Key, Services, problems
from api.schemas.person import LinkAnswer, NewUser, UserAnswer, UserChange, UserList
from foreworn.access import Role, User
from foreworn.errors import NotFound

router = APIRouter(tags=["users"])
Admin = Annotated[User, Depends(require(Role.ADMIN))]


@router.get("/me", summary="Who you are", responses=problems(503))
def get_me(user: CurrentUser) -> UserAnswer:
    """Return who is logged in, and with which roles."""
    return UserAnswer.of(user)


@router.get("/users", summary="All users", responses=problems(503))
def list_users(services: Services, user: Admin) -> UserList:
    """Return all users, by name."""
    return UserList(items=[UserAnswer.of(u) for u in services.people.users()])


@router.post(
    "/users",
    summary="Add a user",
    status_code=201,
    response_model=UserAnswer,
    responses=CREATED | problems(400, 409, 422, 503),
)
def create_user(services: Services, request: Request, asked: NewUser, user: Admin, key: IdempotencyKey) -> Response:
    """Add a user; without a password they come in by a one-time link."""

    def make() -> Created:
        password = None if asked.password is None else asked.password.get_secret_value()
        added = services.people.add_user(asked.name, asked.roles, actor=user.name, password=password)
        return Created(UserAnswer.of(added), f"/v1/users/{added.name}", {})

    return once(services, request, asked, user=user.name, key=key, make=make)


@router.get("/users/{name}", summary="One user", responses=problems(400, 404, 503))
def get_user(services: Services, name: Key, user: Admin) -> UserAnswer:
    """Return one user."""
    return UserAnswer.of(_user(services, name))


@router.patch("/users/{name}", summary="Change a user", responses=problems(400, 404, 409, 503))
def change_user(services: Services, name: Key, asked: UserChange, user: Admin) -> UserAnswer:
    """Say what they may do, let them in or keep them out, or give them a password; what is left out stays."""
    password = None if asked.password is None else asked.password.get_secret_value()
    with usable():
        return UserAnswer.of(
            services.people.change(name, roles=asked.roles, active=asked.active, password=password, actor=user.name)
        )


@router.post("/users/{name}/link", summary="Make a one-time link", responses=problems(400, 404, 409, 503))
def create_link(services: Services, name: Key, user: Admin) -> LinkAnswer:
    """Return a way in that works once, for an hour; the one before is void."""
    return LinkAnswer(path=f"/link/{services.people.invite(name, actor=user.name)}")


def _user(services: Services, name: str) -> User:
    for user in services.people.users():
        if user.name == name:
            return user
    raise NotFound("user", name)
