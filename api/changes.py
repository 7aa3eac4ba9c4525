"""How changes are asked for over HTTP: the version they rest on, and the key that makes them happen once."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.problems import BadParameter, KeyReused, StaleVersion, VersionMissing
from api.services import ConsoleServices
from foreworn.clock import WallClock
from foreworn.errors import ConfigurationError, Conflict
from foreworn.loop.answers import Answer

_ETAG = re.compile(r'"([0-9a-z]{1,32})"')
_IF_MATCH = 'The ETag of the read that this change rests on, such as `"3"`. Without it the answer is 428.'
_KEY = "A name of your own for this request: sent again with it, it is answered again, and nothing is done twice."


def etag(version: int | str) -> dict[str, str]:
    """Return the header that names a version."""
    return {"ETag": f'"{version}"'}


def _seen(if_match: Annotated[str | None, Header(description=_IF_MATCH, max_length=100)] = None) -> str:
    if if_match is None:
        raise VersionMissing
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise BadParameter("If-Match", "it is not an ETag of ours", remedy='send that of your last read, such as "3"')
    return found[1]


SeenTag = Annotated[str, Depends(_seen)]
"""The version that the changer saw, as the text of its ETag."""


def _seen_number(seen: SeenTag) -> int:
    if not seen.isdecimal() or len(seen) > len("999999999"):
        raise BadParameter("If-Match", "it is not an ETag of ours", remedy='send that of your last read, such as "3"')
    return int(seen)


Seen = Annotated[int, Depends(_seen_number)]
"""The version that the changer saw."""


@contextmanager
def changing(subject: str, seen: int | str, present: Callable[[], int | str]) -> Iterator[None]:
    """Make one change: say 412 where another was faster, and 400 where it cannot be.

    Parameters
    ----------
    subject
        What is changed, for a person.
    seen, present
        The version that the changer saw, and how to read the one it has.

    Raises
    ------
    StaleVersion
        If it has another version than `seen`.
    BadParameter
        If the use case refuses what it was asked for.
    """
    before = present()
    if before != seen:
        raise StaleVersion(subject, seen, before)
    try:
        with usable():
            yield
    except Conflict as error:
        after = present()
        if after != seen:
            raise StaleVersion(subject, seen, after) from error
        raise


@contextmanager
def usable(field: str = "body") -> Iterator[None]:
    """Say 400 where a request's values fit the schema, and cannot be all the same.

    Raises
    ------
    BadParameter
        With what the core says about them.
    """
    try:
        yield
    except BadParameter:
        raise
    except (ValueError, ConfigurationError) as error:
        problem, _, remedy = str(error).partition(": ")
        raise BadParameter(field, problem, remedy=remedy or "change it, and send it again") from error


def _key(
    idempotency_key: Annotated[
        str | None, Header(description=_KEY, min_length=1, max_length=200, pattern=r"^[!-~]+$")
    ] = None,
) -> str | None:
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(_key)]


@dataclass(frozen=True, slots=True)
class Created:
    """What a create made, or what was done once.

    Parameters
    ----------
    answer
        What is told.
    location
        Where it is; empty where nothing was made that could be looked at.
    headers
        Further headers of the answer.
    secrets
        Fields that are told once, and null when the answer is given again.
    status
        The HTTP status.
    """

    answer: BaseModel
    location: str
    headers: Mapping[str, str]
    secrets: tuple[str, ...] = ()
    status: int = 201

    @property
    def told(self) -> Answer:
        """The answer as it is told now."""
        return self._saying(self.answer)

    @property
    def kept(self) -> Answer:
        """The answer as it may be kept."""
        hidden = self.answer.model_copy(update=dict.fromkeys(self.secrets))
        return self._saying(hidden)

    def _saying(self, told: BaseModel) -> Answer:
        place = {"Location": self.location} if self.location else {}
        return Answer(self.status, {**place, **self.headers}, told.model_dump_json(by_alias=True))


def once(
    services: ConsoleServices,
    request: Request,
    asked: BaseModel,
    *,
    user: str,
    key: str | None,
    make: Callable[[], Created],
) -> Response:
    """Answer a create: do it, or say again what was answered when the key came the first time.

    Raises
    ------
    KeyReused
        If the key stands for another request.
    Conflict
        If the first request with this key is still at work, or broke off.
    """
    if key is None:
        with usable():
            return _response(make().told)
    digest = _digest(request, asked)
    claim = services.answers.claim(user, key, digest, now=WallClock().now())
    if not claim.new:
        return _response(_again(claim.request == digest, claim.answer))
    try:
        with usable():
            made = make()
    except BaseException:
        services.answers.release(user, key)
        raise
    services.answers.keep(user, key, made.kept)
    return _response(made.told)


def _again(same: bool, answer: Answer | None) -> Answer:
    if not same:
        raise KeyReused
    if answer is None:
        raise Conflict(
            "the first request with this Idempotency-Key is still at work, or broke off: "
            "look whether it was done before you send it with another key"
        )
    return answer


def _digest(request: Request, asked: BaseModel) -> bytes:
    body = asked.model_dump(mode="json")
    # a secret is masked in a dump, and two requests that differ in it are two
    secrets = {name: value.get_secret_value() for name, value in asked if hasattr(value, "get_secret_value")}
    said = json.dumps([request.method, request.url.path, body, secrets], sort_keys=True)
    return hashlib.sha256(said.encode()).digest()


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers), media_type="application/json")
