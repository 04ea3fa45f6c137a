"""What somebody typed into a search, where it is a number: a record's as it is said aloud, or a phone's."""

import re

_RECORD = re.compile(r"(c|l|o|j|bo|est-\d{4})-0*(\d{1,9})(?:-r\d+)?", re.IGNORECASE)
_LIKE_A_PHONE = re.compile(r"[\W\d]*")
FEWEST = 4  #: digits; fewer are a house number or an amount


def record_number(text: str) -> str:
    """``l-391`` and ``L-00391`` are L-00391; every version of an estimate is its estimate. Else nothing."""
    found = _RECORD.fullmatch(text.strip())
    return f"{found[1].upper()}-{int(found[2]):05d}" if found else ""


def phone_digits(text: str) -> str:
    """The digits of what is typed or pasted like a phone's number, else nothing."""
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) >= FEWEST and _LIKE_A_PHONE.fullmatch(text) else ""
