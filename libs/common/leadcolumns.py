"""Which column of somebody else's file is which field of a lead, and the file's row as the body of ``POST /leads``."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any

from libs.common import leadvalues
from libs.common.errors import Fault, Invalid
from libs.common.leadaliases import ADDRESS, ALIASES, BEFORE, BESIDE, FIELD_OF, PLACES, REACHED
from libs.common.leadvalues import Where
from libs.common.parties import folded

WHOSE = {"person_name", "first_name", "last_name", "company", "phones", "emails", "external_id"}
MANY = (*REACHED, "request")  #: fields that make something of all their columns


@dataclass(frozen=True)
class Mapping:
    """``fields`` says what each known column is; ``unknown`` are kept with the lead as they are, and reported.

    ``places``: whose address a column is part of, as its name begins; None where the user said what it is.
    """

    fields: dict[str, str]
    unknown: list[str]
    places: dict[str, str | None] = field(default_factory=dict)

    @property
    def nameless(self) -> bool:
        """No column could ever hold a name: such a file is imported under its own ids."""
        return not {"person_name", "first_name", "last_name", "company"} & set(self.fields.values())


def normalised(column: str) -> str:
    """``Person - Name``, ``person_name`` and ``PERSON NAME`` are one name, ``Lead #`` and ``Lead Number``, too."""
    named = re.sub(r"#(s?)\s*$", r"number\1", unicodedata.normalize("NFKC", column).casefold())
    return "".join(filter(str.isalnum, named))


def mapping(headers: Sequence[str], own: Table[str, str] | None = None) -> Mapping:
    """``own`` is the user's word on single columns: a field's name, or ``extra``. It wins over what we would guess.

    Raises Invalid for what it cannot mean, and for a file where no column tells whose enquiry it is.
    """
    own = own or {}
    _check(headers, own)
    names = {column: normalised(column) for column in headers}
    found = {column: own.get(column) or _beside(name, names.values()) or _field(name) for column, name in names.items()}
    fields = {column: known for column, known in found.items() if known}
    places: dict[str, str | None] = {column: None if column in own else "" for column in fields}
    for place, parts in _places({column: name for column, name in names.items() if column not in fields}).items():
        fields |= parts
        places |= dict.fromkeys(parts, place)
    if not WHOSE & set(fields.values()):
        raise Invalid(
            f"None of the columns {', '.join(headers)} tells whose enquiry it is;"
            f" map one of them to {', '.join(sorted(WHOSE))}",
            errors=[
                Fault(
                    "/file",
                    "has no column that tells whose enquiry it is; say of one that it does, as in"
                    f" {next(iter(headers), 'a column')} = person_name",
                )
            ],
        )
    fields = {column: fields[column] for column in headers if column in fields}
    return Mapping(fields, [column for column in headers if column not in fields], places)


def _beside(name: str, names: Collection[str]) -> str | None:
    return next((known for (one, other), known in BESIDE.items() if one == name and other in names), None)


def _field(name: str) -> str | None:
    """By the whole name, else by what follows a word such as customer or mobile, or comes before a number."""
    if name in FIELD_OF:
        return FIELD_OF[name]
    for before, allowed in BEFORE.items():
        if name.startswith(before) and (known := _field(name.removeprefix(before))) in allowed:
            return known
    numbered = re.fullmatch(r"(\D+)\d(value|address|number)?", name)
    known = _field(numbered[1]) if numbered else None
    return known if known in REACHED else None


def _places(names: Table[str, str]) -> dict[str, dict[str, str]]:
    """The columns of each place's address, if it has a street: ``Service State`` alone may be anything."""
    found = {}
    for place in filter(None, PLACES):
        parts = {
            column: known
            for column, name in names.items()
            if name.startswith(place) and (known := FIELD_OF.get(name.removeprefix(place))) in ADDRESS
        }
        if "line1" in parts.values():
            found[place] = parts
    return found


def _check(headers: Sequence[str], own: Table[str, str]) -> None:
    faults = [Fault(f"/{column}", "is no column of the file") for column in own if column not in headers]
    faults += [
        Fault(f"/{column}", f"{known} is no field; possible: {', '.join(ALIASES)}")
        for column, known in own.items()
        if known not in ALIASES
    ]
    if faults:
        raise Invalid("; ".join(f"{one.pointer[1:]}: {one.detail}" for one in faults), errors=faults)


