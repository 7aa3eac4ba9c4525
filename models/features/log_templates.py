"""Templates of the texts that events carry: what devices say again and again, with the parts that vary left open.

A text is cut at blanks, and numbers within its words are masked. A word that many texts of as many words have at one
place belongs to a template; any other is left open. This is the counting of frequent words of Vaarandi [1]_; unlike
the miners that learn line by line, it gives the same templates whatever order the texts came in.

Templates are mined once, on the training time, and are part of the features' definitions and so of the model's
artefact. A live text fits a template or it does not; one that fits none is counted as such.

References
----------
.. [1] R. Vaarandi, "A data clustering algorithm for mining patterns from event logs", IPOM 2003.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.features.definition import _hours
from models.features.fleet_record import FleetRecord
from models.features.row_index import span_ms
from models.features.window import Values, window_bounds

OPEN: Final = "<*>"
NUMBER: Final = "<n>"
FEWEST_TEXTS: Final = 10
"""A word or a template that fewer texts have is no habit of a device."""
MOST_TEMPLATES: Final = 50
"""The most frequent are kept: every one is a column."""

_NUMBER: Final = re.compile(r"0x[0-9a-f]+|[-+]?\d+(?:[.,:]\d+)*", re.IGNORECASE)
_KEPT_AT_HAND: Final = 65_536


@lru_cache(maxsize=_KEPT_AT_HAND)
def masked_words(text: str) -> tuple[str, ...]:
    """Return the words of a text, numbers masked.

    Examples
    --------
    >>> masked_words("drive 3: 81.5C at 0x1F")
    ('drive', '<n>:', '<n>C', 'at', '<n>')
    """
    return tuple(_NUMBER.sub(NUMBER, text).split())


def fits(template: str, text: str) -> bool:
    """Tell whether a text is one of a template's.

    Examples
    --------
    >>> fits("valve <*> stuck at <n> %", "valve V-07 stuck at 40 %")
    True
    """
    own, words = template.split(), masked_words(text)
    return len(own) == len(words) and all(a in (OPEN, b) for a, b in zip(own, words, strict=True))


def mine_templates(events: pa.Table) -> tuple[str, ...]:
    """Return the templates of the texts of events, the most frequent first.

    Parameters
    ----------
    events
        With `message`; nothing but what training may know.
    """
    counted = pc.value_counts(events["message"].combine_chunks())
    texts: Counter[tuple[str, ...]] = Counter()
    for said in counted.to_pylist():
        texts[masked_words(said["values"] or "")] += said["counts"]
    found = _templates(texts)
    kept = sorted(found, key=lambda template: (-found[template], template))
    return tuple(" ".join(template) for template in kept[:MOST_TEMPLATES])


def _templates(texts: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """Return each template that enough texts have, and how many; one of masks alone says nothing."""
    at_place: Counter[tuple[int, int, str]] = Counter()
    for words, count in texts.items():
        for place, word in enumerate(words):
            at_place[len(words), place, word] += count
    found: Counter[tuple[str, ...]] = Counter()
    for words, count in texts.items():
        often = (at_place[len(words), place, word] >= FEWEST_TEXTS for place, word in enumerate(words))
        found[tuple(word if kept else OPEN for word, kept in zip(words, often, strict=True))] += count
    return {t: count for t, count in found.items() if count >= FEWEST_TEXTS and set(t) - {OPEN, NUMBER}}


@dataclass(frozen=True, slots=True)
class TemplateCount:
    """Events over the last `width` whose text fits a template."""

    template: str
    width: timedelta
    unit: ClassVar[str] = "events"

    @property
    def name(self) -> str:
        """Such as `text 'valve <*> stuck' count 24 h`."""
        return f"{self.source} count {_hours(self.width)}"

    @property
    def source(self) -> str:
        """The template."""
        return f"text {self.template!r}"

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width

    def values(self, record: FleetRecord) -> Values:
        """Return the counts; 0 where nothing of the kind was said."""
        return _count(record, self.width, {text: fits(self.template, text) for text in record.texts()[2]})


@dataclass(frozen=True, slots=True)
class UnknownTextCount:
    """Events over the last `width` with a text that fits none of the templates: training did not know it."""

    templates: tuple[str, ...]
    width: timedelta
    source: ClassVar[str] = "texts of no template"
    unit: ClassVar[str] = "events"

    @property
    def name(self) -> str:
        """Such as `texts of no template count 24 h`."""
        return f"{self.source} count {_hours(self.width)}"

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return self.width

    def values(self, record: FleetRecord) -> Values:
        """Return the counts; an event without a text is none of them."""
        texts = record.texts()[2]
        unknown = {text: bool(text) and not any(fits(own, text) for own in self.templates) for text in texts}
        return _count(record, self.width, unknown)


def _count(record: FleetRecord, width: timedelta, counts: Mapping[str, bool]) -> Values:
    places, which, texts = record.texts()
    chosen = np.array([counts[text] for text in texts], dtype=bool)
    first, last = window_bounds(places[chosen[which]], record.place, span_ms(width))
    return (last - first).astype(np.float64)
