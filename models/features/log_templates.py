"""Templates of what devices say in words, again and again, with the parts that vary left open.

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
from functools import lru_cache
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

TextsOf = Literal["events", "logs"]
"""Where texts stand: the messages of events, or the lines of operation logs. As the tables of a history are called."""
Words = tuple[str, ...]

OPEN: Final = "<*>"
NUMBER: Final = "<n>"
FEWEST_TEXTS: Final = 10
"""A word or a template that fewer texts have is no habit of a device."""
MOST_TEMPLATES: Final = 50
"""The most frequent are kept: every one is a column."""

_NUMBER: Final = re.compile(r"0x[0-9a-f]+|[-+]?\d+(?:[.,:]\d+)*", re.IGNORECASE)
_KEPT_AT_HAND: Final = 65_536


@lru_cache(maxsize=_KEPT_AT_HAND)
def masked_words(text: str) -> Words:
    """Return the words of a text, numbers masked.

    Examples
    --------
    >>> masked_words("drive 3: 81.5C at 0x1F")
    ('drive', '<n>:', '<n>C', 'at', '<n>')
    """
    return tuple(_NUMBER.sub(NUMBER, text).split())


def masked_texts(messages: pa.ChunkedArray) -> tuple[NDArray[np.intp], tuple[Words, ...]]:
    """Return which text each message carries, and the different texts; a null says as little as an empty one."""
    coded = pc.fill_null(messages, "").combine_chunks().dictionary_encode()
    texts: dict[Words, int] = {}
    which = [texts.setdefault(masked_words(text), len(texts)) for text in coded.dictionary.to_pylist()]
    return np.array(which, dtype=np.intp)[coded.indices.to_numpy()], tuple(texts)


def fits(template: str, words: Words) -> bool:
    """Tell whether the masked words of a text are those of a template.

    Examples
    --------
    >>> fits("valve <*> stuck at <n> %", masked_words("valve V-07 stuck at 40 %"))
    True
    """
    own = template.split()
    return len(own) == len(words) and all(a in (OPEN, b) for a, b in zip(own, words, strict=True))


def mine_templates(said: pa.Table) -> Words:
    """Return the templates of the texts of events or log lines, the most frequent first.

    Parameters
    ----------
    said
        With `message`; nothing but what training may know.
    """
    which, texts = masked_texts(said["message"])
    counts = np.bincount(which, minlength=len(texts)).tolist()
    found = _templates(dict(zip(texts, counts, strict=True)))
    kept = sorted(found, key=lambda template: (-found[template], template))
    return tuple(" ".join(template) for template in kept[:MOST_TEMPLATES])


def _templates(texts: Mapping[Words, int]) -> dict[Words, int]:
    """Return each template that enough texts have, and how many; one of masks alone says nothing."""
    at_place: Counter[tuple[int, int, str]] = Counter()
    for words, count in texts.items():
        for place, word in enumerate(words):
            at_place[len(words), place, word] += count
    found: Counter[Words] = Counter()
    for words, count in texts.items():
        often = (at_place[len(words), place, word] >= FEWEST_TEXTS for place, word in enumerate(words))
        found[tuple(word if kept else OPEN for word, kept in zip(words, often, strict=True))] += count
    return {t: count for t, count in found.items() if count >= FEWEST_TEXTS and set(t) - {OPEN, NUMBER}}
