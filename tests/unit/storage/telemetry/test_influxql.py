from foreworn.storage.telemetry import influxql


def test_a_name_cannot_end_its_own_quotes() -> None:
    assert influxql.name('a"; DROP DATABASE x; "') == r'"a\"; DROP DATABASE x; \""'
    assert influxql.name("a\\") == r'"a\\"'


def test_a_text_cannot_end_its_own_quotes() -> None:
    assert influxql.text("a' OR 'a'='a") == r"'a\' OR \'a\'=\'a'"
    assert influxql.text("\\'") == r"'\\\''"


def test_a_select_calls_its_columns_by_number() -> None:
    query = influxql.select("telemetry", [influxql.tag("device"), influxql.field("name")], influxql.between(1, 2))
    assert query == (
        'SELECT "device"::tag AS c0, "name"::field AS c1 FROM "telemetry" WHERE time >= 1ms AND time < 2ms'
    )


def test_a_choice_of_devices_is_one_condition() -> None:
    assert influxql.among("device", ["a", "b'"]) == r"""("device"::tag = 'a' OR "device"::tag = 'b\'')"""
