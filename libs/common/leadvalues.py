"""What the cells of an imported lead mean: others' words for our channels, sources, levels, trades and times."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

MISSING = {
    "",
    "select",
    "unknown",
    "n/a",
    "(not set)",
    "[not provided]",
    "-",
}  # what web forms and CRMs write for nothing
AS_TYPED = {"person_name", "first_name", "last_name", "request"}  # a person may be called Unknown
CHANNELS = {
    "phone": "phone call inbound_call phone_call telephone called_in",
    "email": "email e_mail mail",
    "web": "web website web_form landing_page_submission lead_add_form form chat online facebook fb ig",
    "walk_in": "walk_in walkin showroom in_person",
    "referral": "referral reference referred word_of_mouth",
    "technician": "technician tech employee field",
    "import": "import lead_import csv list quick_add_form",
    "api": "api",
    "bus": "bus",
}
LEVELS = {"high": "high hot urgent yes", "medium": "medium warm", "low": "low cold", "none": "none no"}
TRADES = {
    "hvac": "hvac heating cooling heating_and_cooling heating_cooling ac air_conditioning furnace heat_pump",
    "plumbing": "plumbing plumber drain drains water_heater sewer",
    "electrical": "electrical electric electrician",
    "roofing": "roofing roof roofer",
}
PLATFORMS = {"fb": "facebook", "ig": "instagram", "an": "audience network", "msg": "messenger"}  # Meta's export
COUNTRIES = {
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states": "US",
    "united states of america": "US",
    "canada": "CA",
}
MONTH_FIRST = {"US", "CA", "PH", "PR"}  #: where 05/06 is in May
CLOCKS = (" %H:%M:%S", " %H:%M", " %I:%M %p", "")


@dataclass(frozen=True)
class Where:
    """Where times were written down: by which clock, and in which country, as 05/06 is in May or in June."""

    zone: tzinfo = UTC
    country: str = "US"


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: ours for ours, words in table.items() for word in words.split()}


CHANNEL_OF, LEVEL_OF, TRADE_OF = _by_word(CHANNELS), _by_word(LEVELS), _by_word(TRADES)
WORDS = {"channel": CHANNEL_OF, "interest_level": LEVEL_OF}


def missing(field: str, text: str) -> bool:
    return not text if field in AS_TYPED else text.casefold() in MISSING


def understood(field: str, text: str) -> bool:
    """Whether nothing is lost by our word for it; what is not understood is kept beside the lead."""
    if field == "country":
        return country(text) is not None
    return field not in WORDS or code(text) in WORDS[field]


def code(text: str) -> str:
    """``Walk-In`` → ``walk_in``."""
    return re.sub(r"\W+", "_", text.casefold().replace("&", " and ")).strip("_")


def channel(text: str) -> str:
    return CHANNEL_OF.get(code(text), "import")


def source(text: str) -> str:
    folded = " ".join(text.casefold().split())
    return PLATFORMS.get(folded, folded)


def interest_level(text: str) -> str | None:
    return LEVEL_OF.get(code(text))


def trade(text: str) -> str:
    return TRADE_OF.get(code(text), code(text))


def country(text: str) -> str | None:
    """Its two letters; None for a name we have none for."""
    return COUNTRIES.get(text.casefold()) or (text.upper() if re.fullmatch("[A-Za-z]{2}", text) else None)


def phone(text: str) -> str:
    """Meta writes ``p:+1…``, and exports that guard against formulas ``'+1…``."""
    return text.strip().removeprefix("p:").removeprefix("'").strip()


def several(texts: Sequence[str], clean: Callable[[str], str], between: str) -> list[str]:
    """Every value of every column once, in the order given."""
    parts = [clean(part) for text in texts for part in re.split(between, text)]
    return list(dict.fromkeys(part for part in parts if part))


def instant(text: str, where: Where) -> str:
    """RFC 3339 with offset, or the text as typed, for the lead's own checks to refuse."""
    time = _time(text, "%m/%d/%Y" if where.country in MONTH_FIRST else "%d/%m/%Y")
    return text if time is None else (time if time.tzinfo else time.replace(tzinfo=where.zone)).isoformat()


def _time(text: str, slashed: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in (day + clock for day in (slashed, "%d.%m.%Y") for clock in CLOCKS):  # beside ISO 8601
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  # the zone is the caller's
        except ValueError:
            continue
    return None
