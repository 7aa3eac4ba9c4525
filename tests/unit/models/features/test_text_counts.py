from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from foreworn.fleet.history import EVENT_SCHEMA, LOG_SCHEMA, FleetHistory
from models.features import FeatureSet, TemplateCount, UnknownTextCount, compute, features_of
from models.features.log_templates import FEWEST_TEXTS, TextsOf
from tests.unit.models.small_fleet import HOUR, at, history

EVENTS_AND_LOGS = pytest.mark.parametrize("of", ["events", "logs"])
STUCK = [f"valve {chr(65 + i)} stuck" for i in range(2 * FEWEST_TEXTS)]


def said(of: TextsOf, *texts: tuple[float, str]) -> FleetHistory:
    """Return a history of one machine whose events, or log lines, carry these texts, by hour."""
    schema = {"events": EVENT_SCHEMA, "logs": LOG_SCHEMA}[of]
    rows = [{"machine": "m1", "time": at(hour), "code": "T", "message": text} for hour, text in texts]
    return replace(history(), **{of: pa.Table.from_pylist(rows, schema=schema)})


@EVENTS_AND_LOGS
def test_texts_of_the_window_are_counted_and_those_that_training_did_not_know_as_such(of: TextsOf) -> None:
    known = said(of, (1, "valve A stuck"), (20, "valve B stuck"), (30, "roof gone"), (31, ""), (41, "valve C stuck"))
    features = FeatureSet(
        (TemplateCount("valve <*> stuck", 24 * HOUR, of), UnknownTextCount(("valve <*> stuck",), 24 * HOUR, of))
    )
    assert compute(features, known, [("m1", at(40))]).matrix.tolist() == [[1.0, 1.0]]


def test_what_events_say_is_not_what_the_log_says() -> None:
    both = FeatureSet((TemplateCount("door open", HOUR), TemplateCount("door open", HOUR, of="logs")))
    assert both.names == ("text 'door open' count 1 h", "log line 'door open' count 1 h")
    assert [f.unit for f in both.features] == ["events", "log lines"]
    assert compute(both, said("logs", (1, "door open")), [("m1", at(1))]).matrix.tolist() == [[0.0, 1.0]]


@EVENTS_AND_LOGS
def test_templates_are_features_where_they_are_asked_for_and_never_without_events(of: TextsOf) -> None:
    known = said(of, *enumerate(STUCK))
    asked, plain = features_of(known, with_templates=True), features_of(known)
    assert set(asked.features) - set(plain.features) == {
        TemplateCount("valve <*> stuck", 24 * HOUR, of),
        UnknownTextCount(("valve <*> stuck",), 24 * HOUR, of),
    }
    assert (asked.reads_logs, plain.reads_logs) == (of == "logs", False)
    assert features_of(known, with_templates=True, with_events=False) == features_of(known, with_events=False)


@EVENTS_AND_LOGS
def test_what_is_said_later_teaches_no_template(of: TextsOf) -> None:
    known = said(of, *enumerate([*STUCK, *["roof gone"] * len(STUCK)]))
    past = known.until(at(len(STUCK)) - timedelta(milliseconds=1))
    mined = features_of(past, with_templates=True).features
    assert [f.template for f in mined if isinstance(f, TemplateCount)] == ["valve <*> stuck"]
