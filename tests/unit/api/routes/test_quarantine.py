"""What was refused, over HTTP: found, looked at, replayed, purged."""

import base64
from datetime import timedelta
from typing import Any

import pytest

from api.cursor import named_cursor
from api.services import ConsoleServices
from foreworn.fleet.machine import Attachment
from foreworn.telemetry.quarantine import EVERYTHING, Rejection
from foreworn.telemetry.sample import Sample
from foreworn.telemetry.signal import Signal, SignalCatalogue
from foreworn.telemetry.wire import encode_sample
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import NOW

STRANGER = "pump-99"


@pytest.fixture
def refused(plant: ConsoleServices) -> ConsoleServices:
    """Thirty values out of range of one device, and one message of a stranger."""
    machine = plant.registry.machines()[0].id
    plant.registry.add([], [Attachment("probe", machine, NOW - timedelta(days=9))])
    entries = [_refused(i, "probe", "out_of_range", "vibration") for i in range(30)]
    plant.quarantine.purge(EVERYTHING)
    plant.quarantine.put([*entries, _refused(40, STRANGER, "unknown_device", None)])
    return plant


def _refused(minute: int, device: str, reason: str, signal: str | None) -> Rejection:
    time = NOW - timedelta(minutes=minute + 1)
    payload = encode_sample(Sample(device, time, {"vibration": 900.0 + minute}))
    return Rejection(time, f"foreworn/v1/west/{device}/telemetry", payload, reason, "why", device, signal)


def widen(plant: ConsoleServices) -> None:
    plant.registry.add_signals(SignalCatalogue({"*": [Signal("vibration", "mm/s", low=0.0, high=5000.0)]}))


def test_pages_of_entries_follow_one_another(refused: ConsoleServices, paula: Client) -> None:
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = paula.get(f"/v1/quarantine?device=probe&signal=vibration&limit=12{cursor}").json()
        seen += answer["items"]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert [item["received_at"] for item in seen] == sorted((i["received_at"] for i in seen), reverse=True)
    assert (len(seen), len({item["id"] for item in seen})) == (30, 30)
    assert answer["counts"] == {"out_of_range": 30, "unknown_device": 1}


def test_entries_are_chosen_by_when_they_came(refused: ConsoleServices, paula: Client) -> None:
    answer = paula.get("/v1/quarantine?since=2026-03-02T05:40:00Z&until=2026-03-02T05:45:00Z").json()
    assert [item["received_at"][11:16] for item in answer["items"]] == ["05:44", "05:43", "05:42", "05:41", "05:40"]


def test_a_long_payload_is_whole_only_by_its_id(refused: ConsoleServices, paula: Client) -> None:
    payload = bytes(5000)
    refused.quarantine.put([Rejection(NOW, "a/b", payload, "unknown_topic", "no topic of ours")])
    listed = paula.get("/v1/quarantine?reason=unknown_topic").json()["items"][0]
    assert (listed["payload_base64"], listed["payload_bytes"]) == (None, 5000)
    one = paula.get(f"/v1/quarantine/{listed['id']}").json()
    assert base64.b64decode(one["payload_base64"]) == payload


def test_what_is_good_now_is_stored_and_the_rest_stays(refused: ConsoleServices, ada: Client) -> None:
    widen(refused)
    answer = ada.change("POST", "/v1/quarantine/replay", {"all": True})
    assert answer.json() == {
        "replayed": 30,
        "outdated": 0,
        "refused": {"unknown_device": 1},
        "skipped": {},
        "next_cursor": None,
    }
    stored = refused.telemetry.samples(NOW - timedelta(hours=1), NOW, devices=["probe"], signals=["vibration"])
    assert sorted(stored["vibration"].to_pylist()) == [900.0 + i for i in range(30)]
    assert refused.quarantine.count() == {"unknown_device": 1}


