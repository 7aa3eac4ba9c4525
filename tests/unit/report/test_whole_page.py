import copy
import re

import pytest

from foreworn.report.promotion_report import promotion_report
from tests.unit.report.page import Page
from tests.unit.report.sample import full_report


@pytest.fixture(scope="module")
def page() -> str:
    return promotion_report(full_report())


def test_a_name_that_devices_gave_is_text_wherever_it_stands() -> None:
    hostile = "<script>alert(1)</script>$x^2$&{{7*7}}"
    report = copy.deepcopy(full_report())
    report["model"] = report["protocol"] = report["limits"][0] = report["data"]["fingerprint"] = hostile
    report["by_age_alone"] = report["left_out"] = {hostile: hostile}
    report["data"]["components"] = [hostile]
    report["months"][0]["month"] = hostile
    report["priced"] |= {"currency": hostile, "subject": hostile, "protocol": hostile}
    report["priced"]["sensitivity"][0] |= {"what": hostile, "value": hostile}
    for part in ("worst", "probes", "by_component"):
        key = "name" if part == "probes" else "component"
        report[part][0] |= {key: hostile}
    report["worst"][0] |= {"machine": hostile, "said": hostile}
    page = promotion_report(report)
    assert "<script" not in page
    assert Page(page).text.count(hostile) >= 15
    # the chart's text is not read as a formula either
    assert hostile in "".join(Page(re.search(r'<svg[^>]*aria-label="Cost.*?</svg>', page, re.S)[0]).words)  # type: ignore[index]


def test_the_page_needs_nothing_beside_itself(page: str) -> None:
    assert not re.search(r"https?:|//[a-z]|@import|<link|<script|<img|url\((?!#)", page)
    assert {value[0] for value in re.findall(r'(?:href|src)="([^"]*)"', page)} == {"#"}


def test_charts_share_one_page_without_sharing_ids(page: str) -> None:
    seen = Page(page)
    assert len(seen.ids) == len(set(seen.ids))
    assert seen.open == []


def test_charts_take_the_pages_colours_and_fonts(page: str) -> None:
    charts = "".join(re.findall(r"<svg.*?</svg>", page, re.S))
    assert charts.count("<svg") == 4
    assert not re.search(r"#[0-9a-fA-F]{6}|font-family|<style", charts)
    assert "var(--c1)" in charts


def test_the_same_report_is_the_same_page(page: str) -> None:
    assert promotion_report(full_report()) == page
