"""How often devices said something of late: in the texts of their events, or in the lines of their operation logs."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from models.features.definition import Feature, _hours
from models.features.fleet_record import FleetRecord
from models.features.log_templates import TextsOf, Words, fits
from models.features.row_index import span_ms
from models.features.window import Values, window_bounds


class _TextCount(ABC):
    """Events, or log lines, over the last `width` whose text counts."""

    __slots__ = ()
    width: timedelta
    of: TextsOf

    @property
    @abstractmethod
    def source(self) -> str:
        """Which texts count."""

    @abstractmethod
    def counts(self, words: Words) -> bool:
        """Tell whether a text of these masked words counts."""

    @property
    def name(self) -> str:
        """Such as `text 'valve <*> stuck' count 24 h`."""
        return f"{self.source} count {_hours(self.width)}"

    @property
    def unit(self) -> str:
        """What is counted."""
        return "events" if self.of == "events" else "log lines"

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width

    def values(self, record: FleetRecord) -> Values:
        """Return the counts; 0 where nothing of the kind was said."""
        places, which, texts = record.texts(self.of)
        chosen = np.array([self.counts(words) for words in texts], dtype=bool)
        first, last = window_bounds(places[chosen[which]], record.place, span_ms(self.width))
        return (last - first).astype(np.float64)


@dataclass(frozen=True, slots=True)
class TemplateCount(_TextCount):
    """Events, or log lines, over the last `width` whose text fits a template."""

    template: str
    width: timedelta
    of: TextsOf = "events"

    @property
    def source(self) -> str:
        """The template."""
        return f"{'text' if self.of == 'events' else 'log line'} {self.template!r}"

    def counts(self, words: Words) -> bool:
        """Tell whether the text fits the template."""
        return fits(self.template, words)


@dataclass(frozen=True, slots=True)
class UnknownTextCount(_TextCount):
    """Events, or log lines, over the last `width` with a text that fits no template: training did not know it."""

    templates: tuple[str, ...]
    width: timedelta
    of: TextsOf = "events"

    @property
    def source(self) -> str:
        """What has no template."""
        return f"{'texts' if self.of == 'events' else 'log lines'} of no template"

    def counts(self, words: Words) -> bool:
        """Tell whether there is a text that fits none; where there is no text, nothing was said."""
        return bool(words) and not any(fits(template, words) for template in self.templates)


def text_counts(templates: Sequence[str], width: timedelta, of: TextsOf) -> list[Feature]:
    """Return the counts of each template and of what fits none; nothing where there are no templates."""
    if not templates:
        return []
    return [*(TemplateCount(template, width, of) for template in templates), UnknownTextCount((*templates,), width, of)]
