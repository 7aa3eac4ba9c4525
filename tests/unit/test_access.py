import pytest

from foreworn.access import Role, User

NOBODY = User("n", frozenset())
PLANNER = User("p", frozenset({Role.PLANNER, Role.VIEWER}))
ADMIN = User("a", frozenset({Role.ADMIN}))


@pytest.mark.parametrize(
    ("user", "roles", "expected"),
    [
        pytest.param(PLANNER, [Role.PLANNER], True, id="one's own role"),
        pytest.param(PLANNER, [Role.INVENTORY, Role.VIEWER], True, id="one of several"),
        pytest.param(PLANNER, [Role.ENGINEER], False, id="another's role"),
        pytest.param(PLANNER, [], False, id="no role opens nothing to a planner"),
        pytest.param(ADMIN, [Role.ENGINEER], True, id="an admin has every role"),
        pytest.param(NOBODY, list(Role), False, id="nobody has none"),
        pytest.param(User("x", ADMIN.roles, active=False), [Role.ADMIN], False, id="who was put out may do nothing"),
    ],
)
def test_who_may(user: User, roles: list[Role], expected: bool) -> None:
    assert user.may(*roles) is expected
