"""Devices, quarantine and the model as pages."""

import re
from dataclasses import replace

import pytest

from api.app import create_app
from api.services import ConsoleServices
from tests.unit.api.browsing import Client
from tests.unit.api.console.test_today import words
from tests.unit.api.seeded_fleet import HOSTILE, NOW, StubModels, seeded_services


def test_a_device_id_with_markup_is_text_everywhere(client: Client) -> None:
    for path in ("/devices", "/quarantine", "/devices/%3Cscript%3Ealert(%227%22)%3C%E2%81%84script%3E"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "&lt;script&gt;alert(&#34;7&#34;)" in answer.text
        assert "<script>alert" not in answer.text
        assert HOSTILE in words(answer.text.replace("&#34;", '"'))


def test_refused_bytes_are_shown_as_text(client: Client) -> None:
    page = client.get("/devices/gw-Pump-09").text
    assert r"{&#34;ts&#34;: &#34;\xff\x00&lt;img src=x&gt;" in page
    assert "<img" not in page
    assert 'title="the payload is not JSON' in page


def test_the_list_counts_by_device_and_shows_the_last_refusal(client: Client) -> None:
    text = words(client.get("/devices").text)
    assert "Received: 1,632 samples, 3 events, 0 log lines, 11 refused" in text
    assert "gw-Pump-05 on Pump-05 ● online last message just now quality – samples 24" in text
    assert "out of range : vibration is -4.0 mm/s, least 0" in text
    assert "All that was acknowledged is in the telemetry store." in text


@pytest.mark.parametrize(
    ("state", "devices"),
    [
        pytest.param("rejected", 3, id="with refusals"),
        pytest.param("offline", 1, id="offline"),
        pytest.param("never", 1, id="never heard"),
    ],
)
def test_the_list_can_be_narrowed(client: Client, state: str, devices: int) -> None:
    page = client.get(f"/devices?state={state}").text
    assert len(re.findall(r'<a href="/devices/[^"]+">', page)) == devices


def test_a_fleet_longer_than_a_page_is_paged() -> None:
    services = seeded_services(machines=39, days=1)
    seats = services.registry.attachments()
    services.registry.add([], [replace(s, device=f"{s.device}-{n}") for s in seats for n in range(3)])
    client = Client(create_app(services))
    first, last = client.get("/devices").text, client.get("/devices?page=2").text
    assert "Page 1 of 2" in words(first)
    assert first.count('<tr>\n  <td class="subject">') == 100
    assert last.count('<tr>\n  <td class="subject">') == 39 * 4 + 1 - 100


def test_a_device_that_was_never_heard_says_so(client: Client) -> None:
    assert "Registered, but nothing was ever heard of it." in words(client.get("/devices/gw-Pump-40").text)


def test_quarantine_names_the_sensors_behind_the_refusals(client: Client) -> None:
    text = words(client.get("/quarantine").text)
    assert "11 messages and values were refused and kept" in text
    assert "gw-Pump-05 vibration 9" in text


def test_quarantine_is_narrowed_by_reason_and_device(client: Client) -> None:
    unreadable = client.get("/quarantine?reason=unreadable").text
    assert unreadable.count("<article") == 1
    assert "The payload is not JSON, or not of the wire format. Mend what the device sends." in words(unreadable)
    assert client.get("/quarantine?device=gw-Pump-05").text.count("<article") == 9
    assert client.get("/quarantine?reason=nonsense").status_code == 400


def test_nothing_refused_is_good_news(empty: Client) -> None:
    assert "Nothing was refused" in words(empty.get("/quarantine").text)


def test_the_model_page_says_what_it_learned_from_and_what_it_leaves_out(client: Client) -> None:
    text = words(client.get("/model").text)
    assert "gb-3f2a91 is in use." in text
    assert "raises an alarm from 40 %" in text
    assert "Learned from 1 Jan 2025 to 1 Feb 2026" in text
    assert "Rows it learned from 72,000" in text
    assert "gear: it never failed before 2026-02-01" in text
    assert "bearing 0.0123 0.91" in text
    assert "vibration mean 24 h · vibration spread 3 h" in text
    assert "library lightgbm 4.7" in text


def test_no_model_has_a_page(services: ConsoleServices) -> None:
    client = Client(create_app(replace(services, models=StubModels(None))))
    assert "None is in use." in words(client.get("/model").text)


def test_an_asset_keeps_for_ever_under_its_own_hash(client: Client) -> None:
    page = client.get("/machines/Pump-07").text
    addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    assert {a.rsplit("/")[-1] for a in addresses} == {"icon.svg", "console.css", "plotly.min.js", "charts.js"}
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/assets/000000000000/console.css").status_code == 404
    assert client.get("/assets/000000000000/..%2Fapp.py").status_code == 404


def test_pages_load_nothing_from_elsewhere(client: Client) -> None:
    assert NOW  # the pages below are of the seeded fleet at this time
    for path in ("/", "/machines/Pump-07", "/devices", "/quarantine", "/model", "/nowhere"):
        page = client.get(path).text
        assert re.findall(r'(?:src|href|action)="(?![/#])', page) == []
        assert re.findall(r'(?:src|href|action)="//', page) == []
