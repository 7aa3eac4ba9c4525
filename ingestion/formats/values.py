"""JSON values: when a number is whole, and how any value is shown to a person."""

_LARGEST_EXACT = 2**53  # below, every whole number has a double of its own


def shown(value: object, most: int = 80) -> str:
    r"""Return `value` as a person may be shown it: printable, and short however long it is.

    Examples
    --------
    >>> print(shown("a\nb"), shown(7), shown([1, 2]))
    'a\nb' 7 an array of 2
    """
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 256:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, list | dict):
        return f"{'an array' if isinstance(value, list) else 'an object'} of {len(value)}"
    text = ascii(value if not isinstance(value, str) else value[:most])
    return text if len(text) <= 2 * most else text[: 2 * most] + "..."


def whole(value: object) -> int | None:
    """Return a JSON number that is whole as an int, or None.

    JSON knows one kind of number, so 41.0 is 41, as long as a double holds it exactly. True is no number.

    Examples
    --------
    >>> whole(41.0), whole(41.5), whole(True), whole(1e300)
    (41, None, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_EXACT:
        return int(value)
    return None
