"""Cursors: every row once, in order, and no cursor of another list."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cursor import page_of
from api.problems import BadParameter

Rows = list[tuple[float, str]]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)), unique=True),
    limit=st.integers(1, 7),
)
def test_reading_on_gives_every_row_once_and_in_order(rows: Rows, limit: int) -> None:
    seen: Rows = []
    cursor: str | None = None
    while True:
        page = page_of(rows, lambda row: row, limit=limit, cursor=cursor)
        assert page.total == len(rows)
        seen += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == sorted(rows)


def test_a_row_that_went_away_does_not_stop_the_reader() -> None:
    first = page_of(["a", "b", "c"], lambda row: (row,), limit=2, cursor=None)
    assert page_of(["a", "c"], lambda row: (row,), limit=2, cursor=first.next_cursor).rows == ["c"]


@pytest.mark.parametrize(
    "cursor",
    [
        pytest.param("", id="empty"),
        pytest.param("no cursor!", id="not base64"),
        pytest.param("é", id="not ASCII"),
        pytest.param(base64.urlsafe_b64encode(b"{}").decode(), id="not a list"),
        pytest.param(base64.urlsafe_b64encode(json.dumps(["text"]).encode()).decode(), id="of another kind of list"),
        pytest.param(base64.urlsafe_b64encode(b"[" * 900).decode(), id="deeper than anybody needs"),
    ],
)
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(BadParameter, match="next_cursor"):
        page_of([(0.5, "a")], lambda row: row, limit=1, cursor=cursor)
