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


def is_text(payload: bytes) -> bool:
    r"""Tell whether the payload is UTF-8 that can be printed.

    Examples
    --------
    >>> is_text(b'{"ts": 1}'), is_text(b"\xff"), is_text(b"a\x00")
    (True, False, False)
    """
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\n\r\t" for c in text)


def payload_hex(payload: bytes, shown: int) -> str:
    r"""Return the first `shown` bytes in hexadecimal, sixteen a line, led by their place and followed by the text.

    Examples
    --------
    >>> print(payload_hex(b'{"ts": \xff\x00}', 8))
    0000  7b 22 74 73 22 3a 20 ff                          {"ts": .
    """
    lines = []
    for start in range(0, min(len(payload), shown), 16):
        piece = payload[start : min(start + 16, shown)]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{start:04x}  {piece.hex(' '):<47}  {text}")
    return "\n".join(lines)
