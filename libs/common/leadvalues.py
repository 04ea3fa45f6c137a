"""What the cells of an imported lead mean: others' words for our channels, sources, levels, trades and times."""

import re
from collections.abc import Callable, Container, Iterable, Sequence
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
NOBODYS = {"none", "no", "na", "null", "nan", "no email", "no phone"}  #: what stands for no number or address
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
    "hvac": "hvac heating cooling heating_and_cooling heating_cooling ac a_c air_conditioning air_conditioner furnace "
    "heat_pump",
    "plumbing": "plumbing plumber drain drains water_heater sewer",
    "electrical": "electrical electric electrician",
    "roofing": "roofing roof roofer",
}
PLATFORMS = {"fb": "facebook", "ig": "instagram", "an": "audience network", "msg": "messenger"}  # Meta's export
LONGEST_TRADE = 40  #: what is longer is a description of something, and kept as one
COUNTRIES = {
    "usa": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "united states": "US",
    "united states of america": "US",
    "canada": "CA",
}
MONTH_FIRST = {"US", "CA", "PH", "PR"}  #: where 05/06 is in May
FIVE_DIGITS = {"US", "PR"}  #: where a spreadsheet makes 2134 of 02134
DAYS = ("%d.%m.%Y", "%Y/%m/%d", "%Y-%m-%d", "%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y")
SLASHED = {True: ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"), False: ("%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y")}
CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p")
WEEKDAY = re.compile(r"(?i)^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?\.?\s+")
OFFSET = re.compile(r"(?i)(:\d\d(?:\s*[ap]m)?)\s*(utc|gmt|z|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True)
class Where:
    """Where times were written down: by which clock, and in which country, as 05/06 is in May or in June."""

    zone: tzinfo = UTC
    country: str = "US"


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: ours for ours, words in table.items() for word in words.split()}


CHANNEL_OF, LEVEL_OF, TRADE_OF = _by_word(CHANNELS), _by_word(LEVELS), _by_word(TRADES)
YES, NO = {"yes", "y", "true", "1", "x", "on"}, {"no", "n", "false", "0", "off"}
WORDS: dict[str, Container[str]] = {
    "channel": CHANNEL_OF, "interest_level": LEVEL_OF, "trade": TRADE_OF,
    **dict.fromkeys(("do_not_contact", "no_calls", "no_emails"), YES | NO),
}  # fmt: skip


def missing(field: str, text: str) -> bool:
    if field in ("phones", "emails") and text.casefold() in NOBODYS:
        return True
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
    """``AC repair`` → ``hvac``: the one that its words speak of; else, or where they speak of two, the text's own."""
    said = f"_{code(text)}_"
    spoken_of = {ours for word, ours in TRADE_OF.items() if f"_{word}_" in said}
    if len(spoken_of) == 1:
        return spoken_of.pop()
    return code(text) if len(code(text)) <= LONGEST_TRADE else ""


def yes(text: str) -> bool:
    return code(text) in YES


def postal_code(text: str, country: Callable[[], str]) -> str:
    """With the zeros that it began with, where every code of the country has five digits."""
    if re.fullmatch(r"\d{3,4}(-\d{4})?", text) and country() in FIVE_DIGITS:
        head, dash, tail = text.partition("-")
        return head.zfill(5) + dash + tail
    return text


def country(text: str) -> str | None:
    """Its two letters; None for a name we have none for."""
    return COUNTRIES.get(text.casefold()) or (text.upper() if re.fullmatch("[A-Za-z]{2}", text) else None)


def phone(text: str) -> str:
    """Meta writes ``p:+1…``, and exports that guard against formulas ``'+1…``."""
    return text.strip().removeprefix("p:").removeprefix("'").strip()


def emails(text: str) -> str:
    """Addresses alone: ``Ann Lee <ann@lee.example>`` and ``mailto:ann@lee.example`` name one."""
    named = re.findall(r"<([^<>\s]+@[^<>\s]+)>", text)
    return " ".join(named) if named else re.sub("(?i)mailto:", "", text)


def several(texts: Iterable[str], clean: Callable[[str], str], between: str) -> list[str]:
    """Every value of every column once, in the order given."""
    parts = [clean(part) for text in texts for part in re.split(between, text)]
    return list(dict.fromkeys(part for part in parts if part))


def instant(text: str, where: Where) -> str:
    """RFC 3339 with offset, or the text as typed, for the lead's own checks to refuse."""
    time = _time(text, SLASHED[where.country in MONTH_FIRST])
    return text if time is None else (time if time.tzinfo else time.replace(tzinfo=where.zone)).isoformat()


def counted(text: str) -> bool:
    """Whether it is a day as spreadsheets keep it: so many since 1900 or, in some, since 1904. Nobody knows which."""
    return re.fullmatch(r"[34]\d{4}(\.\d+)?", text, re.ASCII) is not None


def _since_1970(text: str) -> datetime | None:
    counted = re.fullmatch(r"(\d{10})(\d{3})?", text, re.ASCII)
    return datetime.fromtimestamp(int(counted[1]), UTC) if counted else None


def _time(text: str, slashed: Sequence[str]) -> datetime | None:
    """ISO 8601, or a day as spreadsheets and other programs write it, perhaps with a clock and an offset behind it; or
    the seconds, or milliseconds, since 1970 that a program wrote."""
    try:
        return _since_1970(text) or datetime.fromisoformat(text)
    except ValueError:
        pass
    plain = WEEKDAY.sub("", " ".join(text.replace(",", " ").split()))
    offset = "+0000"
    if zoned := OFFSET.search(plain):
        plain, said = plain[: zoned.end(1)], zoned[2].replace(":", "")
        offset = said if said[0] in "+-" else offset
    plain = re.sub(r"(?i)(\d)\s*([ap])\.?m\.?$", r"\1 \2m", plain)
    for form in (day + clock for day in (*slashed, *DAYS) for clock in CLOCKS):
        try:
            return datetime.strptime(plain + offset if zoned else plain, form + "%z" * bool(zoned))  # noqa: DTZ007
        except ValueError:
            continue
    return None
