"""A refused message's bytes as text that a person can read and nothing can act on."""

_SHOWN = 400


def payload_preview(payload: bytes, shown: int = _SHOWN) -> str:
    r"""Return the first `shown` bytes as text: what is not UTF-8 or not printable stands as \xNN or \uNNNN.

    Examples
    --------
    >>> print(payload_preview(b'{"ts": \xff\x00}'))
    {"ts": \xff\x00}
    >>> print(payload_preview(b"abcdef", shown=4))
    abcd…
    """
    text = payload[:shown].decode(errors="backslashreplace")
    readable = "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
    return readable + ("…" if len(payload) > shown else "")
