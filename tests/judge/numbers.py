"""Telephone numbers as the books write them."""


def same_number(one: str, other: str) -> bool:
    """Equal up to a prefix (country code, access code); two withheld numbers are equal."""
    mine, theirs = _digits(one), _digits(other)
    short, long = sorted((mine, theirs), key=len)
    return mine == theirs or (len(short) >= 7 and long.endswith(short))


def same_phone(one: str, other: str) -> bool:
    """The same extension; never so for two that have no digits."""
    return bool(_digits(one)) and _digits(one) == _digits(other)


def _digits(number: str) -> str:
    return "".join(char for char in number if char.isdigit())
