import pytest

from foreworn.storage.telemetry.line_protocol import escaped, point, text


@pytest.mark.parametrize(
    ("word", "written"),
    [
        pytest.param("pump-1", "pump-1", id="most names are written as they are"),
        pytest.param("a b", r"a\ b", id="a space"),
        pytest.param("a,b=c", r"a\,b\=c", id="comma and equals sign"),
        pytest.param(r"C:\drive", r"C:\drive", id="a backslash before a letter stands for itself"),
        pytest.param('"quoted"', '"quoted"', id="quotes mean nothing in a tag"),
    ],
)
def test_names_are_escaped(word: str, written: str) -> None:
    assert escaped(word) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [("", '""'), ('say "hi"', r'"say \"hi\""'), ("back\\", r'"back\\"'), ("two\nlines", '"two\nlines"')],
)
def test_texts_are_quoted(value: str, written: str) -> None:
    assert text(value) == written


def test_an_empty_tag_is_left_out() -> None:
    assert point("log", [("device", "p1"), ("logger", "")], ["seq=1i"], 5) == "log,device=p1 seq=1i 5"
