"""The quarantine's pages: narrowed, read, replayed and purged by those who may."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI

from api.services import ConsoleServices
from foreworn.storage.operations.memory_quarantine import MemoryQuarantine
from foreworn.telemetry.quarantine import EVERYTHING, Rejection
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.seeded_fleet import NOW


@pytest.fixture
def refused(plant: ConsoleServices) -> ConsoleServices:
    plant.quarantine.purge(EVERYTHING)
    plant.quarantine.put(
        [
            Rejection(
                NOW - timedelta(seconds=i),
                f"foreworn/v1/west/d{i % 2}/telemetry",
                b'{"ts": 1772431200000, "values": {"vibration": %d}}' % i,
                "unknown_device",
                f"device 'd{i % 2}' is not in the registry",
                f"d{i % 2}",
            )
            for i in range(120)
        ]
    )
    return plant


def test_older_entries_are_a_page_further(refused: ConsoleServices, ada: Client) -> None:
    first = ada.get("/quarantine?device=d1").text
    assert first.count("<article") == 50
    link = first.split("Older ones")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert ada.get(link).text.count("<article") == 10


def test_one_entry_tells_what_to_do_and_shows_its_bytes(refused: ConsoleServices, ada: Client) -> None:
    refused.quarantine.put([Rejection(NOW, "a/b", b"\x89PNG<img>", "unknown_topic", "not a topic of ours")])
    (entry,) = refused.quarantine.find(limit=1)
    page = ada.get(f"/quarantine/{entry.id}").text
    assert "Nothing is read from another topic: purge these." in words(page)
    assert "0000  89 50 4e 47 3c 69 6d 67 3e" in page
    assert "<img>" not in page
    assert ada.get("/quarantine/999999").status_code == 404


def test_who_may_not_mend_reads_without_buttons(refused: ConsoleServices, ada: Client, paula: Client) -> None:
    assert ada.get("/quarantine?device=d1").text.count('action="/quarantine/') == 2
    (entry,) = refused.quarantine.find(limit=1)
    for path in ("/quarantine?device=d1", f"/quarantine/{entry.id}"):
        assert 'action="/quarantine/' not in paula.get(path).text
    assert paula.send("/quarantine/purge", form={"device": "d1"}).status_code == 403


def test_what_is_chosen_is_purged_and_said(refused: ConsoleServices, ada: Client) -> None:
    page = ada.get("/quarantine?device=d1").text
    (until,) = set(re.findall(r'name="until" value="([^"]+)"', page))
    came_since = replace(refused.quarantine.find(limit=1)[0].rejection, received_at=NOW + timedelta(seconds=1))
    refused.quarantine.put([replace(came_since, device="d1")])
    answer = ada.send("/quarantine/purge", form={"device": "d1", "until": until})
    assert (answer.status_code, answer.headers["location"]) == (303, "/quarantine?device=d1&purged=60")
    assert "60 entries were purged." in words(ada.get(answer.headers["location"]).text)
    assert refused.quarantine.count() == {"unknown_device": 61}, "what came while the page was read was not seen"


def test_a_form_that_names_nothing_purges_nothing(refused: ConsoleServices, ada: Client) -> None:
    assert ada.send("/quarantine/purge").status_code == 400
    assert ada.send("/quarantine/purge", form={"until": "tomorrow"}).status_code == 400
    assert refused.quarantine.count() == {"unknown_device": 120}


def test_a_replay_says_what_stays(refused: ConsoleServices, ada: Client) -> None:
    (entry,) = refused.quarantine.find(limit=1)
    answer = ada.send("/quarantine/replay", form={"id": str(entry.id)})
    text = words(ada.get(answer.headers["location"]).text)
    assert "Nothing could be replayed: 1 entry stays here, with the reason of today." in text
    assert "✔" not in text


def test_what_had_to_go_is_said(plant: ConsoleServices, app: FastAPI, ada: Client) -> None:
    bounded = MemoryQuarantine(most_bytes=2000)
    bounded.put([Rejection(NOW, "a/b", b"%d" % i, "unknown_topic", "not ours") for i in range(20)])
    app.state.services = replace(plant, quarantine=bounded)
    kept = sum(bounded.count().values())
    assert f"{20 - kept} older ones had to go" in words(ada.get("/quarantine").text)