def test_a_long_replay_goes_on_where_the_last_one_ended(refused: ConsoleServices, ada: Client) -> None:
    first = ada.change("POST", "/v1/quarantine/replay", {"device": "probe", "limit": 20}).json()
    assert first["refused"] == {"out_of_range": 20}
    rest = {"device": "probe", "limit": 20, "cursor": first["next_cursor"]}
    second = ada.change("POST", "/v1/quarantine/replay", rest).json()
    assert (second["refused"], second["next_cursor"]) == ({"out_of_range": 10}, None)


def test_a_replay_sent_again_with_its_key_is_answered_again_and_not_done_again(
    refused: ConsoleServices, ada: Client
) -> None:
    def send() -> dict[str, Any]:
        answer: dict[str, Any] = ada.change(
            "POST", "/v1/quarantine/replay", {"device": "probe"}, idempotency_key="k1"
        ).json()
        return answer

    first = send()
    widen(refused)
    assert send() == first
    assert refused.quarantine.count()["out_of_range"] == 30


def test_only_what_is_named_is_purged(refused: ConsoleServices, ada: Client) -> None:
    ids = [entry.id for entry in refused.quarantine.find(limit=3)]
    assert ada.change("POST", "/v1/quarantine/purge", {"ids": ids}).json() == {"purged": 3}
    assert ada.change("DELETE", f"/v1/quarantine/{ids[0]}").status_code == 404
    (other,) = (entry.id for entry in refused.quarantine.find(limit=1))
    assert ada.change("DELETE", f"/v1/quarantine/{other}").status_code == 204
    assert ada.get(f"/v1/quarantine/{other}").status_code == 404
    assert refused.quarantine.count() == {"out_of_range": 26, "unknown_device": 1}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"all": True, "device": "probe"}, id="all, and yet not all"),
        pytest.param({"reason": "odd"}, id="a reason that there is not"),
        pytest.param({"ids": []}, id="no ids"),
        pytest.param({"devise": "probe"}, id="a typo"),
        pytest.param({"ids": [2**70]}, id="an id that nothing has"),
    ],
)
def test_a_choice_that_says_nothing_purges_nothing(refused: ConsoleServices, ada: Client, body: object) -> None:
    answer = ada.change("POST", "/v1/quarantine/purge", body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert sum(refused.quarantine.count().values()) == 31


def test_a_cursor_of_another_list_is_refused(refused: ConsoleServices, ada: Client) -> None:
    foreign = named_cursor("pump-7")
    assert ada.get(f"/v1/quarantine?cursor={foreign}").status_code == 400
    assert ada.change("POST", "/v1/quarantine/replay", {"all": True, "cursor": foreign}).status_code == 400


def test_who_may_read_may_not_replay_or_purge(refused: ConsoleServices, paula: Client, theo: Client) -> None:
    (entry,) = refused.quarantine.find(limit=1)
    for client in (paula, theo):
        assert client.change("POST", "/v1/quarantine/replay", {"all": True}).status_code == 403
        assert client.change("POST", "/v1/quarantine/purge", {"all": True}).status_code == 403
        assert client.change("DELETE", f"/v1/quarantine/{entry.id}").status_code == 403
    assert sum(refused.quarantine.count().values()) == 31


def test_who_replayed_and_purged_what_is_on_record(refused: ConsoleServices, ada: Client) -> None:
    ada.change("POST", "/v1/quarantine/replay", {"device": "probe"})
    ada.change("POST", "/v1/quarantine/purge", {"reason": "out_of_range"})
    ada.change("POST", "/v1/quarantine/purge", {"reason": "out_of_range"})  # nothing is left to purge
    entries = ada.get("/v1/audit?subject=quarantine").json()["items"]
    assert [(e["actor"], e["action"]) for e in entries] == [
        ("ada", "quarantine.purged"),
        ("ada", "quarantine.replayed"),
        ("ada", "quarantine.replay_asked"),
    ]
    assert entries[0]["detail"] == {"reason": "out_of_range", "purged": 30}
    assert entries[1]["detail"]["refused"] == {"out_of_range": 30}
