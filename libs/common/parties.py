"""A prospect's contact data: checked and normalised once, and the keys by which two records are the same prospect."""

import functools
import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

FREE_MAIL = frozenset(
    {
        "gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "outlook.com", "hotmail.com", "live.com", "msn.com",
        "aol.com", "icloud.com", "me.com", "proton.me", "protonmail.com", "gmx.com", "gmx.de", "mail.com", "zoho.com",
        "comcast.net", "att.net", "verizon.net", "bellsouth.net",
    }
)  # fmt: skip


@functools.lru_cache(maxsize=1000)  # one act asks several times: to find duplicates, to search, to tell others
def e164(phone: str, region: str = "US") -> str | None:
    """The number in E.164, or None when it is no possible number."""
    import phonenumbers

    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country_of(branch: Mapping[str, Any] | None) -> str:
    """Where a branch's numbers are dialled that say no country: by its address, else its locale, else the US."""
    here = (branch or {}).get("address") or {}
    said = here.get("country") or str((branch or {}).get("locale") or "").partition("_")[2]
    return str(said).upper() if re.fullmatch("[A-Za-z]{2}", str(said)) else "US"


def from_anywhere(phone: str, country: str) -> str:
    """A number that says no country, as it is dialled from any; one that says its own, or is none there, as typed."""
    import phonenumbers

    if country == "US" or phone.strip().startswith("+"):
        return phone
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return phone
    if not phonenumbers.is_valid_number(number):
        return phone
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@functools.lru_cache(maxsize=1000)
def at_home(number: str) -> str:
    """The digits of an E.164 number as they are dialled within its country; blank for what is none."""
    import phonenumbers

    try:
        known = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ""
    return re.sub(r"\D", "", phonenumbers.format_number(known, phonenumbers.PhoneNumberFormat.NATIONAL))


def dialled(phone: str, region: str = "US") -> str:
    """What a phone takes to ring it: E.164 and, after a pause, the extension; the digits of what is no number."""
    import phonenumbers

    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return phonenumbers.normalize_diallable_chars_only(phone)
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{whole},{number.extension}" if number.extension else whole


def email_key(typed: str) -> str:
    """How two spellings of one address are compared: whatever its case."""
    return unicodedata.normalize("NFC", typed.strip()).casefold()


def folded(text: str) -> str:
    """Text as it is compared: without case, accents, punctuation and double spaces."""
    plain = text.casefold()
    if not plain.isascii():  # else it has no accents
        bare = (one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))
        plain = "".join(bare).casefold()  # again: a sign such as № falls into capitals
    return re.sub(r"[^\w]+", " ", plain).strip()


def match_keys(
    *,
    person_name: str | None,
    company: str | None,
    phones: Sequence[str],
    emails: Sequence[str],
    address: Mapping[str, Any] | None,
) -> list[tuple[str, str]]:
    """What makes two prospects the same, strongest first: (why, value).

    An address or number that both gave; one name at one place; a company's own mail domain. A name alone is none.
    """
    mail = [email_key(typed) for typed in emails]
    keys = [("email", one) for one in mail]
    keys += [("phone", number) for phone in phones if (number := e164(phone))]
    if address and address.get("line1") and (address.get("postal_code") or address.get("city")):
        place = folded(f"{address['line1']} {address.get('postal_code') or address.get('city')}")
        keys += [("name_and_address", f"{folded(name)}|{place}") for name in (person_name, company) if name]
    domains = {one.rpartition("@")[2] for one in mail}
    keys += [("company_domain", domain) for domain in sorted(domains - FREE_MAIL)]
    return list(dict.fromkeys(keys))


def hashed(value: str) -> str:
    """A key as it is kept where it is only compared: 64 characters, however long it is."""
    return hashlib.sha256(value.encode()).hexdigest()
