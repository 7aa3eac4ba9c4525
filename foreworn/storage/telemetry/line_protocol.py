"""InfluxDB's line protocol: one line per point, escaped so that every admitted name and text comes back."""

from collections.abc import Mapping, Sequence

from foreworn.health.anomaly import AnomalyScore
from foreworn.health.demand import DemandForecast
from foreworn.health.forecast import Forecast
from foreworn.storage.telemetry.arrow_rows import hours, log_fields
from foreworn.telemetry.sample import Event, LogLine, to_epoch_ms

NS_PER_MS = 1_000_000
_TAG_ESCAPES = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_TEXT_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\""})


def escaped(word: str) -> str:
    r"""Return a tag key, tag value or field key as the line protocol writes it.

    Examples
    --------
    >>> print(escaped("pump 1, west"))
    pump\ 1\,\ west
    """
    return word.translate(_TAG_ESCAPES)


def text(value: str) -> str:
    """Return a text field's value in quotes."""
    return f'"{value.translate(_TEXT_ESCAPES)}"'


def integer(value: int) -> str:
    """Return an integer field's value; without the suffix it would be a float."""
    return f"{value}i"


def point(measurement: str, tags: Sequence[tuple[str, str]], fields: Sequence[str], time: int) -> str:
    """Return one line; an empty tag is left out, because the protocol cannot say it.

    Examples
    --------
    >>> point("event", [("device", "p1"), ("severity", "")], ["count=1i"], 1000)
    'event,device=p1 count=1i 1000'
    """
    told = "".join(f",{key}={escaped(value)}" for key, value in tags if value)
    return f"{measurement}{told} {','.join(fields)} {time}"


def event_line(event: Event, received_ns: int) -> str:
    """Return an event's line, time in ms; `received_ns` grows with every event received."""
    tags = [("device", event.device), ("code", event.code), ("severity", event.severity)]
    fields = [f"message={text(event.message)}", f"count={integer(1)}", f"received={integer(received_ns)}"]
    if event.seq is not None:
        fields.append(f"seq={integer(event.seq)}")
    return point("event", tags, fields, to_epoch_ms(event.time))


def log_line(line: LogLine) -> str:
    """Return a log line's line, time in ns."""
    # Lines of one millisecond must not overwrite each other: the sequence number stands in the nanoseconds.
    offset = NS_PER_MS - 1 if line.seq is None else line.seq % (NS_PER_MS - 1)
    fields = [f"message={text(line.message)}", f"fields={text(log_fields(line))}"]
    if line.seq is not None:
        fields.append(f"seq={integer(line.seq)}")
    tags = [("device", line.device), ("level", line.level), ("logger", line.logger)]
    return point("log", tags, fields, to_epoch_ms(line.time) * NS_PER_MS + offset)


def forecast_line(forecast: Forecast) -> str:
    """Return a forecast's line, time in ms."""
    tags = [
        ("machine", forecast.machine),
        ("component", forecast.component),
        ("horizon", f"{hours(forecast.horizon)!r}h"),
        ("model_version", forecast.model_version),
        ("revision", str(forecast.revision)),
    ]
    fields = [f"probability={float(forecast.probability)!r}", f"issued_at={integer(to_epoch_ms(forecast.issued_at))}"]
    return point("forecast", tags, fields, to_epoch_ms(forecast.time))


def health_line(score: AnomalyScore) -> str:
    """Return an anomaly score's line, time in ms."""
    tags = [("machine", score.machine), ("detector", score.detector)]
    fields = {"score": score.score, "threshold": score.threshold, "p_value": score.p_value}
    return point("health", tags, _floats(fields), to_epoch_ms(score.time))


def demand_line(forecast: DemandForecast) -> str:
    """Return a demand forecast's line, time in ms."""
    tags = [
        ("part", forecast.part),
        ("place", forecast.place),
        ("source", forecast.source.value),
        ("issue", forecast.issue),
    ]
    fields = _floats({"mean": forecast.distribution.mean, **forecast.quantiles()})
    return point("demand", tags, fields, to_epoch_ms(forecast.start))


def _floats(fields: Mapping[str, float]) -> list[str]:
    return [f"{name}={float(value)!r}" for name, value in fields.items()]
