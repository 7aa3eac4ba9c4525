"""Files whose structure is broken: quotes, encodings, and where a person finds the place."""

import pytest

from foreworn.storage.history import check_history
from tests.unit.storage.history.conftest import MakeHistory

HEADER = "time,machine,code,severity,message\n"


def _events(count: int) -> str:
    return "".join(f"2026-01-05T00:00:00Z,pump-1,E{number},info,\n" for number in range(count))


@pytest.mark.parametrize(
    ("content", "row", "said"),
    [
        pytest.param(
            HEADER + '2026-01-05T00:00:00Z,pump-1,P1,info,"open\n' + _events(50),
            2,
            "never closed",
            id="in the last field",
        ),
        pytest.param(
            HEADER + '2026-01-05T00:00:00Z,pump-1,P1,info,"open\n' + _events(60_000),
            2,
            "never closed",
            id="in a long file",
        ),
        pytest.param(
            HEADER + '2026-01-05T00:00:00Z,"pump-1,P1,info,open\n' + _events(50),
            2,
            "2 fields",
            id="in the second field",
        ),
    ],
)
def test_a_quote_that_is_never_closed_is_found_where_it_opens(
    make_history: MakeHistory, content: str, row: int, said: str
) -> None:
    problems = check_history(make_history({"events.csv": content}))

    assert problems[0].row == row
    assert said in problems[0].problem
    assert "never closed" in problems[-1].problem


def test_a_file_in_utf_16_is_said_to_be_no_utf_8(make_history: MakeHistory) -> None:
    [problem] = check_history(make_history({"events.csv": HEADER.encode("utf-16")}))

    assert "save the file as UTF-8" in problem.problem


def test_a_quote_within_a_field_is_a_mark_for_inches(make_history: MakeHistory) -> None:
    event = '2026-01-05T00:00:00Z,pump-1,P1,info,5" pipe leaks\n'

    assert check_history(make_history({"events.csv": HEADER + event + _events(2)})) == []
