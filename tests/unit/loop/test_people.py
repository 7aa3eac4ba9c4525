"""Who may log in: links that work once, sessions that end, tokens that are told once, and no secret on record."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from foreworn.access import KeyKind, Role
from foreworn.audit import PLATFORM
from foreworn.clock import ManualClock
from foreworn.errors import Conflict, NotFound
from foreworn.loop.keys import LINK_LIFE, SESSION_LIFE, token_id
from foreworn.loop.passwords import Passwords
from foreworn.loop.people import FIRST_USER, People
from foreworn.storage.operations.sql import open_operations
from foreworn.storage.operations.sql.operations import SqlOperations

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
PASSWORD = "correct horse battery"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_operations("sqlite:///operations.sqlite", folder=tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def operations(engine: sa.Engine) -> SqlOperations:
    return SqlOperations(engine)


@pytest.fixture
def wall() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def people(operations: SqlOperations, wall: ManualClock) -> People:
    return People(operations, ManualClock(NOW), wall=wall, passwords=QUICK)


def _settled(people: People) -> People:
    link = people.first_start()
    assert link is not None
    assert people.redeem(link) is not None
    people.set_password(FIRST_USER, PASSWORD, actor=FIRST_USER)
    return people


def _actions(operations: SqlOperations) -> list[tuple[str, str, str]]:
    with operations.reading() as tx:
        return [(e.actor, e.action, e.subject) for _, e in reversed(tx.audit.find(limit=1000))]


def test_the_first_start_gives_an_admin_a_way_in_until_one_has_a_password(people: People) -> None:
    first, second = people.first_start(), people.first_start()
    assert first is not None
    assert second is not None
    assert people.redeem(first) is None
    session = people.redeem(second)
    assert session is not None
    visitor = people.visitor(session, KeyKind.SESSION)
    assert visitor is not None
    assert visitor.user.may(Role.ADMIN)
    people.set_password(FIRST_USER, PASSWORD, actor=FIRST_USER)
    assert people.first_start() is None


def test_a_link_works_once_also_for_two_at_once(people: People) -> None:
    link = people.first_start()
    assert link is not None
    with ThreadPoolExecutor(4) as pool:
        sessions = list(pool.map(people.redeem, [link] * 4))
    assert sum(session is not None for session in sessions) == 1


def test_a_link_is_good_for_an_hour(people: People, wall: ManualClock) -> None:
    link = people.first_start()
    assert link is not None
    wall.set(NOW + LINK_LIFE)
    assert people.redeem(link) is None


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param(FIRST_USER, "wrong", id="a wrong password"),
        pytest.param("nobody", PASSWORD, id="a name that nobody has"),
        pytest.param("linus", PASSWORD, id="a user without a password"),
        pytest.param("gone", PASSWORD, id="a user who is kept out"),
        pytest.param(FIRST_USER, PASSWORD * 1000, id="a password without end"),
    ],
)
def test_only_the_right_password_opens(people: People, name: str, password: str) -> None:
    _settled(people)
    people.add_user("linus", {Role.VIEWER}, actor=FIRST_USER)
    people.add_user("gone", {Role.VIEWER}, actor=FIRST_USER, password=PASSWORD)
    people.change("gone", active=False, actor=FIRST_USER)
    assert people.log_in(FIRST_USER, PASSWORD) is not None
    assert people.log_in(name, password) is None


def test_a_session_ends_by_time_and_by_logging_out(people: People, wall: ManualClock) -> None:
    _settled(people)
    first, second = people.log_in(FIRST_USER, PASSWORD), people.log_in(FIRST_USER, PASSWORD)
    assert first is not None
    assert second is not None
    people.log_out(first)
    people.log_out(first)
    assert people.visitor(first, KeyKind.SESSION) is None
    assert people.visitor(second, KeyKind.SESSION) is not None
    wall.set(NOW + SESSION_LIFE)
    assert people.visitor(second, KeyKind.SESSION) is None


def test_a_plant_in_fast_time_logs_nobody_out(operations: SqlOperations, wall: ManualClock) -> None:
    plant = ManualClock(NOW)
    people = _settled(People(operations, plant, wall=wall, passwords=QUICK))
    session = people.log_in(FIRST_USER, PASSWORD)
    assert session is not None
    plant.set(NOW + timedelta(days=365))
    assert people.visitor(session, KeyKind.SESSION) is not None


def test_a_key_opens_only_what_it_is_for(people: People) -> None:
    _settled(people)
    session = people.log_in(FIRST_USER, PASSWORD) or ""
    token, _ = people.issue_token(FIRST_USER, "robot", actor=FIRST_USER)
    assert people.visitor(token, KeyKind.TOKEN) is not None
    assert people.visitor(token, KeyKind.SESSION) is None
    assert people.visitor(session, KeyKind.TOKEN) is None
    assert people.redeem(token) is None


def test_a_token_opens_until_it_expires_or_is_revoked(people: People, wall: ManualClock) -> None:
    _settled(people)
    short, _ = people.issue_token(FIRST_USER, "short", actor=FIRST_USER, life=timedelta(days=1))
    long, key = people.issue_token(FIRST_USER, "long", actor=FIRST_USER)
    wall.set(NOW + timedelta(days=1))
    assert people.visitor(short, KeyKind.TOKEN) is None
    assert people.visitor(long, KeyKind.TOKEN) is not None
    people.revoke_token(FIRST_USER, token_id(key), actor=FIRST_USER)
    assert people.visitor(long, KeyKind.TOKEN) is None
    with pytest.raises(NotFound):
        people.revoke_token(FIRST_USER, token_id(key), actor=FIRST_USER)


def test_who_is_kept_out_is_out_at_once(people: People) -> None:
    _settled(people)
    people.add_user("paula", {Role.PLANNER}, actor=FIRST_USER, password=PASSWORD)
    session, (token, _) = people.log_in("paula", PASSWORD), people.issue_token("paula", "t", actor="paula")
    people.change("paula", active=False, actor=FIRST_USER)
    people.change("paula", active=True, actor=FIRST_USER)
    assert people.visitor(session or "", KeyKind.SESSION) is None
    assert people.visitor(token, KeyKind.TOKEN) is None


def test_a_new_password_ends_the_sessions_elsewhere_and_keeps_the_one_it_is_set_from(people: People) -> None:
    _settled(people)
    here, there = people.log_in(FIRST_USER, PASSWORD) or "", people.log_in(FIRST_USER, PASSWORD) or ""
    visitor = people.visitor(here, KeyKind.SESSION)
    assert visitor is not None
    people.set_password(FIRST_USER, "another " + PASSWORD, actor=FIRST_USER, but=visitor.key.digest)
    assert people.visitor(here, KeyKind.SESSION) is not None
    assert people.visitor(there, KeyKind.SESSION) is None
    assert people.log_in(FIRST_USER, PASSWORD) is None


def test_somebody_must_be_left_who_may_manage_users(people: People) -> None:
    _settled(people)
    with pytest.raises(Conflict, match="nobody would be left"):
        people.change(FIRST_USER, roles={Role.VIEWER}, actor=FIRST_USER)
    with pytest.raises(Conflict, match="nobody would be left"):
        people.change(FIRST_USER, active=False, actor=FIRST_USER)
    people.add_user("ada", {Role.ADMIN}, actor=FIRST_USER)
    assert people.change(FIRST_USER, roles={Role.VIEWER}, actor="ada").roles == {Role.VIEWER}


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("", PASSWORD, id="no name"),
        pytest.param("..", PASSWORD, id="a name that an address would swallow"),
        pytest.param("a b", PASSWORD, id="a name with a blank"),
        pytest.param(PLATFORM, PASSWORD, id="the platform's own name"),
        pytest.param("a" * 65, PASSWORD, id="a name without end"),
        pytest.param("paula", "short", id="a short password"),
    ],
)
def test_a_user_who_cannot_be_is_refused(people: People, name: str, password: str) -> None:
    with pytest.raises(ValueError, match=r"name|password"):
        people.add_user(name, {Role.VIEWER}, actor=FIRST_USER, password=password)


def test_a_name_is_given_once(people: People) -> None:
    _settled(people)
    with pytest.raises(Conflict, match="already"):
        people.add_user(FIRST_USER, {Role.VIEWER}, actor=FIRST_USER)


def test_every_change_names_its_actor(people: People, operations: SqlOperations) -> None:
    _settled(people)
    people.add_user("paula", {Role.PLANNER}, actor=FIRST_USER)
    people.change("paula", roles={Role.PLANNER}, actor=FIRST_USER)
    people.change("paula", roles={Role.VIEWER}, actor=FIRST_USER)
    assert _actions(operations) == [
        (PLATFORM, "link.issued", FIRST_USER),
        (FIRST_USER, "session.begun", FIRST_USER),
        (FIRST_USER, "user.password_set", FIRST_USER),
        (FIRST_USER, "user.added", "paula"),
        (FIRST_USER, "user.changed", "paula"),
    ]


def test_no_secret_is_kept_anywhere(people: People, engine: sa.Engine, tmp_path: Path) -> None:
    link = people.first_start() or ""
    session = people.redeem(link) or ""
    token, _ = people.issue_token(FIRST_USER, "robot", actor=FIRST_USER)
    people.set_password(FIRST_USER, PASSWORD, actor=FIRST_USER)
    engine.dispose()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (link, session, token, PASSWORD):
        assert len(secret) > 12
        assert secret.encode() not in kept


def test_a_password_kept_at_old_costs_is_hashed_anew_when_it_is_next_said(operations: SqlOperations) -> None:
    clock = ManualClock(NOW)
    _settled(People(operations, clock, wall=clock, passwords=QUICK))
    slower = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert People(operations, clock, wall=clock, passwords=slower).log_in(FIRST_USER, PASSWORD) is not None
    with operations.reading() as tx:
        kept = tx.users.get(FIRST_USER)
    assert kept is not None
    assert kept.password_hash is not None
    assert kept.password_hash.startswith("$argon2id$")
    assert "m=16,t=2" in kept.password_hash
