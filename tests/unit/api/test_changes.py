"""What a key promises when something breaks on the way."""

from dataclasses import replace

from fastapi import FastAPI

from api.services import ConsoleServices
from foreworn.errors import StoreUnavailable
from foreworn.loop.answers import Answer, AnswerBook, Claim
from tests.unit.api.browsing import Client

JOB = {"machine": "Pump-07", "component": "seal", "kind": "preventive", "task": "Renew the seal", "labour_h": 1.5}


class Forgetful:
    """An answer book that cannot keep an answer, as when the store goes away in between."""

    def __init__(self, book: AnswerBook) -> None:
        self.claim, self.release = book.claim, book.release

    def keep(self, user: str, key: str, answer: Answer) -> None:
        """Fail."""
        raise StoreUnavailable("the operations store", "it went away")


def test_a_create_whose_answer_was_lost_is_not_done_again(app: FastAPI, plant: ConsoleServices, paula: Client) -> None:
    app.state.services = replace(plant, answers=Forgetful(plant.answers))
    assert paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1").status_code == 503
    app.state.services = plant
    again = paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1")
    assert again.status_code == 409
    assert "look whether it was done" in again.json()["detail"]
    assert len(paula.get("/v1/work-orders").json()["items"]) == 2


def test_a_bug_while_creating_sets_the_key_free(app: FastAPI, plant: ConsoleServices, paula: Client) -> None:
    class Broken:
        def create(self, **_: object) -> None:
            raise ZeroDivisionError

    app.state.services = replace(plant, work_orders=Broken())  # type: ignore[arg-type]
    assert paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1").status_code == 500
    app.state.services = plant
    assert paula.change("POST", "/v1/work-orders", JOB, Idempotency_Key="k1").status_code == 201


def test_a_secret_in_a_request_is_part_of_it_and_is_not_kept(ada: Client, plant: ConsoleServices) -> None:
    new = {"name": "nora", "roles": ["viewer"], "password": "a long enough password"}
    assert ada.change("POST", "/v1/users", new, Idempotency_Key="k1").status_code == 201
    other = new | {"password": "another long password"}
    assert ada.change("POST", "/v1/users", other, Idempotency_Key="k1").status_code == 422
    claim: Claim = plant.answers.claim("ada", "k1", b"", now=plant.people._wall.now())
    assert claim.answer is not None
    assert "password" not in claim.answer.body.replace("has_password", "")
