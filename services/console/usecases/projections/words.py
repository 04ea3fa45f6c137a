"""What a card is found by: names, companies, phones by their digits, addresses of mail and street, numbers."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from libs.common.contracts.parts import Address, Contact, Prospect
from libs.common.parties import at_home
from libs.common.searching import phone_digits

LONGEST = 40
_WORD = re.compile(r"[^\W_]+")


def plain(text: str) -> str:
    """As it is compared: no capitals, no accents."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in spread if not unicodedata.combining(one))


def words_of(text: str) -> Iterator[str]:
    """``L-1001`` is found by l-1001's parts, O'Neil by o and neil and by oneil."""
    for part in plain(text).split():
        found = _WORD.findall(part)
        yield from (one[:LONGEST] for one in found)
        if len(found) > 1:
            yield "".join(found)[:LONGEST]


def ways_to_dial(e164: str, typed: str) -> Iterator[str]:
    """All digits, and the ends that people remember: without the country, without the area, the last four."""
    digits = re.sub(r"\D", "", e164 or typed)
    ends = {digits[-length:] for length in (len(digits), 10, 7, 4) if len(digits) >= 4}
    yield from ends | ({at_home(e164)} - {""})


def of_contact(one: Prospect | Contact) -> Iterator[str]:
    name = one.person_name if isinstance(one, Prospect) else one.name
    yield from words_of(f"{name} {one.company}")
    for phone in one.phones:
        yield from ways_to_dial(phone.e164, phone.typed)
    for email in one.emails:
        yield plain(email)[:LONGEST]
        yield plain(email.rpartition("@")[2])[:LONGEST]


def of_place(address: Address | None) -> Iterator[str]:
    """The street and the postal code; half of all cards are in the same town."""
    if address is not None:
        yield from words_of(f"{address.line1} {address.postal_code}")


def asked(text: str) -> list[str]:
    """The words of a search, longest first: what is typed like a phone is one."""
    if digits := phone_digits(text):
        return [digits.removeprefix("00")]
    wanted: Iterable[str] = (
        word for part in text.split() for word in ([plain(part)] if "@" in part else _WORD.findall(plain(part)))
    )
    return sorted({word[:LONGEST] for word in wanted}, key=lambda word: (-len(word), word))[:6]
