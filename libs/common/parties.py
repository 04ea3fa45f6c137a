"""A prospect's contact data: checked and normalised once, and the keys by which two records are the same prospect."""

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


def e164(phone: str, region: str = "US") -> str | None:
    """The number in E.164, or None when it is no possible number."""
    import phonenumbers

    try:
        number = phonenumbers.parse(phone, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def folded(text: str) -> str:
    """Text as it is compared: without case, accents, punctuation and double spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^\w]+", " ", plain).strip()


def match_keys(
    *,
    person_name: str | None,
    company: str | None,
    phones: Sequence[str],
    emails: Sequence[str],
    address: Mapping[str, Any] | None,
) -> list[tuple[str, str]]:
    """What makes two prospects the same, strongest first: (why, value). 2-domain, "Duplicate"."""
    keys = [("email", email.casefold()) for email in emails]
    keys += [("phone", number) for phone in phones if (number := e164(phone))]
    if address and address.get("line1") and (address.get("postal_code") or address.get("city")):
        place = folded(f"{address['line1']} {address.get('postal_code') or address.get('city')}")
        keys += [("name_and_address", f"{folded(name)}|{place}") for name in (person_name, company) if name]
    domains = {email.rpartition("@")[2].casefold() for email in emails}
    keys += [("company_domain", domain) for domain in sorted(domains - FREE_MAIL)]
    return list(dict.fromkeys(keys))
