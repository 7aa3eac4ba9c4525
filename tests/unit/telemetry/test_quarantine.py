"""What is known of refusals, and the page that explains them."""

import re
from datetime import UTC, datetime
from pathlib import Path

from foreworn.telemetry.quarantine import REASONS, REMEDIES, ReplayReport, Selection

PAGE = Path(__file__).parents[3] / "docs/howto/mend-refused-messages.md"
T0 = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_page_says_of_every_reason_what_it_means_and_what_to_do() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    expected = [(reason, f"{words[0].upper()}{words[1:]}.", REMEDIES[reason]) for reason, words in REASONS.items()]
    assert rows == expected


def test_a_selection_says_what_was_given() -> None:
    assert Selection().said == {}
    said = Selection(ids=(7, 8), reason="oversize", since=T0).said
    assert said == {"ids": [7, 8], "reason": "oversize", "since": "2026-01-01T00:00:00+00:00"}


def test_reports_of_pages_add_up_to_one_of_all() -> None:
    first = ReplayReport(3, 1, {"oversize": 2}, {"nothing_in_it": 1}, (T0, 7))
    second = ReplayReport(1, 0, {"oversize": 1, "bad_time": 4}, {}, None)
    assert first + second == ReplayReport(4, 1, {"oversize": 3, "bad_time": 4}, {"nothing_in_it": 1}, None)
