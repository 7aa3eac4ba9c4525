"""What somebody may do."""

from collections.abc import Callable
from functools import cache

from api.auth.identity import READERS, CurrentUser
from api.problems import Forbidden
from foreworn.access import Role, User

__all__ = ["READERS", "require"]


@cache
def require(*roles: Role) -> Callable[[User], User]:
    """Return the dependency that lets pass whoever has one of these roles, and gives the user.

    Raises
    ------
    ValueError
        If no role is named.
    """
    if not roles:
        raise ValueError("name the roles that are let pass: require(Role.PLANNER)")

    def allowed(user: CurrentUser) -> User:
        if not user.may(*roles):
            raise Forbidden(user.name, [str(role) for role in roles])
        return user

    return allowed