def as_lead(
    row: Table[str, str], columns: Mapping, where: Callable[[str], Where] = lambda _: Where()
) -> dict[str, Any]:
    """The body of ``POST /leads`` with two more: ``external_id``, and ``extra`` with all that has no field.

    What cannot be understood stays as typed, so that the lead's own checks name it. ``where``: its times were written
    down, by the row's postal code.
    """
    given: dict[str, list[str]] = {}
    extra, names, place = {}, {}, _place(row, columns)
    for column, cell in _ordered(row, columns):
        known, text = columns.fields.get(column, "extra"), cell.strip()
        if leadvalues.missing(known, text):
            continue
        elsewhere = known in ADDRESS and columns.places.get(column, "") not in (None, place)
        taken = known not in MANY and given.get(known, [text])[0] != text
        if known == "extra" or elsewhere or taken or not leadvalues.understood(known, text):
            extra[column] = text
        if known in ("first_name", "last_name"):
            names[column] = text
        if known != "extra" and not elsewhere:
            given.setdefault(known, []).append(text)
    code = given.get("postal_code", [""])[0]
    lead = _named(given, columns) | _reached(given, lambda: where(code).country) | _wanted(given)
    extra |= {column: name for column, name in names.items() if folded(name) not in folded(lead["person_name"])}
    if said := given.get("received_at"):
        lead["received_at"] = leadvalues.instant(said[0], where(code))
    return {name: value for name, value in lead.items() if value} | ({"extra": extra} if extra else {})


def _ordered(row: Table[str, str], columns: Mapping) -> list[tuple[str, str]]:
    """As in the file, but what the user said of a column first, and who is called a customer after who is a contact."""

    def late(column: str) -> int:
        if column in columns.places and columns.places[column] is None:
            return 0
        return 1 + (columns.fields.get(column) == "person_name" and normalised(column).startswith("customer"))

    return sorted(row.items(), key=lambda cell: late(cell[0]))


def _place(row: Table[str, str], columns: Mapping) -> str:
    """Whose address is the enquiry's: where the work is, if the row says its street, before where the bill goes."""
    said = [(column, known) for column, known in columns.fields.items() if known in ADDRESS and row[column].strip()]
    parts = {columns.places.get(column, "") for column, _ in said}
    streets = {columns.places.get(column, "") for column, known in said if known == "line1"}
    return next((place for place in PLACES if place in (streets - {None} or parts)), "")


def _named(given: dict[str, list[str]], columns: Mapping) -> dict[str, Any]:
    first_and_last = " ".join([*given.get("first_name", [])[:1], *given.get("last_name", [])[:1]])
    known_as = given.get("external_id", [""])[0]
    name = given.get("person_name", [first_and_last])[0]
    if columns.nameless and known_as:
        name = f"Enquiry {known_as}"
    return {"person_name": name, "company": given.get("company", [""])[0], "external_id": known_as}


def _reached(given: dict[str, list[str]], here: Callable[[], str]) -> dict[str, Any]:
    address = {name: given[name][0] for name in ADDRESS if name in given}
    if "line2" in address:
        address["line1"] = ", ".join(filter(None, [address.get("line1"), address.pop("line2")]))
    if code := leadvalues.country(address.pop("country", "")):
        address["country"] = code
    if "postal_code" in address:
        address["postal_code"] = leadvalues.postal_code(address["postal_code"], lambda: code or here())
    return {
        "phones": leadvalues.several(
            given.get("phones", []), leadvalues.phone, r"(?i)[;\n]|,(?!\s*(?:x|ext))|\s/\s|\sor\s"
        ),
        "emails": leadvalues.several(map(leadvalues.emails, given.get("emails", [])), str.strip, r"[;,\s]"),
        "address": address,
    }


def _wanted(given: dict[str, list[str]]) -> dict[str, Any]:
    one = {name: texts[0] for name, texts in given.items()}
    refused = [
        channel
        for channel, name in (("phone", "no_calls"), ("email", "no_emails"))
        if leadvalues.yes(one.get(name, ""))
    ]
    return {
        "channel": leadvalues.channel(one.get("channel", "")),
        "source": leadvalues.source(one.get("source", "")),
        "campaign": one.get("campaign"),
        "trade": leadvalues.trade(one.get("trade", "")),
        "request": "\n".join(given.get("request", [])),
        "interest_level": leadvalues.interest_level(one.get("interest_level", "")),
        "fit": {"customer_type": leadvalues.code(one["customer_type"])} if "customer_type" in one else {},
        "do_not_contact": leadvalues.yes(one.get("do_not_contact", "")),
        "consent": dict.fromkeys(refused, False),
    }
