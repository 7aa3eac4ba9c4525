"""What the operations store promises of jobs, outbox, audit trail and users, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from foreworn.access import Key, KeyKind, Role, User
from foreworn.audit import AuditEntry
from foreworn.errors import Conflict, NotFound
from foreworn.loop.jobs import LEASE, Job, JobStanding
from foreworn.loop.outbox import Message
from foreworn.storage.operations.sql import SqlOperations
from tests.operations_store import DAY, HOUR, T0, at_once

JOB = Job("propose:1", "propose", T0, {"data_time": "2026-03-01", "n": 3, "share": 0.1, "deep": {"list": [None, True]}})


def put(books: SqlOperations, *jobs: Job) -> None:
    with books.transaction() as tx:
        assert [tx.jobs.put(job) for job in jobs] == [True] * len(jobs)


def leased(books: SqlOperations, worker: str, now: datetime = T0, **other: Any) -> str | None:
    with books.transaction() as tx:
        job = tx.jobs.lease(worker, now=now, until=now + LEASE, **other)
    return None if job is None else job.key


# Jobs


def test_a_job_is_leased_as_it_was_put_and_its_attempts_are_counted(books: SqlOperations) -> None:
    put(books, JOB)
    with books.transaction() as tx:
        assert tx.jobs.lease("w1", now=T0, until=T0 + LEASE) == replace(JOB, attempts=1)
        assert tx.jobs.pending() == [replace(JOB, attempts=1)]


def test_a_job_whose_key_is_known_done_or_not_changes_nothing(books: SqlOperations) -> None:
    put(books, JOB)
    for _ in ("waiting", "leased", "done"):
        with books.transaction() as tx:
            assert not tx.jobs.put(replace(JOB, kind="other"))
            if tx.jobs.lease("w1", now=T0, until=T0 + LEASE) is None and tx.jobs.pending():
                tx.jobs.finish(JOB.key, "w1", now=T0)
    with books.reading() as tx:
        assert tx.jobs.pending() == []


def test_the_job_that_has_been_due_longest_comes_first_then_by_key(books: SqlOperations) -> None:
    late, early = replace(JOB, key="late", due=T0 + HOUR), replace(JOB, key="early", due=T0 - HOUR)
    put(books, late, JOB, replace(JOB, key="Propose:1"), replace(JOB, key="a"), early)
    assert [leased(books, "w1") for _ in range(5)] == ["early", "Propose:1", "a", "propose:1", None]


def test_only_jobs_of_the_wanted_kinds_are_leased(books: SqlOperations) -> None:
    put(books, JOB, replace(JOB, key="label:1", kind="label"))
    assert leased(books, "w1", kinds=frozenset({"label", "train"})) == "label:1"
    assert leased(books, "w1", kinds=frozenset()) is None


def test_who_does_not_finish_in_time_loses_the_job_to_the_next_who_asks(books: SqlOperations) -> None:
    put(books, JOB)
    assert leased(books, "w1") == JOB.key
    assert leased(books, "w2", T0 + LEASE - timedelta(milliseconds=1)) is None
    assert leased(books, "w2", T0 + LEASE) == JOB.key
    with books.transaction() as tx, pytest.raises(Conflict, match=r"w1 does not hold job 'propose:1' .* w2 holds it"):
        tx.jobs.finish(JOB.key, "w1", now=T0 + LEASE)
    with books.transaction() as tx:
        tx.jobs.finish(JOB.key, "w2", now=T0 + LEASE)
    with books.transaction() as tx, pytest.raises(Conflict, match="it is done"):
        tx.jobs.fail(JOB.key, "w2", now=T0 + LEASE, why="late", again=None)


def test_a_job_that_failed_is_tried_again_when_it_said_and_then_stands_with_its_reason(books: SqlOperations) -> None:
    put(books, JOB)
    leased(books, "w1")
    with books.transaction() as tx:
        tx.jobs.fail(JOB.key, "w1", now=T0, why="the store is away", again=T0 + HOUR)
    assert (leased(books, "w1"), leased(books, "w1", T0 + HOUR)) == (None, JOB.key)
    with books.transaction() as tx:
        tx.jobs.fail(JOB.key, "w1", now=T0 + HOUR, why="no such model", again=None)
        assert tx.jobs.failed() == [(replace(JOB, due=T0 + HOUR, attempts=2), "no such model")]
        assert tx.jobs.pending() == []
        stands = JobStanding(replace(JOB, due=T0 + HOUR, attempts=2), "failed", "no such model")
        assert (tx.jobs.standing(JOB.key), tx.jobs.standing("x")) == (stands, None)
    assert leased(books, "w1", T0 + DAY) is None


def test_two_workers_never_lease_the_same_job(books: SqlOperations, engine: sa.Engine) -> None:
    keys = [f"job-{n:02d}" for n in range(30)]
    put(books, *(replace(JOB, key=key) for key in keys))

    def work(own: SqlOperations) -> list[str]:
        taken = []
        while (key := leased(own, f"worker {id(own)}")) is not None:
            taken.append(key)
        return taken

    first, second = at_once(engine, work, work)
    assert sorted(first + second) == keys


# The outbox


MESSAGE = Message("demand:1", "demand", {"part": "seal-40", "p95": 4.000000000000001}, T0)


def test_a_message_waits_until_it_is_delivered(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.outbox.put(MESSAGE)
        tx.outbox.put(replace(MESSAGE, topic="other"))
        assert (tx.outbox.due(T0), tx.outbox.depth()) == ([MESSAGE], 1)
        tx.outbox.delivered(MESSAGE.key, now=T0)
        tx.outbox.put(MESSAGE)
        assert (tx.outbox.due(T0 + DAY), tx.outbox.depth()) == ([], 0)


def test_messages_leave_oldest_first_and_a_failed_one_when_it_is_due_again(books: SqlOperations) -> None:
    sent = [replace(MESSAGE, key=key, created_at=T0 + hours * HOUR) for key, hours in (("b", 0), ("c", 1), ("a", 1))]
    with books.transaction() as tx:
        for message in sent[1:] + sent[:1]:
            tx.outbox.put(message)
        tx.outbox.failed("b", why="InfluxDB is away", again=T0 + 3 * HOUR)
        assert [m.key for m in tx.outbox.due(T0 + 2 * HOUR)] == ["c", "a"]
        assert tx.outbox.due(T0 + 3 * HOUR, limit=1) == [replace(sent[0], attempts=1)]
        assert tx.outbox.depth() == 3


def test_a_message_that_does_not_exist_is_not_found(books: SqlOperations) -> None:
    with books.transaction() as tx:
        with pytest.raises(NotFound):
            tx.outbox.delivered("x", now=T0)
        with pytest.raises(NotFound):
            tx.outbox.failed("x", why="away", again=T0)


# The audit trail


def test_the_audit_trail_is_read_newest_first_page_by_page_and_by_subject(books: SqlOperations) -> None:
    said = [AuditEntry(T0, "ana", f"work_order.{n}", f"WO-{n % 2}", {"reason": "risk", "n": n}) for n in range(5)]
    with books.transaction() as tx:
        for entry in said:
            tx.audit.record(entry)
        first = tx.audit.find(limit=2)
        assert [entry for _, entry in first] == [said[4], said[3]]
        assert [entry for _, entry in tx.audit.find(before=first[-1][0])] == [said[2], said[1], said[0]]
        assert [entry for _, entry in tx.audit.find(subject="WO-1")] == [said[3], said[1]]


# Users


ANA = User("ana", frozenset({Role.PLANNER, Role.TECHNICIAN}), "$argon2id$...", True)
KEY = Key(b"\x00\xff" * 16, "ana", KeyKind.SESSION, "console", T0, T0 + DAY)


def test_a_user_put_again_has_the_new_roles_only(books: SqlOperations) -> None:
    ben = User("Ben", frozenset())
    with books.transaction() as tx:
        tx.users.put(ANA)
        tx.users.put(ben)
        assert (tx.users.get("ana"), tx.users.get("eve"), tx.users.all()) == (ANA, None, [ben, ANA])
        changed = replace(ANA, roles=frozenset({Role.VIEWER}), password_hash=None, active=False)
        tx.users.put(changed)
        assert tx.users.get("ana") == changed


def test_keys_are_found_by_digest_and_by_their_owner(books: SqlOperations) -> None:
    token = Key(b"t" * 32, "ana", KeyKind.TOKEN, "script", T0 + HOUR)
    older = replace(token, digest=b"u" * 32, created_at=T0)
    with books.transaction() as tx:
        tx.users.put(ANA)
        for key in (KEY, token, older):
            tx.users.add_key(key)
        assert (tx.users.key(KEY.digest), tx.users.key(b"x")) == (KEY, None)
        assert tx.users.keys("ana", KeyKind.TOKEN) == [older, token]
        with pytest.raises(NotFound, match="no user 'eve'"):
            tx.users.add_key(replace(KEY, user="eve", digest=b"e"))


def test_of_two_who_use_a_link_at_once_one_is_let_in(books: SqlOperations, engine: sa.Engine) -> None:
    with books.transaction() as tx:
        tx.users.put(ANA)
        tx.users.add_key(replace(KEY, kind=KeyKind.LINK))

    def use(own: SqlOperations) -> bool:
        with own.transaction() as tx:
            return tx.users.key(KEY.digest) is not None and tx.users.remove_key(KEY.digest)

    assert sorted(at_once(engine, use, use)) == [False, True]
