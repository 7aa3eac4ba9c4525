from datetime import UTC, datetime, timedelta
from typing import TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from foreworn.storage.operations.sql.columns import ForeignText, Span, UtcTime

SQLITE: Dialect = sqlite.dialect()
POSTGRES: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
TEXTS = st.text(st.characters(codec=None) | st.sampled_from("\\u0\x00\ud800"))


T = TypeVar("T")


def kept(column: TypeDecorator[T], value: T, dialect: Dialect) -> T | None:
    return column.process_result_value(column.process_bind_param(value, dialect), dialect)


@given(st.datetimes(timezones=st.timezones()))
@settings(derandomize=True, max_examples=200)
def test_a_time_is_kept_to_the_microsecond_in_utc(time: datetime) -> None:
    if not 1 < time.year < 9999:
        return
    for dialect in (SQLITE, POSTGRES):
        back = kept(UtcTime(), time, dialect)
        assert back == time.astimezone(UTC)
        assert back is not None
        assert back.tzinfo is UTC


@given(TEXTS)
@settings(derandomize=True, max_examples=300)
def test_any_text_of_a_stranger_is_kept(text: str) -> None:
    assert kept(ForeignText(), text, SQLITE) == text


@given(TEXTS)
@settings(derandomize=True, max_examples=300)
def test_text_is_kept_as_what_any_database_can_hold(text: str) -> None:
    stored = ForeignText().process_bind_param(text, POSTGRES)
    assert stored is not None
    stored.encode()
    assert "\x00" not in stored


@given(st.text(), st.text())
@settings(derandomize=True, max_examples=200)
def test_texts_that_differ_stay_different(one: str, other: str) -> None:
    stored = [ForeignText().process_bind_param(text, POSTGRES) for text in (one, other)]
    assert (stored[0] == stored[1]) == (one == other)


@pytest.mark.parametrize("span", [timedelta(microseconds=1), timedelta(days=36500, microseconds=-1), timedelta(0)])
def test_a_span_is_kept_to_the_microsecond(span: timedelta) -> None:
    assert kept(Span(), span, SQLITE) == span
